import type { ApiClient } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { counted, duration } from '../format.ts';
import { CliError, type Output } from '../output.ts';
import { sayNotes } from '../pages.ts';
import type { Mode, Operation, StartedRun } from '../wire.ts';
import { entityLines, sumEntities, sumMarked } from './entities.ts';
import { failureLines, followRuns, leaveOnInterrupt, startFullSync, type Followed } from './follow.ts';
import { planLines, readPlan } from './plan.ts';
import { readStatus } from './status.ts';

/** `booksy sync full`: what was asked for. */
export type FullRequest = {
  readonly businessIds: readonly string[] | undefined;
  readonly dryRun: boolean;
  readonly wait: boolean;
};

/** Starts full syncs (or dry runs) and follows them to their end. */
export async function full(api: ApiClient, request: FullRequest, output: Output): Promise<ExitCode> {
  const { businessIds, dryRun, wait } = request;
  const { runs, notes } = await startFullSync(api, { businessIds, dryRun });
  sayNotes(output, notes);
  const names = await readNames(api);
  const nameOf = (businessId: string): string => names.get(businessId) ?? businessId;
  refuseOtherMode(runs, dryRun ? 'dry_run' : 'apply', nameOf);
  const paused = runs.filter(({ state }) => state === 'paused');
  for (const { businessId } of paused)
    output.say(
      `${nameOf(businessId)} is paused and was not started: booksy sync resume --business ${businessId}`,
    );
  const started = runs.flatMap(({ runId, businessId }) =>
    runId === null ? [] : [{ runId, name: nameOf(businessId) }],
  );
  // Who named a paused business wanted it synced; "all" means all that may run.
  const asked = paused.length === 0 || (businessIds === undefined && started.length > 0);
  if (!wait || started.length === 0) {
    output.result({ ok: asked, runs }, startedLines(runs, started, dryRun));
    return asked ? EXIT.ok : EXIT.failed;
  }
  return report(api, started, output, { asked, paused: paused.map(({ businessId }) => businessId) });
}

/** `booksy sync watch`: follows whatever full sync is under way. */
export async function watch(api: ApiClient, output: Output): Promise<ExitCode> {
  const { businesses, notes } = await readStatus(api);
  sayNotes(output, notes);
  const running = businesses.flatMap(({ name, running: run }) =>
    run ? [{ runId: run.operationId, name }] : [],
  );
  if (running.length === 0) {
    output.result({ ok: true, runs: [] }, ['No full sync is under way.']);
    return EXIT.ok;
  }
  return report(api, running, output);
}

async function readNames(api: ApiClient): Promise<ReadonlyMap<string, string>> {
  return new Map((await readStatus(api)).businesses.map(({ businessId, name }) => [businessId, name]));
}

/** A dry run and a real one of the same business exclude each other: who asked for one must not get the other. */
function refuseOtherMode(
  runs: readonly StartedRun[],
  wanted: Mode,
  nameOf: (businessId: string) => string,
): void {
  const other = runs.find(({ state, mode }) => state === 'alreadyRunning' && mode !== wanted);
  if (other === undefined) return;
  const what = other.mode === 'dry_run' ? 'A dry run' : 'A full sync';
  throw new CliError(
    other.mode === 'dry_run' ? 'dry_run_under_way' : 'full_sync_under_way',
    `${what} of ${nameOf(other.businessId)} is under way: the two exclude each other.`,
    `Wait for its end (booksy sync watch) or cancel it: booksy sync cancel ${other.runId ?? ''}`,
    EXIT.failed,
    { businessId: other.businessId, runId: other.runId },
  );
}

function startedLines(runs: readonly StartedRun[], started: readonly Followed[], dryRun: boolean): string[] {
  if (runs.length === 0) return ['There is no business to sync: booksy seed connects them.'];
  if (started.length === 0) return ['Nothing was started.'];
  return [
    `Started: ${started.length}. booksy sync watch shows how far it is.`,
    ...(dryRun ? started.map(({ runId }) => `Its plan, when it is done: booksy sync plan ${runId}`) : []),
  ];
}

async function report(
  api: ApiClient,
  runs: readonly Followed[],
  output: Output,
  { asked, paused }: { asked: boolean; paused: readonly string[] } = { asked: true, paused: [] },
): Promise<ExitCode> {
  leaveOnInterrupt(output);
  const operations = await followRuns(api, runs, output);
  const ended = operations.every(({ status }) => status === 'completed');
  const ok = ended && asked;
  const real = operations.filter(({ mode }) => mode === 'apply');
  const dry = operations.filter(({ mode, status }) => mode === 'dry_run' && status === 'completed');
  const plans = [];
  for (const { id } of dry) plans.push((await readPlan(api, id)).plan);
  const entities = sumEntities(real.map(({ counts }) => counts));
  const seconds = secondsOf(operations);
  output.result(
    {
      ok,
      seconds,
      ...(real.length > 0 ? { entities, toBooksy: sumMarked(real.map(({ counts }) => counts)) } : {}),
      ...(dry.length > 0 ? { plans } : {}),
      runs: operations.map(asRun),
      ...(paused.length > 0 ? { paused } : {}),
    },
    [
      ...failureLines(operations),
      ...(ended && real.length > 0
        ? [`Done in ${duration(seconds)}:`, ...entityLines(entities), ...outLines(real)]
        : []),
      ...plans.flatMap((plan, index) => [...(index === 0 ? [] : ['', '']), ...planLines(plan, output.paint)]),
    ],
  );
  return ok ? EXIT.ok : EXIT.failed;
}

/** What a full sync found to go out: the drain brings it to Booksy. */
function outLines(runs: readonly Operation[]): string[] {
  const marked = sumMarked(runs.map(({ counts }) => counts));
  return marked === 0 ? [] : [`  ${counted(marked, 'record')} on the way to Booksy: booksy sync status`];
}

function asRun(run: Operation): Readonly<Record<string, unknown>> {
  const { id, businessId, mode, status, error } = run;
  return { runId: id, businessId, mode, status, error };
}

function secondsOf(operations: readonly Operation[]): number {
  const starts = operations.map(({ startedAt }) => Date.parse(startedAt));
  const ends = operations.map(({ finishedAt }) =>
    finishedAt === null ? Date.now() : Date.parse(finishedAt),
  );
  return Math.max(0, Math.max(...ends) - Math.min(...starts)) / 1000;
}
