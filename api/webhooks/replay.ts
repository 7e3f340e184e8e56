/**
 * Sending webhooks through again: a drained row goes back into the box, and what it is about is read at Booksy once more. A
 * replay never applies what the body says (R4).
 */
import { z } from 'zod';
import { Prisma, sqlState, type PrismaClient, type Tx } from '../../infra/database/index.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { auditDeed } from '../audit.ts';
import { reachableBusinesses, type BusinessRef } from '../businesses.ts';
import { notFound, Problem } from '../http/problem.ts';
import { actorOf } from '../wire.ts';
import { whereOf, type WebhookFilter } from './schema.ts';

/** Rows of one replay: more than this is what a sweep or a full sync is for. */
export const MOST_REPLAYED = 10_000;

export interface Replayed {
  /** Rows that the filter names and that were used already. */
  readonly matching: number;
  /** Rows that are back in the box. */
  readonly replayed: number;
  /** The same news as one of those, or as one that waits: a single read tells for all of them. */
  readonly merged: number;
}

type Db = Pick<PrismaClient, 'business' | '$queryRaw' | '$transaction'>;

/** Puts one webhook back. @throws {Problem} 404 */
export async function replayOne(db: Db, grant: TokenGrant, id: string): Promise<Replayed> {
  const businesses = await reachableBusinesses(db, grant, undefined);
  const where = Prisma.sql`${whereOf(idsOf(businesses), {})} AND w.id = ${id}::bigint`;
  const answer =
    await db.$queryRaw`SELECT w.business_id::text, w.external_id FROM webhook_logs w WHERE ${where}`;
  const [found] = z
    .array(z.object({ business_id: z.string(), external_id: z.string().nullable() }))
    .parse(answer);
  if (found === undefined) throw notFound('This webhook');
  return retried(() =>
    db.$transaction(async (tx) => {
      const done = await putBack(tx, where, actorOf(grant));
      if (done.replayed > 0) {
        await auditDeed(tx, {
          businessId: found.business_id,
          actor: actorOf(grant),
          action: 'replayed',
          reasonCode: 'webhook',
          entity: 'booking',
          ...(found.external_id === null ? {} : { externalId: found.external_id }),
        });
      }
      return counted(done);
    }),
  );
}

export interface ReplayRequest {
  readonly businessId?: string | undefined;
  readonly filter: WebhookFilter;
  /** How many a person saw that it is about; null only counts. */
  readonly expected: number | null;
}

/**
 * Puts back what a filter names, if it is as many as was seen; without a number it counts and does nothing.
 *
 * @throws {Problem} 404, `replay_changed`, `replay_too_many`
 */
export async function replayMany(
  db: Db,
  grant: TokenGrant,
  { businessId, filter, expected }: ReplayRequest,
): Promise<Replayed> {
  const businesses = await reachableBusinesses(
    db,
    grant,
    businessId === undefined ? undefined : [businessId],
  );
  const where = whereOf(idsOf(businesses), filter);
  if (expected === null) return { matching: await countDrained(db, where), replayed: 0, merged: 0 };
  return retried(() =>
    db.$transaction(async (tx) => {
      const matching = await countDrained(tx, where);
      if (matching > MOST_REPLAYED) throw tooMany();
      if (matching !== expected) throw changed(matching, expected);
      const done = await putBack(tx, where, actorOf(grant));
      for (const id of done.businessIds) {
        await auditDeed(tx, {
          businessId: id,
          actor: actorOf(grant),
          action: 'replayed',
          reasonCode: 'webhooks_by_filter',
        });
      }
      return counted(done);
    }),
  );
}

function idsOf(businesses: readonly BusinessRef[]): string[] {
  return businesses.map(({ id }) => id);
}

async function countDrained(db: Pick<Tx, '$queryRaw'>, where: Prisma.Sql): Promise<number> {
  const answer = await db.$queryRaw`
    SELECT count(*)::int AS matching FROM (
      SELECT 1 FROM webhook_logs w WHERE ${where} AND w.drained_at IS NOT NULL LIMIT ${MOST_REPLAYED + 1}) c`;
  return z.array(z.object({ matching: z.number() })).parse(answer)[0]?.matching ?? 0;
}

interface PutBack {
  readonly matching: number;
  readonly replayed: number;
  readonly businessIds: readonly string[];
}

const putBackShape = z.array(
  z.object({ matching: z.number(), replayed: z.number(), business_ids: z.array(z.string()) }),
);

/** Of rows with the same news only the newest goes back, and none where one waits. An UPDATE has no trigger: it tells the relay itself. */
async function putBack(tx: Pick<Tx, '$queryRaw'>, where: Prisma.Sql, actor: string): Promise<PutBack> {
  const answer = await tx.$queryRaw`
    WITH meant AS (
      SELECT w.id, w.business_id, w.external_id, w.action, w.body_hash
        FROM webhook_logs w WHERE ${where} AND w.drained_at IS NOT NULL),
    newest AS (
      SELECT DISTINCT ON (m.business_id, m.external_id, m.action, m.body_hash) m.id
        FROM meant m
       WHERE NOT EXISTS (
               SELECT 1 FROM webhook_logs k
                WHERE k.business_id = m.business_id AND k.external_id IS NOT DISTINCT FROM m.external_id
                  AND k.action = m.action AND k.body_hash = m.body_hash AND k.drained_at IS NULL)
       ORDER BY m.business_id, m.external_id, m.action, m.body_hash, m.id DESC),
    back AS (
      UPDATE webhook_logs w SET drained_at = NULL, replayed_at = now(), replayed_by = ${actor}
        FROM newest n WHERE w.id = n.id AND w.drained_at IS NOT NULL
      RETURNING w.business_id),
    told AS (
      SELECT b.business_id::text AS id, pg_notify('booksy_sync_box', b.business_id::text)
        FROM (SELECT DISTINCT business_id FROM back) b)
    SELECT (SELECT count(*)::int FROM meant) AS matching, (SELECT count(*)::int FROM back) AS replayed,
           (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM told) AS business_ids`;
  const row = putBackShape.parse(answer)[0];
  return { matching: row?.matching ?? 0, replayed: row?.replayed ?? 0, businessIds: row?.business_ids ?? [] };
}

function counted({ matching, replayed }: PutBack): Replayed {
  return { matching, replayed, merged: matching - replayed };
}

/** The same news may come in at this very moment: then it waits, and the second look sees it. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= 4 || !['23505', '40P01'].includes(sqlState(error) ?? '')) throw error;
    }
  }
}

function tooMany(): Problem {
  return new Problem('replay_too_many', {
    detail: `The filter names more than ${MOST_REPLAYED} webhooks.`,
    nextStep:
      'Narrow it, or start a full sync: POST /api/admin/booksy/full-sync reads everything with fewer calls.',
  });
}

function changed(now: number, asked: number): Problem {
  return new Problem('replay_changed', {
    detail: `The filter names ${now} webhooks now, and ${asked} were to be replayed.`,
    nextStep:
      'Count again without `expected`, and send the number that comes back; a closed time range keeps still.',
  });
}
