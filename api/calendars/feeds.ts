/** Private feeds out: a calendar of ours in somebody's own program (SPEC 5.2). */
import { listFeeds, makeFeed, MOST_FEEDS, readFeed, revokeFeed } from '../../infra/calendars/feeds.ts';
import { vaultContext } from '../../infra/crypto.ts';
import { reachableBusiness, reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { z } from 'zod';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { keyed, KEYED } from '../http/keyed.ts';
import { notFound } from '../http/problem.ts';
import { actorOf } from '../wire.ts';
import { ownerOf, removalEndpoint, tooMany, withTrail } from './change.ts';
import { feedMade, feedOf, feedParams, feedsAnswer, newFeedBody, ofBusiness, tokenParams } from './schema.ts';

type Deps = Pick<ApiDeps, 'prisma' | 'vault'>;

export function feedEndpoints(deps: Deps): Endpoint[] {
  return [listEndpoint(deps), makeEndpoint(deps), readEndpoint(deps), revokeEndpoint(deps)];
}

function listEndpoint({ prisma }: Deps): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/businesses/:id/calendar-feeds',
    tag: 'Calendars',
    summary: 'Feeds of this salon’s calendar that can be read',
    params: ofBusiness,
    responses: { 200: { description: 'Without their addresses', schema: feedsAnswer } },
    problems: ['not_found'],
    async handler({ params: { id }, grant }) {
      await reachableBusiness(prisma, grant, id);
      return { status: 200, json: { feeds: (await listFeeds(prisma, id)).map(feedOf) } };
    },
  });
}

function makeEndpoint(deps: Deps): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: '/api/admin/booksy/businesses/:id/calendar-feeds',
    tag: 'Calendars',
    summary: 'Make a feed of a calendar',
    description:
      'Whoever has its address reads it, so the address is shown once and kept as a hash only. Lost, it is revoked and another one made. Sent again with its `Idempotency-Key`, the request tells the same address; without one it makes another feed.',
    params: ofBusiness,
    body: newFeedBody,
    headers: idempotencyHeaders,
    responses: { 201: { description: 'Made', schema: feedMade } },
    problems: ['not_found', 'too_many_calendars', ...KEYED],
    async handler(call) {
      const { body, grant } = call;
      const businessId = call.params.id;
      // The answer is kept for a day under its key, and the address is a secret: it is kept sealed.
      const place = {
        tenant: businessId,
        table: 'api_idempotency_keys',
        column: 'response',
        row: grant.tokenId,
      };
      const reply = await keyed(deps.prisma, call, ['make-feed', businessId, body], async () => {
        await reachableBusiness(deps.prisma, grant, businessId);
        const owner = await ownerOf(deps, businessId, body.staffId);
        const { name, withDetails } = body;
        const deed = { businessId, action: 'calendar_feed_made' };
        const made = await withTrail(deps, grant, deed, (tx) =>
          makeFeed(tx, { businessId, ...owner, name, withDetails }, actorOf(grant)),
        );
        if (made === null) throw tooMany('feeds', MOST_FEEDS);
        const sealedToken = deps.vault.seal(made.token, vaultContext(place)).toString('base64');
        return { status: 201, json: { id: made.id, sealedToken } };
      });
      const { id, sealedToken } = keptAnswer.parse(reply.json);
      const token = deps.vault.open(Buffer.from(sealedToken, 'base64'), vaultContext(place)).toString('utf8');
      return { ...reply, json: { id, path: `/api/calendars/${token}.ics` } };
    },
  });
}

/** What is kept of an answer that holds an address. */
const keptAnswer = z.object({ id: z.string(), sealedToken: z.string() });

function revokeEndpoint(deps: Deps): Endpoint {
  return removalEndpoint(deps, {
    path: '/api/admin/booksy/calendar-feeds/:id',
    summary: 'Revoke a feed of a calendar',
    description:
      'Its address answers 404 from now on, as one that never was. Of one that is revoked already the answer is the same, with `changed` false.',
    params: feedParams,
    action: 'calendar_feed_revoked',
    async find(grant, id) {
      const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
      const feed = await deps.prisma.calendarFeed.findFirst({
        where: { id, businessId: { in: businesses.map((business) => business.id) } },
        select: { businessId: true },
      });
      if (feed === null) throw notFound('This feed');
      return feed;
    },
    remove: revokeFeed,
  });
}

const conditional = z.object({
  'if-none-match': z
    .string()
    .max(1000)
    .optional()
    .meta({ description: '`ETag` of the answer before: 304 where it is as before' }),
});

function readEndpoint({ prisma }: Deps): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: '/api/calendars/:token.ics',
    tag: 'Calendars',
    summary: 'A feed, for calendar programs',
    description: 'iCalendar (RFC 5545), a month back and a year ahead. The address is the key.',
    params: tokenParams,
    headers: conditional,
    responses: {
      200: { description: 'The calendar', contentType: 'text/calendar' },
      304: { description: 'As before', contentType: 'text/calendar' },
    },
    problems: ['not_found'],
    async handler({ params: { token }, headers }) {
      const feed = await readFeed(prisma, token);
      if (feed === null) throw notFound('This calendar');
      const { text, etag } = feed;
      const known = (headers['if-none-match'] ?? '')
        .split(',')
        .map((each) => each.trim().replace(/^W\//, ''));
      const answer = {
        contentType: 'text/calendar; charset=utf-8',
        headers: { ETag: etag, 'Cache-Control': 'private, no-cache' },
      };
      if (known.includes(etag) || known.includes('*')) return { status: 304, content: '', ...answer };
      return { status: 200, content: text, ...answer };
    },
  });
}
