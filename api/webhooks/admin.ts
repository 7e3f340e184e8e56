/** GET …/webhooks, POST …/webhooks/:id/replay, POST …/webhooks/replay: what came, and sending it through again. */
import { z } from 'zod';
import { reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import { cursorKind, limitSchema } from '../http/pagination.ts';
import { listWebhooks } from './list.ts';
import { MOST_REPLAYED, replayMany, replayOne } from './replay.ts';
import { filterShape, webhookId, webhookSchema, WEBHOOK_STATES } from './schema.ts';

const cursor = cursorKind(webhookId);

const query = z
  .object({
    ...filterShape,
    state: z
      .enum(WEBHOOK_STATES, `must be one of ${WEBHOOK_STATES.join(', ')}`)
      .optional()
      .meta({ description: '`waiting`: in the box; `drained`: used' }),
    cursor: cursor.schema.optional(),
    limit: limitSchema(200, 50),
  })
  .strict();

const page = z
  .object({
    webhooks: z.array(webhookSchema).meta({ description: 'Newest first' }),
    counts: z.object({ waiting: z.int(), drained: z.int(), capped: z.boolean() }).meta({
      description: 'Of the filter without `state`; `capped`: there are more drained ones than that',
    }),
    nextCursor: z.string().nullable().meta({ description: 'Null on the last page' }),
  })
  .meta({ id: 'WebhookPage' });

const replayed = z
  .object({
    matching: z.int().meta({ description: 'Drained webhooks that were named' }),
    replayed: z.int().meta({ description: 'Back in the box' }),
    merged: z
      .int()
      .meta({ description: 'The same news as one of those or as one that waits: one read tells for all' }),
  })
  .meta({ id: 'Replayed' });

const many = z
  .object({
    ...filterShape,
    expected: z
      .int('must be the number that the count answered')
      .min(0)
      .max(MOST_REPLAYED)
      .optional()
      .meta({ description: '`matching` of the count that was looked at; without it nothing is replayed' }),
  })
  .strict()
  .refine((body) => Object.keys(filterShape).some((name) => Reflect.get(body, name) !== undefined), {
    error: `must name at least one of ${Object.keys(filterShape).join(', ')}`,
  })
  .meta({
    id: 'WebhookReplay',
    example: { receivedFrom: '2026-03-01T10:00:00Z', receivedTill: '2026-03-01T12:00:00Z' },
  });

/** The endpoints about the box. */
export function webhookEndpoints(deps: Pick<ApiDeps, 'prisma' | 'reads'>): Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/api/admin/booksy/webhooks',
      tag: 'Webhooks',
      summary: 'Webhooks that came',
      description:
        'Each with when it came, how it was proven, and whether it was used by a read. Bodies are kept sealed for 7 days as evidence and are never shown.',
      query,
      responses: { 200: { description: 'A page', schema: page } },
      problems: ['not_found'],
      async handler({ query: { businessId, cursor: after, limit, ...filter }, grant }) {
        const businesses = await reachableBusinesses(
          deps.prisma,
          grant,
          businessId === undefined ? undefined : [businessId],
        );
        const found = await deps.reads((db) => listWebhooks(db, businesses, filter, { after, limit }));
        return {
          status: 200,
          json: {
            webhooks: found.webhooks,
            counts: found.counts,
            nextCursor: found.next === null ? null : cursor.encode(found.next),
          },
        };
      },
    }),
    defineEndpoint({
      method: 'POST',
      path: '/api/admin/booksy/webhooks/:id/replay',
      tag: 'Webhooks',
      summary: 'Send one webhook through again',
      description:
        'It goes back into the box, and what it is about is read at Booksy. Where it waits already, nothing changes.',
      params: z.object({ id: webhookId }),
      headers: idempotencyHeaders,
      responses: { 200: { description: 'Done', schema: replayed } },
      problems: ['not_found', ...KEYED],
      handler: ({ params: { id }, grant, headers }) =>
        keyed(deps.prisma, { grant, headers }, ['replay-webhook', id], async () => ({
          status: 200,
          json: await replayOne(deps.prisma, grant, id),
        })),
    }),
    defineEndpoint({
      method: 'POST',
      path: '/api/admin/booksy/webhooks/replay',
      tag: 'Webhooks',
      summary: 'Send many webhooks through again',
      description: `Those of a filter or of a time range, at most ${MOST_REPLAYED}. First without \`expected\`: that counts and does nothing. Then with the number that came back: should it have changed, it is refused.`,
      body: many,
      headers: idempotencyHeaders,
      responses: { 200: { description: 'Counted, or done', schema: replayed } },
      problems: ['not_found', 'replay_changed', 'replay_too_many', ...KEYED],
      handler: ({ body: { businessId, expected, ...filter }, grant, headers }) =>
        keyed(
          deps.prisma,
          { grant, headers },
          ['replay-webhooks', businessId, expected, filter],
          async () => ({
            status: 200,
            json: await replayMany(deps.prisma, grant, { businessId, filter, expected: expected ?? null }),
          }),
        ),
    }),
  ];
}
