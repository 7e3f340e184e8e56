import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../api-client.ts';
import { bar, duration, thousands } from '../format.ts';
import type { Output } from '../output.ts';
import { operation, startedRuns, type Operation, type Progress, type StartedRun } from '../wire.ts';

const POLL_MS = 500;

/** Starts a full sync of every business the token reaches, or joins those under way. */
export async function startFullSync(
  api: ApiClient,
  businessIds?: readonly string[],
): Promise<readonly StartedRun[]> {
  const body = businessIds === undefined ? {} : { businessIds };
  return startedRuns.parse(await api.post('/api/admin/booksy/full-sync', body)).runs;
}

/** One operation as it is now. */
export async function readOperation(api: ApiClient, id: string): Promise<Operation> {
  return operation.parse(await api.get(`/api/admin/booksy/operations/${id}`)).operation;
}

/**
 * Follows some runs until each has ended, showing how far they are.
 * @returns the ended operations, in the order of `ids`
 */
export async function followRuns(
  api: ApiClient,
  ids: readonly string[],
  output: Output,
  pollMs = POLL_MS,
): Promise<readonly Operation[]> {
  for (;;) {
    const operations = await Promise.all(ids.map((id) => readOperation(api, id)));
    if (operations.every(({ status }) => isEnded(status))) return operations;
    output.progress(progressLine(operations.flatMap(({ progress }) => progress ?? [])));
    await delay(pollMs);
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
