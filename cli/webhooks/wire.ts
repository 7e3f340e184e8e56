import { z } from 'zod';
import { noted, shown } from '../wire.ts';

/** Answers of the API about webhooks. See cli/wire.ts for the manners. */
const webhook = z.looseObject({
  id: z.string(),
  businessId: z.string(),
  businessName: shown.default(''),
  action: shown,
  appointment: shown.nullable(),
  state: z.string(),
  copies: z.number().default(1),
  receivedAt: z.string(),
  drainedAt: z.string().nullable(),
  replayedAt: z.string().nullable().default(null),
});
/** A webhook that came. */
export type WebhookRow = z.output<typeof webhook>;

const counts = z.object({ waiting: z.number(), drained: z.number(), capped: z.boolean().default(false) });
export type WebhookCounts = z.output<typeof counts>;

export const webhookPage = noted.extend({
  webhooks: z.array(webhook),
  counts,
  nextCursor: z.string().nullable(),
});

export const replayed = noted.extend({ matching: z.number(), replayed: z.number(), merged: z.number() });
