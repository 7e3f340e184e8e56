import { canonicalJson } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { seenVisit } from '../../domain/states/visit.ts';
import { openEvidence } from '../../booksy/index.ts';
import { NO_LINKS } from '../apply/links.ts';
import type { InboundDeps, RunBusiness } from '../inbound/run.ts';
import { markDrained, type WebhookNews } from './boxes.ts';

/** A webhook that came this long after the answer to our write is read like any other (R4). */
const ECHO_WITHIN_S = 10;

/** A webhook that came around a write of ours, and what that write was answered. */
interface AnsweredRow {
  external_id: string;
  remote: GroupStates;
  observed_sent_at: Date;
  observed_received_at: Date;
  id: string;
  body_hash: string;
  received_at: Date;
  sealed_body: Uint8Array;
}

/**
 * Uses up the news that are only our own write coming back: the body says, word for word, what Booksy answered that write, and
 * it came while the write was under way or moments later. The answer is the observation (R1); a read would show it once more.
 * No body is applied (R4a), and everything else is read as ever: other words, a copy, a replay, what comes later, and whatever
 * concerns a visit of which a write may still act (R14). docs/decisions/0028.
 *
 * @returns the news that are still to be read
 */
export async function dropOwnEchoes(
  deps: InboundDeps,
  business: RunBusiness,
  news: readonly WebhookNews[],
): Promise<readonly WebhookNews[]> {
  if (news.length === 0) return news;
  const said = await aroundOurWrites(deps, business, news);
  if (said.length === 0) return news;
  const echoes = new Set(said.filter((row) => saysTheAnswer(deps, business, row)).map(({ id }) => id));
  const isEcho = ({ rows }: WebhookNews) => rows.every(({ id }) => echoes.has(id));
  await markDrained(
    deps.db,
    news.filter(isEcho).flatMap(({ rows }) => rows),
  );
  return news.filter((each) => !isEcho(each));
}

/** Single, unreplayed webhooks of visits whose last observation is the answer to a write of ours. */
async function aroundOurWrites(
  { db }: InboundDeps,
  business: RunBusiness,
  news: readonly WebhookNews[],
): Promise<readonly AnsweredRow[]> {
  const ids = news.flatMap(({ externalId, rows }) => (externalId === null ? [] : rows.map(({ id }) => id)));
  return db.$queryRaw<AnsweredRow[]>`
    SELECT /* prepared */ m.external_id, m.remote, m.observed_sent_at, m.observed_received_at,
           w.id::text AS id, w.body_hash, w.received_at, w.sealed_body
      FROM webhook_logs w
      JOIN external_bookings m ON m.business_id = w.business_id AND m.external_id = w.external_id
     WHERE w.id = ANY(${ids}::bigint[]) AND w.business_id = ${business.id}::uuid
       AND w.copies = 1 AND w.replayed_at IS NULL AND w.sealed_body IS NOT NULL
       AND m.booking_id IS NOT NULL AND m.gone_at IS NULL
       AND w.received_at BETWEEN m.observed_sent_at AND m.observed_received_at + ${ECHO_WITHIN_S} * interval '1 second'
       AND EXISTS (SELECT FROM sync_intents i
                    WHERE i.business_id = m.business_id AND i.entity = 'booking' AND i.record_id = m.booking_id
                      AND i.state = 'confirmed' AND i.resolved_at >= m.observed_received_at)
       AND NOT EXISTS (SELECT FROM sync_intents i
                        WHERE i.business_id = m.business_id AND i.entity = 'booking' AND i.record_id = m.booking_id
                          AND (i.state IN ('open', 'unknown') OR i.remembered_until IS NOT NULL))`;
}

function saysTheAnswer({ vault }: InboundDeps, business: RunBusiness, row: AnsweredRow): boolean {
  const evidence = openEvidence(
    vault,
    {
      id: row.id,
      businessId: business.id,
      bodyHash: row.body_hash,
      sealedBody: row.sealed_body,
      receivedAt: row.received_at,
    },
    business,
  );
  if (evidence?.visit == null || evidence.externalId !== row.external_id) return false;
  const interval = {
    sentAt: row.observed_sent_at.toISOString(),
    receivedAt: row.observed_received_at.toISOString(),
  };
  return (
    canonicalJson({ ...seenVisit(evidence.visit, NO_LINKS, interval).theirs }) === canonicalJson(row.remote)
  );
}
