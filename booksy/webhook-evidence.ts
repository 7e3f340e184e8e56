/**
 * What a webhook's body says (R4a): never applied, but evidence of what stood at Booksy when it was written. Read as a visit
 * that was read by its id is, through the same edge (R40).
 */
import type { ObservedVisit } from '../domain/observed.ts';
import type { Vault } from '../infra/crypto.ts';
import { bodyContext } from '../infra/webhooks/body.ts';
import type { BusinessRef } from './business-ref.ts';
import { SchemaDriftError } from './errors.ts';
import { appointmentReader } from './translate/visit.ts';
import { readRecord } from './wire/read.ts';
import { readWebhookEnvelope, type WebhookAction } from './webhook.ts';

/** A row of the box, as it is stored. */
export interface SealedWebhook {
  readonly id: bigint | number | string;
  readonly businessId: string;
  readonly bodyHash: string;
  /** Null once it was emptied. */
  readonly sealedBody: Uint8Array | null;
  readonly receivedAt: Date;
}

export interface WebhookEvidence {
  /** Row of the box. */
  readonly id: string;
  readonly action: WebhookAction;
  /** Booksy's id of the appointment. */
  readonly externalId: string;
  /** ISO instant by the database's clock. */
  readonly receivedAt: string;
  /** Null where it is a block, or cannot be understood as a visit. */
  readonly visit: ObservedVisit | null;
  /** Also of a body that cannot be understood otherwise: it proves that a create of ours acted. */
  readonly importUid: string | null;
}

/** Opens one body; null where it was emptied, was sealed for another place or with a lost key, or has no envelope. */
export function openEvidence(
  vault: Pick<Vault, 'open'>,
  row: SealedWebhook,
  business: BusinessRef,
): WebhookEvidence | null {
  const body = opened(vault, row);
  const envelope = readWebhookEnvelope(body);
  if (envelope === null || envelope.externalBusinessId !== business.externalId) return null;
  const appointment: unknown = Reflect.get(Object(body), 'appointment');
  return {
    id: String(row.id),
    action: envelope.action,
    externalId: envelope.appointmentId,
    receivedAt: row.receivedAt.toISOString(),
    visit: visitIn(appointment, business),
    importUid: importUidIn(appointment),
  };
}

function opened(vault: Pick<Vault, 'open'>, { businessId, bodyHash, sealedBody }: SealedWebhook): unknown {
  if (sealedBody === null) return undefined;
  try {
    const text = vault.open(sealedBody, bodyContext(businessId, bodyHash)).toString('utf8');
    const body: unknown = JSON.parse(text);
    return body;
  } catch {
    // Evidence that cannot be read is none; the read by id decides all the same.
    return undefined;
  }
}

function visitIn(appointment: unknown, business: BusinessRef): ObservedVisit | null {
  try {
    const read = readRecord(appointment, appointmentReader(business, true), {});
    return read.kind === 'visit' ? read : null;
  } catch (error) {
    if (error instanceof SchemaDriftError) return null;
    throw error;
  }
}

function importUidIn(appointment: unknown): string | null {
  const uid: unknown = Reflect.get(Object(appointment), 'import_uid');
  return typeof uid === 'string' && uid !== '' ? uid : null;
}
