/** POST /api/holds, DELETE /api/holds/:id and POST /api/holds/:id/release (SPEC 5.3). */
import { v7 as uuidv7 } from 'uuid';
import { releaseHold } from '../../infra/bookings/holds.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import { askerOf, sellable, type BookingDeps } from './deps.ts';
import { holdAnswer, holdBody, holdParams, releaseAnswer } from './schema.ts';
import { booking, itemsOf, mayReach, reachOf, TIME_PROBLEMS } from './wanted.ts';

export function holdEndpoints(deps: BookingDeps): readonly Endpoint[] {
  return [
    holdEndpoint(deps),
    releaseEndpoint(deps, 'POST', '/api/holds/:id/release'),
    releaseEndpoint(deps, 'DELETE', '/api/holds/:id'),
  ];
}

function holdEndpoint(deps: BookingDeps): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: '/api/holds',
    tag: 'Bookings',
    summary: 'Keep a time for somebody who is about to book',
    description:
      'Nobody else is offered or sold the time until the hold is booked, released or over. Only the token that made it can book or release it. A visit that is made at Booksy meanwhile wins: the hold then fails when it is booked. Where nothing is sold, because the picture of Booksy is stale and the business’s policy is `stop`, nothing is kept either.',
    body: holdBody,
    headers: idempotencyHeaders,
    responses: { 201: { description: 'The time is kept', schema: holdAnswer } },
    problems: [...TIME_PROBLEMS, 'selling_stopped'],
    handler: ({ body, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['hold', body], async () => {
        mayReach(grant, body.businessId);
        const items = await itemsOf(deps.prisma, body.businessId, body.items);
        const made = await booking(() =>
          deps.desk.make(body.businessId, {
            kind: 'hold',
            id: uuidv7(),
            time: { items, startsLocal: sellable(body.startsLocal) },
            seconds: body.minutes * 60,
            asker: askerOf(grant),
          }),
        );
        if (made.kind !== 'hold') throw new Error('A hold was asked for.');
        const { id, expiresAt, slot } = made;
        return { status: 201, json: { hold: { id, businessId: body.businessId, expiresAt, slot } } };
      }),
  });
}

function releaseEndpoint(deps: BookingDeps, method: 'POST' | 'DELETE', path: string): Endpoint {
  return defineEndpoint({
    method,
    path,
    tag: 'Bookings',
    summary: 'Let a kept time go',
    description: 'Only by the token that made it. Nothing happens to one that is over.',
    params: holdParams,
    responses: { 200: { description: 'The time is free', schema: releaseAnswer } },
    problems: ['not_found', ...KEYED],
    headers: idempotencyHeaders,
    handler: ({ params: { id }, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['release-hold', id], async () => {
        const { within, over } = deps.kept.begin();
        const { released, businessId } = await booking(() =>
          deps.prisma.$transaction((tx) =>
            within(tx, () => releaseHold(tx, reachOf(grant.businesses), id, askerOf(grant))),
          ),
        ).catch((error: unknown) => {
          over(null);
          throw error;
        });
        over(released ? businessId : null);
        return { status: 200, json: { id, released } };
      }),
  });
}
