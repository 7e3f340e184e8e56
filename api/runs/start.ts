/** Starting a full sync, for every endpoint that needs one. */
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { SyncMode } from '../../domain/progress.ts';
import type { BusinessRef } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { Problem } from '../http/problem.ts';
import { operationPath, syncMode, within } from '../wire.ts';

export const startedRunSchema = z
  .object({
    businessId: z.guid(),
    state: z.enum(['started', 'alreadyRunning', 'paused']).meta({
      description: '`paused`: a person holds this business, so nothing was started',
    }),
    mode: syncMode.meta({ description: 'Of the run that is under way, whoever started it' }),
    workflowId: z.string().nullable(),
    runId: z.guid().nullable().meta({ description: 'Id of the operation; null where nothing was started' }),
    operation: z
      .string()
      .nullable()
      .meta({ description: 'Where to watch it', example: operationPath('…') }),
  })
  .meta({ id: 'StartedRun' });
export type StartedRun = z.output<typeof startedRunSchema>;

const START_TIMEOUT_MS = 10_000;

/**
 * Starts the full sync of a business that is not paused, or finds the one under way.
 *
 * @throws {Problem} `temporal_unavailable`
 */
export async function startRun(
  { launcher }: Pick<ApiDeps, 'launcher'>,
  { id, pausedAt }: Pick<BusinessRef, 'id' | 'pausedAt'>,
  { actor, mode }: { readonly actor: string; readonly mode: SyncMode },
): Promise<StartedRun> {
  if (pausedAt !== null) {
    return { businessId: id, state: 'paused', mode, workflowId: null, runId: null, operation: null };
  }
  const request = { businessId: id, runId: uuidv7(), actor, mode };
  const started = await within(START_TIMEOUT_MS, launcher.startFullSync(request)).catch((error: unknown) => {
    throw temporalUnavailable('The full sync could not be started, because Temporal did not take it.', error);
  });
  return {
    businessId: id,
    state: started.alreadyRunning ? 'alreadyRunning' : 'started',
    mode: started.mode,
    workflowId: started.workflowId,
    runId: started.runId,
    operation: operationPath(started.runId),
  };
}

/** Temporal did not take or answer something that needs it. */
export function temporalUnavailable(detail: string, cause: unknown): Problem {
  return new Problem('temporal_unavailable', {
    detail,
    nextStep: 'Send the request again: what was done already is not done twice.',
    headers: { 'Retry-After': '5' },
    cause,
  });
}
