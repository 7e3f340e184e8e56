/** POST /api/admin/booksy/full-sync: start the full sync, or a dry run of it, of some or all businesses of the token. */
import { z } from 'zod';
import { reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import { startedRunSchema, startRun } from '../runs/start.ts';
import { actorOf, businessId } from '../wire.ts';

const body = z
  .object({
    businessIds: z
      .array(businessId)
      .min(1, 'must name at least one business; leave it out for all')
      .max(500, 'must name at most 500 businesses')
      .optional()
      .meta({ description: 'Businesses to read; all of the token where it is left out' }),
    dryRun: z
      .boolean('must be true or false')
      .optional()
      .meta({ description: '`true` reads and plans everything and writes nothing: see its plan' }),
  })
  .strict()
  .meta({
    id: 'FullSyncRequest',
    example: { businessIds: ['0199c0de-0000-7000-8000-000000000001'], dryRun: true },
  });

const answer = z.object({ runs: z.array(startedRunSchema) }).meta({ id: 'FullSyncAnswer' });

export function fullSyncEndpoint(deps: Pick<ApiDeps, 'prisma' | 'launcher'>) {
  return defineEndpoint({
    method: 'POST',
    path: '/api/admin/booksy/full-sync',
    tag: 'Synchronisation',
    summary: 'Start a full sync',
    description:
      'Reads everything of the businesses from Booksy, durably. An empty body means all businesses of the token. ' +
      'A business whose full sync is under way gets that one back, also where its mode is another; a paused business is not started. ' +
      'Sent again after an error, it starts only what is not running.',
    body,
    headers: idempotencyHeaders,
    responses: { 202: { description: 'Started, or under way already', schema: answer } },
    problems: ['not_found', ...KEYED, 'temporal_unavailable'],
    handler: ({ body: asked, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['full-sync', asked], async () => {
        const businesses = await reachableBusinesses(deps.prisma, grant, asked.businessIds);
        const mode = asked.dryRun === true ? 'dry_run' : 'apply';
        const runs = [];
        for (const business of businesses) {
          runs.push(await startRun(deps, business, { actor: actorOf(grant), mode }));
        }
        return { status: 202, json: { runs } };
      }),
  });
}
