/** What people do through this API is written where people and checkers look for it (append-only trail). */
import { appendAudit } from '../infra/audit/index.ts';
import type { Tx } from '../infra/database/index.ts';

export interface Deed {
  readonly businessId: string;
  /** See `actorOf`. */
  readonly actor: string;
  readonly action:
    | 'paused'
    | 'resumed'
    | 'cancelled'
    | 'released'
    | 'approved'
    | 'retried'
    | 'skipped'
    | 'conflict_closed'
    | 'rule_saved'
    | 'rule_deleted'
    | 'replayed'
    | 'undo_confirmed';
  /** Why, or on what: a code, never a value. */
  readonly reasonCode: string;
  readonly entity?: string;
  readonly externalId?: string;
  readonly runId?: string;
}

/** Appends one deed, last in the transaction that does it: it holds the business's chain until the commit. */
export async function auditDeed(tx: Pick<Tx, '$executeRaw'>, deed: Deed): Promise<void> {
  const { businessId, runId, ...line } = deed;
  await appendAudit(tx, { businessId, runId: runId ?? null }, [line]);
}
