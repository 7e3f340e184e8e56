import type { RefusalCode } from '../../domain/conflicts/refusals.ts';
import type { ConflictRow } from '../../infra/conflicts/row.ts';
import { readConflict } from '../../infra/conflicts/row.ts';
import type { ConflictPicture } from '../../infra/conflicts/picture.ts';
import { NO_LINKS } from '../apply/links.ts';
import { noteAudit, writeAudit, type AuditEntry } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import type { InboundDeps } from '../inbound/run.ts';

/** Which conflict: this is what passes through Temporal. */
export interface ConflictRef {
  readonly businessId: string;
  readonly conflictId: string;
}

/** A transaction on one conflict whose row is locked, under the business's lock (R13). */
export interface ConflictScope extends ApplyScope {
  readonly row: ConflictRow;
}

/** Thrown where a resolution cannot be carried out: nothing of it is written, the conflict stays open and says why. */
export class RefusedResolution extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.name = 'RefusedResolution';
    this.code = code;
  }
}

interface BusinessRow {
  zone: string;
  currency: string;
  now: Date;
}

const TIMEOUT_MS = 60_000;

/**
 * Runs work on one conflict in a transaction of its own, with its row locked; null where there is no such conflict. What it
 * writes here is news for the ordinary process: triggers put it into the outbox (R27).
 *
 * @param runId the ledger row that audit entries name; null where nothing is resolved
 */
export async function onConflict<T>(
  deps: Pick<InboundDeps, 'db' | 'vault'>,
  ref: ConflictRef,
  runId: string | null,
  work: (scope: ConflictScope) => Promise<T>,
): Promise<T | null> {
  return deps.db.$transaction(
    async (tx) => {
      const [business] = await tx.$queryRaw<BusinessRow[]>`
        WITH locked AS MATERIALIZED (
          SELECT pg_advisory_xact_lock(hashtextextended('apply:' || ${ref.businessId}, 0)),
                 set_config('booksy_sync.origin', 'conflict', true)
        )
        SELECT b.zone, b.currency, now() AS now FROM locked, businesses b WHERE b.id = ${ref.businessId}::uuid`;
      const row = await readConflict(tx, [ref.businessId], ref.conflictId, true);
      if (business === undefined || row === null) return null;
      const scope: ConflictScope = {
        tx,
        vault: deps.vault,
        businessId: ref.businessId,
        zone: business.zone,
        currency: business.currency,
        runId: runId ?? row.id,
        now: business.now.toISOString(),
        links: NO_LINKS,
        plan: null,
        audit: [],
        row,
      };
      const result = await work(scope);
      await writeAudit(scope);
      return result;
    },
    { timeout: TIMEOUT_MS, maxWait: TIMEOUT_MS },
  );
}

/** Puts the record of a conflict into the outbox: `process` takes it up, whether or not it looks like an echo. */
export async function wakeRecord(
  scope: ApplyScope,
  row: Pick<ConflictRow, 'entity' | 'recordId' | 'detail'>,
): Promise<void> {
  if (row.recordId === null) return;
  // The other one of a double may lie on any day.
  const other = row.detail['otherExternalId'];
  await scope.tx.$executeRaw`
    INSERT INTO sync_outbox (business_id, entity, record_id, operation, origin, external_id)
    VALUES (${scope.businessId}::uuid, ${row.entity}, ${row.recordId}::uuid, 'resolve', 'conflict',
            ${typeof other === 'string' ? other : null})`;
}

/** Notes one entry of the audit trail about a conflict's record. */
export function auditConflict(
  scope: ApplyScope,
  row: Pick<ConflictRow, 'entity' | 'recordId' | 'externalId' | 'groups'>,
  entry: Pick<AuditEntry, 'action' | 'reasonCode'> & Partial<AuditEntry>,
): void {
  noteAudit(scope, [
    { entity: row.entity, recordId: row.recordId, externalId: row.externalId, groups: row.groups, ...entry },
  ]);
}

export type { ConflictPicture };
