import type { Tx } from '../../infra/database/index.ts';
import { openEvidence, type BusinessRef } from '../../booksy/index.ts';
import type { Evidence } from '../../domain/protocol/types.ts';
import { seenVisit } from '../../domain/states/visit.ts';
import { NO_LINKS } from '../apply/links.ts';
import type { ProcessContext } from './context.ts';
import type { Facts, WebhookRow } from './facts.ts';

/** Bodies of creates that are looked through for our import uid. */
const MOST_STRANGERS = 50;

/**
 * Bodies of webhooks of this record's appointments that nobody has judged yet (R4a); while an answer to a create of ours is
 * missing also those of appointments that nobody knows, as far as they carry our import uid.
 */
export async function evidenceOf(
  context: ProcessContext,
  tx: Tx,
  facts: Facts,
): Promise<readonly Evidence[]> {
  if (context.ref.entity !== 'booking') return [];
  const known = facts.webhooks.filter((row) => !row.judged).map(parsed(context));
  const waits = facts.intents.find((intent) => intent.operation === 'create');
  const strangers =
    waits === undefined
      ? []
      : (await strangersSince(tx, context.ref.businessId, waits.opened_at))
          .map(parsed(context))
          .filter((one) => one?.importUid?.startsWith(`${context.ref.recordId}:`));
  return [...known, ...strangers].filter((one) => one !== null);
}

async function strangersSince(tx: Tx, businessId: string, since: string): Promise<readonly WebhookRow[]> {
  return tx.$queryRaw<WebhookRow[]>`
    SELECT w.id::text AS id, w.action, w.external_id, w.body_hash, encode(w.sealed_body, 'hex') AS sealed_body,
           w.received_at::text AS received_at, w.drained_at IS NOT NULL AS drained, false AS judged
      FROM webhook_logs w
     WHERE w.business_id = ${businessId}::uuid AND w.received_at >= ${since}::timestamptz AND w.judged_at IS NULL
       AND w.sealed_body IS NOT NULL
       AND NOT EXISTS (SELECT FROM external_bookings m
                        WHERE m.business_id = w.business_id AND m.external_id = w.external_id)
     ORDER BY w.id DESC LIMIT ${MOST_STRANGERS}`;
}

function parsed({ deps, business }: ProcessContext): (row: WebhookRow) => Evidence | null {
  const ref: BusinessRef = business;
  return (row) => {
    const evidence = openEvidence(
      deps.vault,
      {
        id: row.id,
        businessId: business.id,
        bodyHash: row.body_hash,
        sealedBody: row.sealed_body === null ? null : Buffer.from(row.sealed_body.replace(/^\\x/, ''), 'hex'),
        receivedAt: new Date(row.received_at),
      },
      ref,
    );
    if (evidence === null) return null;
    const theirs =
      evidence.visit === null
        ? {}
        : seenVisit(evidence.visit, NO_LINKS, {
            sentAt: evidence.receivedAt,
            receivedAt: evidence.receivedAt,
          }).theirs;
    return {
      id: evidence.id,
      externalId: evidence.externalId,
      action: evidence.action,
      receivedAt: evidence.receivedAt,
      theirs,
      importUid: evidence.importUid,
    };
  };
}
