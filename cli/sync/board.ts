import { bar, duration, percent, thousands } from '../format.ts';
import { pad, PLAIN, visibleWidth, type Painter } from '../terminal.ts';
import type { Operation, Progress } from '../wire.ts';

/** A full sync that is shown while it runs. */
export type Shown = {
  readonly runId: string;
  /** Of its business. */
  readonly name: string;
  readonly dry: boolean;
  readonly progress: Progress | null;
  /** Null before a worker took it. */
  readonly status: Operation['status'] | null;
  /** A person holds it or its business, whether the run has noticed already or not. */
  readonly paused: boolean;
};

/** How much room there is, and whether in colour. */
export type Look = { readonly paint: Painter; readonly columns: number; readonly rows: number };
export const NO_LOOK: Look = { paint: PLAIN, columns: 110, rows: 24 };

/** The pace is that of the last seconds, so that a pause or a slow start does not speak for the whole run. */
const PACE_OVER_MS = 10_000;
const PACE_FROM_MS = 900;

type Pace = { measure(runId: string, rowsDone: number): number | null };

/** @param now milliseconds that never go back */
export function createPace(now: () => number = () => performance.now()): Pace {
  const seen = new Map<string, { at: number; rows: number }[]>();
  return {
    /** Rows a second; null before there is anything to judge by. */
    measure(runId, rowsDone) {
      const at = now();
      const before = (seen.get(runId) ?? []).filter((point) => at - point.at <= PACE_OVER_MS);
      seen.set(runId, [...before, { at, rows: rowsDone }]);
      const [oldest] = before;
      if (oldest === undefined || at - oldest.at < PACE_FROM_MS) return null;
      return Math.max(0, ((rowsDone - oldest.rows) * 1000) / (at - oldest.at));
    },
  };
}

/** Draws runs: one line each, and a word about those for which there is no room. */
export function createBoard(pace: Pace = createPace()): {
  lines(runs: readonly Shown[], look: Look): string[];
} {
  return {
    lines(runs, look) {
      const rates = new Map(
        runs.map(({ runId, progress }) => [runId, pace.measure(runId, progress?.rowsDone ?? 0)]),
      );
      const line = (run: Shown): string => runLine(run, rates.get(run.runId) ?? null, nameWidth(runs), look);
      if (runs.length <= look.rows) return runs.map(line);
      // Those at work are worth seeing; what is done or has not begun is only counted.
      const first = [...runs].sort((a, b) => rank(a) - rank(b)).slice(0, Math.max(0, look.rows - 1));
      const rest = runs.filter((run) => !first.includes(run));
      const done = rest.filter(({ status }) => status === 'completed').length;
      return [...first.map(line), look.paint.dim(`… and ${rest.length} more, ${done} of them done`)];
    },
  };
}

function rank({ status, progress }: Shown): number {
  if (status === 'failed' || status === 'cancelled') return 1;
  return status === 'completed' ? 3 : progress === null ? 2 : 0;
}

/** `unknown` is not an end: Temporal may be away for a moment. */
export function isEnded(status: string): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

const LONGEST_NAME = 28;

/** One business needs no name in front of its line. */
function nameWidth(runs: readonly Shown[]): number {
  return runs.length === 1
    ? 0
    : Math.min(LONGEST_NAME, Math.max(...runs.map(({ name }) => visibleWidth(name))));
}

const PHASES: Readonly<Record<string, string>> = {
  starting: 'starting',
  catalog: 'services and rooms',
  staff_and_hours: 'staff and hours',
  clients: 'clients',
  visits: 'visits',
  push: 'what goes to Booksy',
  finishing: 'finishing',
  done: 'done',
};

function runLine(run: Shown, rate: number | null, width: number, { paint, columns }: Look): string {
  const name = width === 0 ? '' : `${paint.bold(pad(run.name, width))}  `;
  return `${name}${stateOf(run, rate, barWidth(columns), paint)}`;
}

/** "██████░░░░  42 %  visits · 2,520 of 6,000 rows · 180 rows/s · about 20 s to go". */
function stateOf(run: Shown, rate: number | null, width: number, paint: Painter): string {
  const { status, progress, dry } = run;
  const paused = run.paused || progress?.paused === true;
  if (status === 'completed') return paint.green(`${bar(1, width)} ${percent(1)}  done`);
  if (status === 'cancelled') return paint.yellow('cancelled');
  if (status === 'failed') return paint.red('failed');
  const what = dry ? 'dry run' : 'full sync';
  if (progress === null)
    return status === null
      ? `${what}: starting`
      : `${what}: ${paused ? paint.yellow('paused') : 'under way'}`;
  const { rowsDone, rowsTotal, totalIsKnown, etaSeconds } = progress;
  // A first sync learns the length of a list when it opens it: until then a share would be a guess.
  const share = totalIsKnown && rowsTotal > 0 ? rowsDone / rowsTotal : null;
  const colour = paused ? paint.yellow : paint.green;
  const drawn = `${colour(bar(share ?? 0, width))} ${share === null ? '  … ' : percent(share)}`;
  const parts = [
    `${dry ? 'dry run, ' : ''}${PHASES[progress.phase] ?? progress.phase}`,
    rowsOf(progress),
    ...(paused
      ? [paint.yellow('paused')]
      : [
          rate === null || rate < 1 || etaSeconds === 0 ? '' : paint.dim(`${thousands(rate)} rows/s`),
          etaSeconds === null || etaSeconds < 1 ? '' : `about ${duration(etaSeconds)} to go`,
        ]),
  ];
  return `${drawn}  ${parts.filter((part) => part !== '').join(' · ')}`;
}

function rowsOf({ rowsDone, rowsTotal, totalIsKnown }: Progress): string {
  if (totalIsKnown) return rowsTotal === 0 ? '' : `${thousands(rowsDone)} of ${thousands(rowsTotal)} rows`;
  return rowsDone === 0 ? '' : `${thousands(rowsDone)} rows so far`;
}

function barWidth(columns: number): number {
  return columns >= 110 ? 24 : columns >= 80 ? 16 : 8;
}
