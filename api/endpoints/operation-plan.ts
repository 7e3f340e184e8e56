/** GET /api/admin/booksy/operations/:id/plan: what a dry run says a real one would do. */
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { showPlan } from '../plans/plan.ts';
import { planSchema } from '../plans/schema.ts';
import { note, operationParams } from '../wire.ts';

const answer = z.object({ plan: planSchema, notes: z.array(note) }).meta({ id: 'PlanAnswer' });

export function operationPlanEndpoint(deps: Pick<ApiDeps, 'prisma' | 'vault' | 'logger'>) {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/operations/:id/plan',
    tag: 'Synchronisation',
    summary: 'The plan of a dry run',
    description:
      'What would be made, linked, changed and removed here, what would be made at Booksy once a person allows it, and a few records of each kind by name. Grows while the dry run is under way.',
    params: operationParams,
    responses: { 200: { description: 'The plan as it is now', schema: answer } },
    problems: ['not_found'],
    handler: async ({ params: { id }, grant }) => ({ status: 200, json: await showPlan(deps, grant, id) }),
  });
}
