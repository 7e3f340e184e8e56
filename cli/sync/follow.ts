import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../api-client.ts';
import { bar, duration, thousands } from '../format.ts';
import { CliError, type Output } from '../output.ts';
import { operation, startedRuns, type Operation, type Progress, type StartedRun } from '../wire.ts';

const POLL_MS = 500;
const NO_WORKER_HINT_MS = 20_000;

/** Starts a full sync of every business the token reaches, or joins those under way. */
export async function startFullSync(
  api: ApiClient,
  businessIds?: readonly string[],
): Promise<readonly StartedRun[]> {
  const body = businessIds === undefined ? {} : { businessIds };
  return startedRuns.parse(await api.post('/api/admin/booksy/full-sync', body)).runs;
}

/**
 * One operation as it is now; null while it is not recorded: a run that was just started writes its row as its first
 * deed, and that needs a worker.
 */
export async function readOperation(api: ApiClient, id: string): Promise<Operation | null> {
  try {
    return operation.parse(await api.get(`/api/admin/booksy/operations/${id}`)).operation;
  } catch (error) {
    if (error instanceof CliError && error.code === 'not_found') return null;
    throw error;
  }
}

/**
 * Follows some runs until each has ended, showing how far they are.
 * @param signal ends the following, not the runs
 * @returns the ended operations, in the order of `ids`
 */
export async function followRuns(
  api: ApiClient,
  ids: readonly string[],
  output: Output,
  signal?: AbortSignal,
): Promise<readonly Operation[]> {
  let hintAt = performance.now() + NO_WORKER_HINT_MS;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await Promise.all(ids.map((id) => readOperation(api, id)));
    const operations = seen.filter((one) => one !== null);
    if (operations.length === ids.length && operations.every(({ status }) => isEnded(status)))
      return operations;
    if (operations.length < ids.length && performance.now() > hintAt) {
      output.say('The run is waiting for a worker: booksy health check tells whether one is there.');
      hintAt = Infinity;
    }
    output.progress(progressLine(operations.flatMap(({ progress }) => progress ?? [])));
    await delay(POLL_MS, undefined, signal === undefined ? {} : { signal });
  }
}

/** `unknown` is not an end: Temporal may be away for a moment. */
function isEnded(status: string): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** "[████░░] 40 %  visits, 2,400 of 6,000 rows, about 12 s to go". Several runs are added up. */
export function progressLine(all: readonly Progress[]): string {
  if (all.length === 0) return 'full sync: starting';
  const done = all.reduce((sum, { rowsDone }) => sum + rowsDone, 0);
  const total = all.reduce((sum, { rowsTotal }) => sum + rowsTotal, 0);
  const etas = all.map(({ etaSeconds }) => etaSeconds).filter((seconds) => seconds !== null);
  const phases = [...new Set(all.map(({ phase }) => phase))].join(', ');
  // A first sync learns the length of a list when it opens it: until then a share would be a guess.
  if (!all.every(({ totalIsKnown }) => totalIsKnown)) {
    return `full sync: ${phases}${done === 0 ? '' : `, ${thousands(done)} rows so far`}`;
  }
  const rows = total === 0 ? '' : `, ${thousands(done)} of ${thousands(total)} rows`;
  const eta = etas.length === 0 ? '' : `, about ${duration(Math.max(...etas))} to go`;
  return `${bar(total === 0 ? 0 : done / total)}  ${phases}${rows}${eta}`;
}

/** How a run ended badly, for a person. */
export function failureLines(operations: readonly Operation[]): string[] {
  return operations.flatMap(({ status, error, temporalUrl }) =>
    status === 'completed'
      ? []
      : [
          `The full sync ${status === 'cancelled' ? 'was cancelled' : `failed: ${error?.code ?? 'unknown'}`}${error?.detail ? ` (${error.detail})` : ''}`,
          ...(temporalUrl === null ? [] : [`  See ${temporalUrl}`]),
          '  What was imported stays; start it again and it goes on: npm run -s booksy -- sync full',
        ],
  );
}
