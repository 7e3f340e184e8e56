/** POST /api/admin/booksy/full-sync: start the full sync of some or all businesses of the token. */
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { idempotencyHeaders, idempotent } from '../http/idempotency.ts';
import { Problem } from '../http/problem.ts';
import { businessId, within } from '../wire.ts';

const body = z
  .object({
    businessIds: z
      .array(businessId)
      .min(1, 'must name at least one business; leave it out for all')
      .max(500, 'must name at most 500 businesses')
      .optional()
      .meta({ description: 'Businesses to read; all of the token where it is left out' }),
  })
  .strict()
  .meta({ id: 'FullSyncRequest' });

const run = z
  .object({
    businessId: z.guid(),
    state: z.enum(['started', 'alreadyRunning']),
    workflowId: z.string(),
    runId: z.guid().meta({ description: 'Id of the operation' }),
    operation: z
      .string()
      .meta({ description: 'Where to watch it', example: '/api/admin/booksy/operations/…' }),
  })
  .meta({ id: 'StartedRun' });

const answer = z.object({ runs: z.array(run) }).meta({ id: 'FullSyncAnswer' });

const START_TIMEOUT_MS = 10_000;

export function fullSyncEndpoint(deps: Pick<ApiDeps, 'prisma' | 'launcher'>) {
  return defineEndpoint({
    method: 'POST',
    path: '/api/admin/booksy/full-sync',
    tag: 'Synchronisation',
    summary: 'Start a full sync',
    description:
      'Reads everything of the businesses from Booksy, durably. An empty body means all businesses of the token. ' +
      'A business whose full sync is under way gets that one back. Sent again after an error, it starts only what is not running.',
    body,
    headers: idempotencyHeaders,
    responses: { 202: { description: 'Started, or under way already', schema: answer } },
    problems: ['not_found', 'idempotency_in_progress', 'idempotency_key_reused', 'temporal_unavailable'],
    handler: ({ body: asked, grant, headers }) =>
      idempotent(
        deps.prisma,
        { tokenId: grant.tokenId, key: headers['idempotency-key'], request: ['full-sync', asked] },
        async () => {
          const businesses = await reachableBusinesses(deps.prisma, grant, asked.businessIds);
          const runs = [];
          for (const { id } of businesses) runs.push(await start(deps, id, `api:${grant.tokenId}`));
          return { status: 202, json: { runs } };
        },
      ),
  });
}

async function start(
  { launcher }: Pick<ApiDeps, 'launcher'>,
  id: string,
  actor: string,
): Promise<z.input<typeof run>> {
  try {
    const started = await within(
      START_TIMEOUT_MS,
      launcher.startFullSync({ businessId: id, runId: uuidv7(), actor }),
    );
    return {
      businessId: id,
      state: started.alreadyRunning ? 'alreadyRunning' : 'started',
      workflowId: started.workflowId,
      runId: started.runId,
      operation: `/api/admin/booksy/operations/${started.runId}`,
    };
  } catch (error) {
    throw new Problem('temporal_unavailable', {
      detail: 'The full sync could not be started, because Temporal did not take it.',
      nextStep: 'Send the request again: what was started already is not started twice.',
      headers: { 'Retry-After': '5' },
      cause: error,
    });
  }
}
