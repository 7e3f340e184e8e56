/** PATCH /api/bookings/:id (SPEC 5.3). */
import { changeVisit } from '../../infra/bookings/change.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { keyed } from '../http/keyed.ts';
import { changing } from './changing.ts';
import { mayOverbook, sellable, type BookingDeps } from './deps.ts';
import { bookingParams, changeBody, changedAnswer } from './schema.ts';
import { TIME_PROBLEMS } from './wanted.ts';

export function changeEndpoint(deps: BookingDeps): Endpoint {
  return defineEndpoint({
    method: 'PATCH',
    path: '/api/bookings/:id',
    tag: 'Bookings',
    summary: 'Move a visit, give it to somebody else, or change its note',
    description:
      'The new time is asked of the slot engine as for a new visit, and refused while nothing is sold. Booksy refuses changes of visits of several parts, so they are refused here as well: change them there (R17).',
    params: bookingParams,
    body: changeBody,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'The visit as it is now', schema: changedAnswer } },
    problems: [...TIME_PROBLEMS, 'visit_over', 'visit_changed', 'change_at_booksy', 'selling_stopped'],
    handler: ({ params: { id }, body, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['change-booking', id, body], async () => {
        mayOverbook(grant, body.overbook);
        if (body.startsLocal !== undefined) sellable(body.startsLocal);
        const { startsLocal, staffId, note, version } = body;
        const change = {
          ...(startsLocal === undefined ? {} : { startsLocal }),
          ...(staffId === undefined ? {} : { staffId }),
          ...(note === undefined ? {} : { note: note === '' ? null : note }),
          ...(version === undefined ? {} : { version }),
          overbook: body.overbook === true,
        };
        return changing(deps, grant, id, change, (context) => changeVisit(context, id, change));
      }),
  });
}
