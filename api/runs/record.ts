/** Reading one record of Booksy again and applying it, with a short wait for what comes of it. */
import type { ApiDeps, Launcher } from '../deps.ts';
import { within } from '../wire.ts';
import { temporalUnavailable } from './start.ts';

/** How long a person is kept waiting for the outcome (R33). */
export const OUTCOME_WAIT_MS = 2000;
const TEMPORAL_TIMEOUT_MS = 5000;
/** How much later than the wait itself Temporal's answer to it may come. */
const ANSWER_LAG_MS = 3000;

export interface RecordOutcome {
  readonly runId: string;
  readonly ended: 'done' | 'running' | 'failed';
}

/**
 * Starts the sync of one record, or finds the one under way, and waits for its end a little.
 *
 * @throws {Problem} `temporal_unavailable`
 */
export async function startRecord(
  { launcher, outcomeWait }: Pick<ApiDeps, 'launcher' | 'outcomeWait'>,
  request: Parameters<Launcher['startRecordSync']>[0],
): Promise<RecordOutcome> {
  const started = await within(TEMPORAL_TIMEOUT_MS, launcher.startRecordSync(request)).catch(
    (error: unknown) => {
      throw temporalUnavailable(
        'The record could not be read again, because Temporal did not take it.',
        error,
      );
    },
  );
  const waitMs = outcomeWait?.ms ?? OUTCOME_WAIT_MS;
  const ended = await within(
    waitMs + ANSWER_LAG_MS,
    launcher.recordSyncResult(started.workflowId, waitMs),
  ).catch(() => 'running' as const);
  return { runId: started.runId, ended };
}
