/** What people do through this API is written where people and checkers look for it (append-only trail). */
import type { Tx } from '../infra/database/index.ts';

export interface Deed {
  readonly businessId: string;
  /** See `actorOf`. */
  readonly actor: string;
  readonly action: 'paused' | 'resumed' | 'cancelled' | 'released' | 'approved' | 'retried';
  /** Why, or on what: a code, never a value. */
  readonly reasonCode: string;
  readonly entity?: string;
  readonly externalId?: string;
  readonly runId?: string;
}

/** Appends one deed, in the transaction that does it. */
export async function auditDeed(tx: Pick<Tx, 'booksyAuditLog'>, deed: Deed): Promise<void> {
  await tx.booksyAuditLog.create({
    data: {
      businessId: deed.businessId,
      actor: deed.actor,
      action: deed.action,
      reasonCode: deed.reasonCode,
      entity: deed.entity ?? null,
      externalId: deed.externalId ?? null,
      runId: deed.runId ?? null,
    },
  });
}
