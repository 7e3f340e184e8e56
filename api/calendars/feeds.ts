/** Private feeds out: a calendar of ours in somebody's own program (SPEC 5.2). */
import { listFeeds, makeFeed, MOST_FEEDS, readFeed, revokeFeed } from '../../infra/calendars/feeds.ts';
import { reachableBusiness, reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { z } from 'zod';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { notFound } from '../http/problem.ts';
import { actorOf } from '../wire.ts';
import { audited, ownerOf, tooMany } from './endpoints.ts';
import {
  feedMade,
  feedOf,
  feedParams,
  feedsAnswer,
  goneAnswer,
  newFeedBody,
  ofBusiness,
  tokenParams,
} from './schema.ts';

type Deps = Pick<ApiDeps, 'prisma'>;

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

function makeEndpoint({ prisma }: Deps): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: '/api/admin/booksy/businesses/:id/calendar-feeds',
    tag: 'Calendars',
    summary: 'Make a feed of a calendar',
    description:
      'Whoever has its address reads it, so the address is shown once and kept as a hash only. Lost, it is revoked and another one made; a repeated request makes another one, too.',
    params: ofBusiness,
    body: newFeedBody,
    responses: { 201: { description: 'Made', schema: feedMade } },
    problems: ['not_found', 'too_many_calendars'],
    async handler({ params: { id: businessId }, body, grant }) {
      await reachableBusiness(prisma, grant, businessId);
      const owner = await ownerOf({ prisma }, businessId, body.staffId);
      const made = await prisma.$transaction(async (tx) => {
        const { name, withDetails } = body;
        const feed = await makeFeed(tx, { businessId, ...owner, name, withDetails }, actorOf(grant));
        if (feed !== null) await audited(tx, grant, businessId, feed.id, 'calendar_feed_made');
        return feed;
      });
      if (made === null) throw tooMany('feeds', MOST_FEEDS);
      return { status: 201, json: { id: made.id, path: `/api/calendars/${made.token}.ics` } };
    },
  });
}

function revokeEndpoint({ prisma }: Deps): Endpoint {
  return defineEndpoint({
    method: 'DELETE',
    path: '/api/admin/booksy/calendar-feeds/:id',
    tag: 'Calendars',
    summary: 'Revoke a feed of a calendar',
    description: 'Its address answers 404 from now on, as one that never was.',
    params: feedParams,
    responses: { 200: { description: 'Revoked', schema: goneAnswer } },
    problems: ['not_found'],
    async handler({ params: { id }, grant }) {
      const businesses = await reachableBusinesses(prisma, grant, undefined);
      const feed = await prisma.calendarFeed.findFirst({
        where: { id, businessId: { in: businesses.map((business) => business.id) } },
        select: { businessId: true },
      });
      if (feed === null) throw notFound('This feed');
      const removed = await prisma.$transaction(async (tx) => {
        const gone = await revokeFeed(tx, id);
        if (gone) await audited(tx, grant, feed.businessId, id, 'calendar_feed_revoked');
        return gone;
      });
      return { status: 200, json: { removed } };
    },
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
