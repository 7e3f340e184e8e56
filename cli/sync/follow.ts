import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../api-client.ts';
import { EXIT } from '../exit-codes.ts';
import { CliError, type Output } from '../output.ts';
import {
  operation,
  startedRuns,
  type Note,
  type Operation,
  type Progress,
  type StartedRun,
} from '../wire.ts';
import { createBoard, isEnded, type Look, type Shown } from './board.ts';

const POLL_MS = 500;
const NO_WORKER_HINT_MS = 20_000;
/** An API that restarts (a new version, a new container) is waited for; the run itself needs no API. */
const AWAY_MS = 60_000;
const AWAY_CODES: readonly string[] = ['api_unreachable', 'database_unavailable', 'temporal_unavailable'];

/** A run to follow, with the name of its business. */
export type Followed = { readonly runId: string; readonly name: string };

/** Starts a full sync of every business the token reaches, or joins those under way. */
export async function startFullSync(
  api: ApiClient,
  request: { readonly businessIds?: readonly string[] | undefined; readonly dryRun?: boolean } = {},
): Promise<{ runs: readonly StartedRun[]; notes: readonly Note[] }> {
  const { businessIds, dryRun = false } = request;
  const some = businessIds === undefined ? [undefined] : chunks(businessIds, MOST_AT_ONCE);
  const answers = [];
  for (const ids of some) {
    const body = { ...(ids === undefined ? {} : { businessIds: ids }), ...(dryRun ? { dryRun } : {}) };
    answers.push(startedRuns.parse(await api.post('/api/admin/booksy/full-sync', body)));
  }
  return { runs: answers.flatMap(({ runs }) => runs), notes: answers[0]?.notes ?? [] };
}

/** Businesses that the API takes in one request. */
const MOST_AT_ONCE = 500;

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

/**
 * One operation as it is now; null while it is not recorded: a run that was just started writes its row as its first
 * deed, and that needs a worker.
 */
export async function readOperation(api: ApiClient, id: string): Promise<Operation | null> {
  try {
    return operation.parse(await api.get(`/api/admin/booksy/operations/${encodeURIComponent(id)}`)).operation;
  } catch (error) {
    if (error instanceof CliError && error.code === 'not_found') return null;
    throw error;
  }
}

/**
 * Follows some runs until each has ended, showing how far they are.
 * @param signal ends the following, not the runs
 * @returns the ended operations, in the order of `runs`
 */
export async function followRuns(
  api: ApiClient,
  runs: readonly Followed[],
  output: Output,
  signal?: AbortSignal,
): Promise<readonly Operation[]> {
  const board = createBoard();
  const ended = new Map<string, Operation>();
  const last = new Map<string, Progress>();
  const wait = createPatience(output);
  let hintAt = performance.now() + NO_WORKER_HINT_MS;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await wait.through(() =>
      Promise.all(runs.map(async ({ runId }) => ended.get(runId) ?? (await readOperation(api, runId)))),
    );
    if (seen !== null) {
      const shown = runs.map((run, index) => asShown(run, seen[index] ?? null, last));
      runs.forEach(({ runId }, index) => {
        const one = seen[index] ?? null;
        if (one !== null && isEnded(one.status)) ended.set(runId, one);
      });
      if (runs.every(({ runId }) => ended.has(runId)))
        return runs.flatMap(({ runId }) => ended.get(runId) ?? []);
      if (seen.includes(null) && performance.now() > hintAt) {
        output.say('A run is waiting for a worker: booksy health check tells whether one is there.');
        hintAt = Infinity;
      }
      output.progress(board.lines(shown, lookOf(output)));
    }
    await delay(POLL_MS, undefined, signal === undefined ? {} : { signal });
  }
}

/** A run as the board draws it. While its progress cannot be asked the last one known is shown. */
function asShown({ runId, name }: Followed, one: Operation | null, last: Map<string, Progress>): Shown {
  if (one?.progress != null) last.set(runId, one.progress);
  const progress = last.get(runId) ?? null;
  return {
    ...{ runId, name, progress, status: one?.status ?? null },
    ...{ dry: one?.mode === 'dry_run', paused: one?.paused != null },
  };
}

/** The room that an output has. */
export function lookOf(output: Output): Look {
  return { paint: output.paint, columns: output.columns(), rows: output.rows() };
}

/** Asks, and waits through a time in which the API is away; null then. */
function createPatience(output: Output): { through<T>(ask: () => Promise<T>): Promise<T | null> } {
  let awaySince: number | null = null;
  return {
    async through(ask) {
      try {
        const answer = await ask();
        awaySince = null;
        return answer;
      } catch (error) {
        const isAway = error instanceof CliError && AWAY_CODES.includes(error.code);
        if (isAway && awaySince === null)
          output.say('The API does not answer for the moment; the sync goes on without it.');
        awaySince ??= performance.now();
        if (!isAway || performance.now() - awaySince > AWAY_MS) throw error;
        return null;
      }
    },
  };
}

/** How a run ended badly, for a person. */
export function failureLines(operations: readonly Operation[]): string[] {
  return operations.flatMap(({ status, mode, error, temporalUrl }) => {
    if (status === 'completed') return [];
    const what = mode === 'dry_run' ? 'The dry run' : 'The full sync';
    const reason = `failed: ${error?.code ?? 'unknown'}${error?.detail ? ` (${error.detail})` : ''}`;
    return [
      `${what} ${status === 'cancelled' ? 'was cancelled' : reason}`,
      ...(temporalUrl === null ? [] : [`  See ${temporalUrl}`]),
      mode === 'dry_run'
        ? '  Nothing was written; start it again: npm run -s booksy -- sync full --dry-run'
        : '  What was imported stays; start it again and it goes on: npm run -s booksy -- sync full',
    ];
  });
}

/** What Ctrl-C means while a run is followed: the run does not mind. */
export function leaveOnInterrupt(output: Output): void {
  process.once('SIGINT', () => {
    output.say('The full sync goes on without you: booksy sync watch shows how far it is.');
    process.exit(EXIT.interrupted);
  });
}
