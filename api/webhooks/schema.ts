/** Webhooks as they are shown, and which of them are meant. Never a body. */
import { z } from 'zod';
import { WEBHOOK_ACTIONS } from '../../booksy/webhook.ts';
import { Prisma } from '../../infra/database/index.ts';
import { businessId, instant } from '../wire.ts';

/** `waiting`: in the box; `drained`: used by a read. */
export const WEBHOOK_STATES = ['waiting', 'drained'] as const;
export type WebhookState = (typeof WEBHOOK_STATES)[number];

/** Rows of the box are numbered; in JSON the number is text. */
export const webhookId = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, 'must be a webhook id, as GET …/webhooks shows it')
  .meta({ description: 'Id of the webhook', example: '90210042' });

export const webhookSchema = z
  .object({
    id: webhookId,
    businessId: z.guid(),
    businessName: z.string(),
    action: z.string().meta({ example: 'MODIFIED' }),
    appointment: z.string().nullable().meta({ description: 'Id at Booksy' }),
    state: z.enum(WEBHOOK_STATES),
    copies: z.int().meta({ description: 'How often the same news came before it was used' }),
    verifiedBy: z.string().nullable().meta({ description: '`signature` or `path_token`' }),
    receivedAt: instant,
    drainedAt: instant.nullable(),
    replayedAt: instant.nullable().meta({ description: 'When a person last sent it through again' }),
    replayedBy: z.string().nullable(),
    bodyKept: z
      .boolean()
      .meta({ description: 'Its body is still there as evidence (7 days); nobody is shown it' }),
  })
  .meta({ id: 'Webhook' });
export type Webhook = z.output<typeof webhookSchema>;

const instantIn = z.iso
  .datetime({ offset: true, error: 'must be an instant such as 2026-03-01T10:00:00Z' })
  .transform((text) => new Date(text));

/** Which webhooks are meant; what is left out does not matter. */
export const filterShape = {
  businessId: businessId.optional().meta({ description: 'Only this business' }),
  action: z
    .enum(WEBHOOK_ACTIONS, `must be one of ${WEBHOOK_ACTIONS.join(', ')}`)
    .optional()
    .meta({ description: 'Only this action', example: 'CANCELLED' }),
  appointment: z
    .string()
    .regex(/^\d{1,18}$/, 'must be the id of an appointment at Booksy')
    .optional()
    .meta({ description: 'Only of this appointment, by its id at Booksy', example: '12' }),
  receivedFrom: instantIn.optional().meta({
    type: 'string',
    format: 'date-time',
    description: 'Received at this instant or later',
    example: '2026-03-01T10:00:00Z',
  }),
  receivedTill: instantIn.optional().meta({
    type: 'string',
    format: 'date-time',
    description: 'Received before this instant',
    example: '2026-03-01T12:00:00Z',
  }),
};

export interface WebhookFilter {
  readonly action?: string | undefined;
  readonly appointment?: string | undefined;
  readonly receivedFrom?: Date | undefined;
  readonly receivedTill?: Date | undefined;
}

/** The filter as SQL over `webhook_logs w`; the businesses are the token's (R43). */
export function whereOf(businessIds: readonly string[], filter: WebhookFilter): Prisma.Sql {
  const parts = [Prisma.sql`w.business_id = ANY(${[...businessIds]}::uuid[])`];
  if (filter.action !== undefined) parts.push(Prisma.sql`w.action = ${filter.action}`);
  if (filter.appointment !== undefined) parts.push(Prisma.sql`w.external_id = ${filter.appointment}`);
  if (filter.receivedFrom !== undefined)
    parts.push(Prisma.sql`w.received_at >= ${filter.receivedFrom}::timestamptz`);
  if (filter.receivedTill !== undefined)
    parts.push(Prisma.sql`w.received_at < ${filter.receivedTill}::timestamptz`);
  return Prisma.join(parts, ' AND ');
}
