import { canonicalJson } from '../../domain/canonical.ts';
import { seenVisit } from '../../domain/states/visit.ts';
import { openEvidence, type SealedWebhook } from '../../booksy/index.ts';
import type { SeenAppointment } from '../inbound/apply-page.ts';
import type { StepScope } from '../inbound/run.ts';
import type { InboundDeps, RunBusiness } from '../inbound/run.ts';
import type { WebhookNews } from './boxes.ts';

interface WrittenRow {
  external_id: string;
  booking_id: string;
  rows: { id: string; body_hash: string; received_at: string; body: string }[];
}

/**
 * Leaves visits that we wrote lately and whose webhook says something that the read does not show to be judged by
 * themselves (R4a): an edit may have been overwritten by our own write. Bodies that say what was read are echoes.
 */
export async function markDisputed(
  deps: InboundDeps,
  business: RunBusiness,
  scope: StepScope,
  news: readonly WebhookNews[],
  visits: readonly SeenAppointment[],
): Promise<void> {
  const ids = news.flatMap(({ rows }) => rows.map(({ id }) => id));
  // From these few webhooks on: begun at the writes of a day, the work would grow with whatever else was written.
  const written = await scope.tx.$queryRaw<WrittenRow[]>`
    WITH seen AS MATERIALIZED (
      SELECT /* prepared */ m.business_id, m.external_id, m.booking_id, w.id, w.body_hash, w.received_at, w.sealed_body
        FROM webhook_logs w
        JOIN external_bookings m ON m.business_id = w.business_id AND m.external_id = w.external_id
       WHERE w.id = ANY(${ids}::bigint[]) AND w.sealed_body IS NOT NULL AND m.booking_id IS NOT NULL
    )
    SELECT s.external_id, s.booking_id,
           jsonb_agg(jsonb_build_object('id', s.id::text, 'body_hash', s.body_hash, 'received_at', s.received_at,
                                        'body', encode(s.sealed_body, 'base64'))) AS rows
      FROM seen s
     WHERE EXISTS (SELECT FROM sync_intents i
                    WHERE i.business_id = s.business_id AND i.entity = 'booking' AND i.record_id = s.booking_id
                      AND i.operation IN ('change', 'status') AND i.opened_at > now() - interval '24 hours')
     GROUP BY s.external_id, s.booking_id`;
  if (written.length === 0) return;
  const readOf = new Map(visits.map((visit) => [visit.row.externalId, visit]));
  const disputed = written.filter(({ external_id: externalId, rows }) => {
    const read = readOf.get(externalId);
    return rows.some((row) => !saysTheSame(deps, business, scope, read, row));
  });
  await markForProcess(
    scope,
    disputed.map((row) => row.booking_id),
  );
}

function saysTheSame(
  { vault }: InboundDeps,
  business: RunBusiness,
  scope: StepScope,
  read: SeenAppointment | undefined,
  row: WrittenRow['rows'][number],
): boolean {
  const sealed: SealedWebhook = {
    id: row.id,
    businessId: business.id,
    bodyHash: row.body_hash,
    sealedBody: Buffer.from(row.body, 'base64'),
    receivedAt: new Date(row.received_at),
  };
  const evidence = openEvidence(vault, sealed, business);
  if (evidence?.visit == null || read?.row.kind !== 'visit') return true;
  const said = seenVisit(evidence.visit, scope.links, read.interval).theirs;
  const shown = seenVisit(read.row, scope.links, read.interval).theirs;
  return canonicalJson({ ...said }) === canonicalJson({ ...shown });
}

/** Rows that `process` has to judge; without a transaction's id, so that they are not taken for this one's echoes. */
async function markForProcess(scope: StepScope, bookingIds: readonly string[]): Promise<void> {
  if (bookingIds.length === 0) return;
  await scope.tx.$executeRaw`
    INSERT INTO sync_outbox (business_id, entity, record_id, operation, origin, transaction_id)
    SELECT ${scope.businessId}::uuid, 'booking', id, 'observe', 'sync', NULL FROM unnest(${[...bookingIds]}::uuid[]) AS id`;
}
