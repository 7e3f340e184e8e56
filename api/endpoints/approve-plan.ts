/** POST /api/admin/booksy/operations/:id/plan/approve: allow that Booksy is written to (R18). */
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import { approvePlan } from '../plans/approve.ts';
import { planSummarySchema } from '../plans/schema.ts';
import { operationParams } from '../wire.ts';

const body = z
  .object({
    version: z
      .int('must be the whole number that the plan shows')
      .min(0)
      .meta({ description: '`version` of the plan that was looked at' }),
  })
  .strict()
  .meta({ id: 'PlanApproval', example: { version: 12 } });

const answer = z.object({ plan: planSummarySchema }).meta({ id: 'PlanApproved' });

export function approvePlanEndpoint(deps: Pick<ApiDeps, 'prisma'>) {
  return defineEndpoint({
    method: 'POST',
    path: '/api/admin/booksy/operations/:id/plan/approve',
    tag: 'Synchronisation',
    summary: 'Approve a plan: allow that Booksy is written to',
    description:
      'Allows pushing for the business, as far as the plan was seen. Only the newest completed dry run of the business, at most 24 hours old, ' +
      'and only in the version that was looked at. Making a visit at Booksy may notify its client. Approving twice changes nothing.',
    params: operationParams,
    body,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'Approved', schema: answer } },
    problems: ['not_found', 'plan_unfinished', 'plan_changed', 'plan_outdated', ...KEYED],
    handler: ({ params: { id }, body: { version }, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['approve-plan', id, version], async () => ({
        status: 200,
        json: { plan: await approvePlan(deps, grant, id, version) },
      })),
  });
}
