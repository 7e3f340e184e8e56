/** GET /api/bookings/:id (SPEC 5.3). */
import { readBooking } from '../../infra/bookings/read.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { notFound } from '../http/problem.ts';
import type { BookingDeps } from './deps.ts';
import { bookingAnswer, bookingParams, presentBooking } from './schema.ts';
import { reachOf } from './wanted.ts';

export function showEndpoint(deps: BookingDeps): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: '/api/bookings/:id',
    tag: 'Bookings',
    summary: 'One visit',
    description: 'Client, note and contact are personal data: give the scope only to who needs it.',
    params: bookingParams,
    responses: { 200: { description: 'The visit as it is now', schema: bookingAnswer } },
    problems: ['not_found'],
    async handler({ params: { id }, grant }) {
      const visit = await readBooking(deps.prisma, reachOf(grant.businesses), id);
      if (visit === null) throw notFound('This visit');
      return { status: 200, json: { booking: presentBooking(visit) } };
    },
  });
}
