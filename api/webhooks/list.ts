/** The box of webhooks, page by page, newest first. */
import { z } from 'zod';
import { Prisma, type PrismaClient } from '../../infra/database/index.ts';
import type { BusinessRef } from '../businesses.ts';
import { iso, isoOrNull } from '../wire.ts';
import { whereOf, type Webhook, type WebhookFilter, type WebhookState } from './schema.ts';

/** Counting stops here: nobody needs the exact length of a list that long. */
const MOST_COUNTED = 100_000;

export interface WebhookCounts {
  readonly waiting: number;
  readonly drained: number;
  /** There are more drained ones than were counted. */
  readonly capped: boolean;
}

export interface WebhookPage {
  readonly webhooks: readonly Webhook[];
  /** Id of the last one shown; null on the last page. */
  readonly next: string | null;
  readonly counts: WebhookCounts;
}

const rowShape = z.object({
  id: z.bigint(),
  business_id: z.string(),
  action: z.string(),
  external_id: z.string().nullable(),
  copies: z.number(),
  verified_by: z.string().nullable(),
  received_at: z.date(),
  drained_at: z.date().nullable(),
  replayed_at: z.date().nullable(),
  replayed_by: z.string().nullable(),
  body_kept: z.boolean(),
});

/** One page of the webhooks of these businesses, with how many there are of each state. */
export async function listWebhooks(
  db: Pick<PrismaClient, '$queryRaw'>,
  businesses: readonly BusinessRef[],
  filter: WebhookFilter & { readonly state?: WebhookState | undefined },
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<WebhookPage> {
  const where = whereOf(
    businesses.map(({ id }) => id),
    filter,
  );
  const state = stateSql(filter.state);
  const after = page.after === undefined ? Prisma.empty : Prisma.sql`AND w.id < ${page.after}::bigint`;
  const answer = await db.$queryRaw`
    SELECT w.id, w.business_id::text, w.action, w.external_id, w.copies, w.verified_by, w.received_at, w.drained_at,
           w.replayed_at, w.replayed_by, w.sealed_body IS NOT NULL AS body_kept
      FROM webhook_logs w WHERE ${where} ${state} ${after}
     ORDER BY w.id DESC LIMIT ${page.limit + 1}`;
  const rows = z.array(rowShape).parse(answer);
  const shown = rows.slice(0, page.limit);
  const nameOf = new Map(businesses.map(({ id, name }) => [id, name]));
  const last = shown.at(-1);
  return {
    webhooks: shown.map((row) => presented(row, nameOf.get(row.business_id) ?? '')),
    next: rows.length > shown.length && last !== undefined ? String(last.id) : null,
    counts: await countWebhooks(db, where),
  };
}

function stateSql(state: WebhookState | undefined): Prisma.Sql {
  switch (state) {
    case undefined:
      return Prisma.empty;
    case 'waiting':
      return Prisma.sql`AND w.drained_at IS NULL`;
    case 'drained':
      return Prisma.sql`AND w.drained_at IS NOT NULL`;
  }
}

function presented(row: z.output<typeof rowShape>, businessName: string): Webhook {
  return {
    id: String(row.id),
    businessId: row.business_id,
    businessName,
    action: row.action,
    appointment: row.external_id,
    state: row.drained_at === null ? 'waiting' : 'drained',
    copies: row.copies,
    verifiedBy: row.verified_by,
    receivedAt: iso(row.received_at),
    drainedAt: isoOrNull(row.drained_at),
    replayedAt: isoOrNull(row.replayed_at),
    replayedBy: row.replayed_by,
    bodyKept: row.body_kept,
  };
}

const countShape = z.array(z.object({ waiting: z.number(), drained: z.number() }));

async function countWebhooks(db: Pick<PrismaClient, '$queryRaw'>, where: Prisma.Sql): Promise<WebhookCounts> {
  const answer = await db.$queryRaw`
    SELECT (SELECT count(*)::int FROM webhook_logs w WHERE ${where} AND w.drained_at IS NULL) AS waiting,
           (SELECT count(*)::int FROM (
              SELECT 1 FROM webhook_logs w WHERE ${where} AND w.drained_at IS NOT NULL LIMIT ${MOST_COUNTED + 1}) c) AS drained`;
  const counts = countShape.parse(answer)[0] ?? { waiting: 0, drained: 0 };
  return {
    waiting: counts.waiting,
    drained: Math.min(counts.drained, MOST_COUNTED),
    capped: counts.drained > MOST_COUNTED,
  };
}
