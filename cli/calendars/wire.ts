import { z } from 'zod';
import { shown } from '../wire.ts';

/** Answers of the API about calendars and feeds. See ../wire.ts for the manners. */

const calendar = z.looseObject({
  id: z.string(),
  staffId: z.string().nullable(),
  name: shown,
  host: shown,
  active: z.boolean(),
  blocksBooksy: z.boolean(),
  intervalSeconds: z.number(),
  state: shown,
  problem: z.looseObject({ code: shown, detail: shown, nextStep: shown }).nullable(),
  blocks: z.number(),
  okAt: z.string().nullable(),
});
export type Calendar = z.output<typeof calendar>;
export const calendarAnswer = z.object({ calendar });
export const calendarsAnswer = z.object({ calendars: z.array(calendar) });
export const polledAnswer = z.object({ asked: z.boolean() });
export const removedAnswer = z.object({ removed: z.boolean(), changed: z.boolean() });

const feed = z.looseObject({
  id: z.string(),
  staffId: z.string().nullable(),
  name: shown,
  withDetails: z.boolean(),
  lastReadAt: z.string().nullable(),
});
export const feedsAnswer = z.object({ feeds: z.array(feed) });
export const feedMade = z.object({ id: z.string(), path: z.string() });
