import type { RejectedRow } from '../../domain/observed.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { EditCounters } from '../../domain/plan.ts';
import { appendAudit, appendAudits, sealValues, type AuditLine } from '../../infra/audit/index.ts';
import type { Tx } from '../../infra/database/index.ts';
import type { ApplyScope } from './scope.ts';
import { v7 as uuidv7 } from 'uuid';

/** The pipeline's last step: what was done is written where people and checkers look for it, in the same transaction. */

export const AUDIT_ACTIONS = [
  'created',
  'linked',
  'updated',
  'cancelled',
  'marked_gone',
  'removed',
  'unsure',
  'merged',
  'unmerged',
  // What we wrote at Booksy: one entry for each confirmed intent (I7).
  'sent',
  'sent_new',
  // What a process found or left, by its code.
  'noted',
  // A conflict that was decided.
  'resolved',
  'conflict_closed',
  'conflict_escalated',
  'conflict_reminded',
  'overbooked',
  'undone',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export interface AuditEntry {
  readonly action: AuditAction;
  readonly entity: SyncEntity;
  /** Null where there is no record of ours: a card that waits for a person. */
  readonly recordId: string | null;
  readonly externalId: string | null;
  readonly reasonCode: string;
  /** Who decided it, where a person did; else it is the sync itself. */
  readonly actor?: string;
  readonly groups: readonly string[];
  /** What these groups held here before and after, in the platform's words; sealed. A group that is missing was not there. */
  readonly before?: GroupStates;
  readonly after?: GroupStates;
  /** Their edit counters after it (R7a). */
  readonly counters?: EditCounters;
  /** A person's own words. */
  readonly reason?: string;
  /** The entry that this one takes back. */
  readonly undoOf?: string;
}

/** These groups of a state, for `before`, `after` and `counters` of an entry. */
export function onlyGroups<T>(
  states: { readonly [group: string]: T },
  groups: readonly string[],
): { readonly [group: string]: T } {
  return Object.fromEntries(
    groups.flatMap((group) => {
      const value = states[group];
      return value === undefined ? [] : [[group, value]];
    }),
  );
}

/** Notes for the audit trail what this transaction does; a dry run does nothing. */
export function noteAudit(scope: ApplyScope, entries: readonly AuditEntry[]): void {
  if (scope.plan === null) scope.audit.push(...entries);
}

/**
 * Appends what was noted to the audit trail: who, what, why, which groups; values only sealed. Comes last in the
 * transaction: it holds the business's chain until the commit.
 */
export async function writeAudit(scope: ApplyScope): Promise<void> {
  if (scope.audit.length === 0) return;
  await appendAudit(scope.tx, { businessId: scope.businessId, runId: scope.runId }, sealedLines(scope));
  scope.audit.length = 0;
}

/** The same for what one transaction applied to several businesses. */
export async function writeAudits(tx: Tx, scopes: readonly ApplyScope[]): Promise<void> {
  await appendAudits(
    tx,
    scopes.map((scope) => ({
      chain: { businessId: scope.businessId, runId: scope.runId },
      lines: sealedLines(scope),
    })),
  );
  for (const { audit } of scopes) audit.length = 0;
}

function sealedLines(scope: ApplyScope): readonly AuditLine[] {
  return scope.audit.map(({ before, after, counters, actor, ...entry }) => ({
    ...entry,
    actor: actor ?? 'sync',
    values:
      before === undefined && after === undefined
        ? null
        : sealValues(scope.vault, scope.businessId, {
            ...(before === undefined ? {} : { before }),
            ...(after === undefined ? {} : { after }),
            ...(counters === undefined ? {} : { counters }),
          }),
  }));
}

export interface Quarantined {
  readonly entity: SyncEntity | 'business';
  readonly externalId: string;
  readonly reasonCode: string;
  readonly field: string | null;
  readonly detail: string;
  readonly nextStep: string;
  /** Of a window's entry: how many records it is about … */
  readonly affected?: number;
  /** … and the start of the earliest visit among them, ISO instant. */
  readonly urgentAt?: string | null;
}

/** What a rejected row of an answer becomes in the quarantine. */
export function quarantinedRow(entity: SyncEntity, row: RejectedRow): Quarantined {
  return {
    entity,
    // Rows without a readable id are still counted and shown, as one entry.
    externalId: row.externalId ?? 'unreadable',
    reasonCode: row.reasonCode,
    field: row.field,
    detail: row.detail,
    nextStep:
      'Correct the record in Booksy, then run the sync again; it leaves the quarantine by itself once it can be read.',
  };
}

/** Puts records into quarantine; one that waits there already is only seen again. */
export async function quarantine(scope: ApplyScope, rows: readonly Quarantined[]): Promise<void> {
  if (rows.length === 0) return;
  const payload = [...new Map(rows.map((row) => [`${row.entity}|${row.externalId}`, row])).values()].map(
    (row) => ({
      id: uuidv7(),
      entity: row.entity,
      external_id: row.externalId,
      reason_code: row.reasonCode,
      field: row.field,
      detail: row.detail,
      next_step: row.nextStep,
      affected: row.affected ?? null,
      urgent_at: row.urgentAt ?? null,
    }),
  );
  await scope.tx.$executeRaw`
    WITH found AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(payload)}::jsonb) AS r(
        id uuid, entity text, external_id text, reason_code text, field text, detail text, next_step text,
        affected int, urgent_at timestamptz)
    ), again AS (
      UPDATE quarantine q
         SET last_seen_at = now(), run_id = ${scope.runId}::uuid, reason_code = f.reason_code, field = f.field,
             detail = f.detail, next_step = f.next_step, affected = f.affected, urgent_at = f.urgent_at
        FROM found f
       WHERE q.business_id = ${scope.businessId}::uuid AND q.entity = f.entity AND q.external_id = f.external_id
         AND q.released_at IS NULL
      RETURNING q.entity, q.external_id
    )
    INSERT INTO quarantine
      (id, business_id, entity, external_id, reason_code, field, detail, next_step, affected, urgent_at, first_seen_at,
       last_seen_at, run_id)
    SELECT f.id, ${scope.businessId}::uuid, f.entity, f.external_id, f.reason_code, f.field, f.detail, f.next_step,
           f.affected, f.urgent_at, now(), now(), ${scope.runId}::uuid
      FROM found f
     WHERE NOT EXISTS (SELECT FROM again a WHERE (a.entity, a.external_id) = (f.entity, f.external_id))`;
}

/**
 * Records that were read well again leave the quarantine by themselves.
 *
 * @returns Booksy's ids of those that did
 */
export async function releaseReadable(
  scope: ApplyScope,
  entity: SyncEntity | 'business',
  externalIds: readonly string[],
): Promise<readonly string[]> {
  if (externalIds.length === 0) return [];
  const rows = await scope.tx.$queryRaw<{ external_id: string }[]>`
    UPDATE quarantine SET released_at = now()
     WHERE business_id = ${scope.businessId}::uuid AND entity = ${entity} AND released_at IS NULL
       AND external_id = ANY(${externalIds}::text[])
    RETURNING external_id`;
  return rows.map((row) => row.external_id);
}
