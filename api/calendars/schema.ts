/** Calendars of others and feeds of ours as they come in and go out (SPEC 5.2). */
import { z } from 'zod';
import { feedProblem } from '../../infra/calendars/problems.ts';
import { POLL_SECONDS, type StoredCalendar } from '../../infra/calendars/store.ts';
import type { StoredFeed } from '../../infra/calendars/feeds.ts';
import { businessId, instant, iso, isoOrNull } from '../wire.ts';

export const ofBusiness = z.object({ id: businessId });
const calendarId = '0199c0de-0000-7000-8000-0000000000c1';
export const calendarParams = z.object({
  id: z.guid('must be a calendar id (uuid)').meta({ description: 'Id of the calendar', example: calendarId }),
});
export const feedParams = z.object({
  id: z
    .guid('must be a feed id (uuid)')
    .meta({ description: 'Id of the feed', example: '0199c0de-0000-7000-8000-0000000000c2' }),
});
export const tokenParams = z.object({
  token: z
    .string()
    .max(100)
    .meta({ description: 'The secret of the address', example: 'bkc_token-of-a-feed' }),
});

const name = z.string().trim().min(1, 'must not be empty').max(100).meta({ description: 'For people' });
const url = z.string().min(1).max(2000).meta({
  description: 'Its private iCal address, https:// or webcal://. It is sealed and never shown again',
});
const intervalSeconds = z
  .int()
  .min(POLL_SECONDS.least)
  .max(POLL_SECONDS.most)
  .meta({ description: 'How often it is asked, in seconds' });
const blocksBooksy = z.boolean().meta({ description: 'Whether its events block time at Booksy, too' });
const staffId = z
  .guid()
  .nullable()
  .meta({ description: 'Whose time it blocks; null = of everybody who works there' });

export const newCalendarBody = z
  .object({
    name,
    url,
    staffId: staffId.default(null),
    blocksBooksy: blocksBooksy.default(true),
    intervalSeconds: intervalSeconds.default(POLL_SECONDS.usual),
  })
  .strict()
  .meta({
    id: 'NewCalendar',
    example: { name: 'Public holidays of the street', url: 'webcal://calendar.example/private/basic.ics' },
  });
export const changeCalendarBody = z
  .object({
    name: name.optional(),
    url: url.optional(),
    active: z.boolean().optional().meta({ description: 'False: it is not asked and blocks nothing' }),
    blocksBooksy: blocksBooksy.optional(),
    intervalSeconds: intervalSeconds.optional(),
  })
  .strict()
  .meta({ id: 'ChangeCalendar', example: { active: true, intervalSeconds: 1800 } });

export const calendarOut = z
  .object({
    id: z.guid(),
    businessId: z.guid(),
    staffId,
    name: z.string(),
    host: z.string().meta({ description: 'Where it is; the rest of the address is secret' }),
    active: z.boolean(),
    blocksBooksy,
    intervalSeconds: z.int(),
    state: z.enum(['new', 'ok', 'failing', 'expired']).meta({
      description:
        '`new`: not read yet; `failing`: it cannot be read, the last copy still counts; `expired`: it does not count any more',
    }),
    problem: z
      .object({ code: z.string(), detail: z.string(), nextStep: z.string() })
      .nullable()
      .meta({ description: 'What is wrong; with `ok` something small' }),
    events: z.int().meta({ description: 'Entries of the feed' }),
    blocks: z.int().meta({ description: 'Blocks to come that it lays' }),
    fetchedAt: instant.nullable(),
    okAt: instant.nullable(),
    failingSince: instant.nullable(),
    laidOutUntil: instant.nullable(),
    dueAt: instant,
  })
  .meta({ id: 'Calendar' });
export const calendarAnswer = z.object({ calendar: calendarOut }).meta({ id: 'CalendarAnswer' });
export const calendarsAnswer = z.object({ calendars: z.array(calendarOut) }).meta({ id: 'Calendars' });
export const goneAnswer = z
  .object({
    removed: z.literal(true).meta({ description: 'It is gone' }),
    changed: z.boolean().meta({ description: 'Whether this request did it; false: it was gone already' }),
  })
  .meta({ id: 'Removed' });
export const polledAnswer = z
  .object({
    asked: z.boolean().meta({ description: 'False where its schedule is not there yet: it is polled later' }),
  })
  .meta({ id: 'CalendarPolled' });

export const newFeedBody = z
  .object({
    name,
    staffId: staffId.default(null),
    withDetails: z.boolean().default(false).meta({
      description: 'Names of clients and services in it. Without, it says only when somebody is busy',
    }),
  })
  .strict()
  .meta({ id: 'NewCalendarFeed', example: { name: 'My visits' } });
const feedOut = z
  .object({
    id: z.guid(),
    businessId: z.guid(),
    staffId,
    name: z.string(),
    withDetails: z.boolean(),
    createdAt: instant,
    lastReadAt: instant.nullable(),
  })
  .meta({ id: 'CalendarFeed' });
export const feedsAnswer = z.object({ feeds: z.array(feedOut) }).meta({ id: 'CalendarFeeds' });
export const feedMade = z
  .object({
    id: z.guid(),
    path: z.string().meta({ description: 'Its address at this API. Shown this once' }),
  })
  .meta({ id: 'CalendarFeedMade' });

export function calendarOf(row: StoredCalendar): z.input<typeof calendarOut> {
  return {
    id: row.id,
    businessId: row.businessId,
    staffId: row.ownerKind === 'staff' ? row.ownerId : null,
    name: row.name,
    host: row.host,
    active: row.active,
    blocksBooksy: row.blocksBooksy,
    intervalSeconds: row.intervalSeconds,
    state: row.state,
    problem:
      row.errorCode === null
        ? null
        : {
            code: row.errorCode,
            detail: row.errorDetail ?? feedProblem(row.errorCode).detail,
            nextStep: feedProblem(row.errorCode).nextStep,
          },
    events: row.events,
    blocks: row.blocks,
    fetchedAt: isoOrNull(row.fetchedAt),
    okAt: isoOrNull(row.okAt),
    failingSince: isoOrNull(row.failingSince),
    laidOutUntil: isoOrNull(row.laidOutUntil),
    dueAt: iso(row.dueAt),
  };
}

export function feedOf(row: StoredFeed): z.input<typeof feedOut> {
  const { id, name: label, withDetails } = row;
  return {
    id,
    businessId: row.businessId,
    staffId: row.ownerKind === 'staff' ? row.ownerId : null,
    name: label,
    withDetails,
    createdAt: iso(row.createdAt),
    lastReadAt: isoOrNull(row.lastReadAt),
  };
}
