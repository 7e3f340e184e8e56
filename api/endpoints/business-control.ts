/** POST /api/admin/booksy/businesses/:id/{pause,resume}: hold a business and let it go (R30). */
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import { heldBusinessSchema, pauseBusiness, resumeBusiness } from '../runs/business.ts';
import { businessId, changed, note } from '../wire.ts';

const params = z.object({ id: businessId });

const answer = z
  .object({ business: heldBusinessSchema, changed, notes: z.array(note) })
  .meta({ id: 'ControlledBusiness' });

const CONTROLS = [
  {
    verb: 'pause',
    summary: 'Hold a business',
    description:
      'What Booksy and the platform tell is still taken in, but nothing is applied, pushed or started. A full sync under way waits. Where Temporal does not answer, the hold counts all the same and `notes` says so.',
    act: pauseBusiness,
  },
  {
    verb: 'resume',
    summary: 'Let a held business go on',
    description: 'A full sync that is held by itself stays held, and `notes` says so.',
    act: resumeBusiness,
  },
] as const;

export function businessControlEndpoints(
  deps: Pick<ApiDeps, 'prisma' | 'launcher' | 'schedules' | 'logger'>,
): Endpoint[] {
  return CONTROLS.map(({ verb, summary, description, act }) =>
    defineEndpoint({
      method: 'POST',
      path: `/api/admin/booksy/businesses/:id/${verb}`,
      tag: 'Control',
      summary,
      description,
      params,
      headers: idempotencyHeaders,
      responses: { 200: { description: 'The business as it is now', schema: answer } },
      problems: ['not_found', ...KEYED],
      handler: ({ params: { id }, grant, headers }) =>
        keyed(deps.prisma, { grant, headers }, [`${verb}-business`, id], async () => ({
          status: 200,
          json: await act(deps, grant, id),
        })),
    }),
  );
}
