/** POST /api/bookings/:id/{cancel,complete,no-show} (SPEC 5.3). */
import { stepVisit, type StatusStep } from '../../infra/bookings/change.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import { changing } from './changing.ts';
import type { BookingDeps } from './deps.ts';
import { bookingParams, changedAnswer, stepBody } from './schema.ts';

const STEPS = [
  {
    step: 'cancel',
    summary: 'Cancel a visit',
    description:
      'Its time is free at once; Booksy hears of it by the way of all changes, also while the business is paused.',
  },
  { step: 'complete', summary: 'Say that a visit took place', description: 'Possible once it has begun.' },
  {
    step: 'no-show',
    summary: 'Say that the client did not come',
    description: 'Possible once it has begun; the rest of its time is free from then on.',
  },
] as const satisfies readonly {
  readonly step: StatusStep;
  readonly summary: string;
  readonly description: string;
}[];

export function stepEndpoints(deps: BookingDeps): readonly Endpoint[] {
  return STEPS.map((step) => stepEndpoint(deps, step));
}

function stepEndpoint(deps: BookingDeps, { step, summary, description }: (typeof STEPS)[number]): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: `/api/bookings/:id/${step}`,
    tag: 'Bookings',
    summary,
    description,
    params: bookingParams,
    body: stepBody,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'The visit as it is now', schema: changedAnswer } },
    problems: ['not_found', 'visit_over', 'time_too_soon', 'change_at_booksy', ...KEYED],
    handler: ({ params: { id }, body, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, [`${step}-booking`, id, body], () =>
        changing(deps, grant, id, {}, (context) => stepVisit(context, id, step, body.reason ?? null)),
      ),
  });
}
