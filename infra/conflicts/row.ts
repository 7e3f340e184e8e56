import { CONFLICT_KINDS, type ConflictKind } from '../../domain/conflict-kinds.ts';
import type { Json } from '../../domain/canonical.ts';
import { SYNC_ENTITIES, type SyncEntity } from '../../domain/entities.ts';
import { Prisma, type Db, type Tx } from '../database/index.ts';

/** A conflict's row, as everybody reads it. */
export interface ConflictRow {
  readonly id: string;
  readonly businessId: string;
  readonly kind: ConflictKind;
  readonly entity: SyncEntity;
  readonly recordId: string | null;
  readonly otherRecordId: string | null;
  readonly externalId: string | null;
  readonly groups: readonly string[];
  readonly status: 'open' | 'resolved' | 'closed';
  /** Ids, codes and times only. */
  readonly detail: { readonly [key: string]: Json };
  /** Raised by news and by every decision. */
  readonly version: number;
  readonly intentId: string | null;
  readonly sealedValues: Uint8Array | null;
  /** Instants by the database's clock. */
  readonly now: string;
  readonly openedAt: string;
  readonly updatedAt: string;
  readonly remindAt: string | null;
  readonly remindedAt: string | null;
  readonly escalateAt: string | null;
  readonly escalatedAt: string | null;
  readonly overtakenAt: string | null;
  readonly resolvedAt: string | null;
  readonly resolution: string | null;
  readonly ruleId: string | null;
  readonly resolutionId: string | null;
  readonly resolutionChoice: Json;
  /** `pending` (asked for, not carried out), `applied`, `refused`, `news`. */
  readonly resolutionOutcome: string | null;
  readonly resolutionDetail: string | null;
  readonly resolutionReason: string | null;
  readonly resolvedBy: string | null;
  /** The rule in force wishes that an admin be told (SPEC 3.9); null before the first look, and after news. */
  readonly notifyAdmin: boolean | null;
}

interface DbRow {
  id: string;
  business_id: string;
  kind: string;
  entity: string;
  record_id: string | null;
  other_record_id: string | null;
  external_id: string | null;
  groups: string[];
  status: string;
  detail: { readonly [key: string]: Json };
  version: number;
  intent_id: string | null;
  sealed_values: Uint8Array | null;
  read_at: Date;
  opened_at: Date;
  updated_at: Date;
  remind_at: Date | null;
  reminded_at: Date | null;
  escalate_at: Date | null;
  escalated_at: Date | null;
  overtaken_at: Date | null;
  resolved_at: Date | null;
  resolution: string | null;
  rule_id: string | null;
  resolution_id: string | null;
  resolution_choice: Json;
  resolution_outcome: string | null;
  resolution_detail: string | null;
  resolution_reason: string | null;
  resolved_by: string | null;
  notify_admin: boolean | null;
}

/** The columns of a conflict, for a statement that names the table `c`. */
export const CONFLICT_COLUMNS =
  Prisma.raw(`c.id::text, c.business_id::text, c.kind, c.entity, c.record_id::text,
  c.other_record_id::text, c.external_id, c.groups, c.status, c.detail, c.version, c.intent_id::text, c.sealed_values,
  now() AS read_at, c.opened_at, c.updated_at, c.remind_at, c.reminded_at, c.escalate_at, c.escalated_at, c.overtaken_at,
  c.resolved_at, c.resolution, c.rule_id, c.resolution_id::text, c.resolution_choice, c.resolution_outcome,
  c.resolution_detail, c.resolution_reason, c.resolved_by, c.notify_admin`);

/** Conflicts that a statement finds. `where` speaks of the table `c` and may end in order and limit. */
export async function readConflicts(
  db: Pick<Db | Tx, '$queryRaw'>,
  where: Prisma.Sql,
): Promise<readonly ConflictRow[]> {
  const rows = await db.$queryRaw<
    DbRow[]
  >`SELECT ${CONFLICT_COLUMNS} FROM booksy_sync_conflicts c WHERE ${where}`;
  return rows.map(conflictOf);
}

/** One conflict of some businesses; null where there is none. With `lock` it stays as it is until the transaction ends. */
export async function readConflict(
  db: Pick<Db | Tx, '$queryRaw'>,
  businessIds: readonly string[],
  id: string,
  lock = false,
): Promise<ConflictRow | null> {
  const [row] = await readConflicts(
    db,
    Prisma.sql`c.id = ${id}::uuid AND c.business_id = ANY(${businessIds}::uuid[]) ${lock ? Prisma.raw('FOR UPDATE') : Prisma.empty}`,
  );
  return row ?? null;
}

function conflictOf(row: DbRow): ConflictRow {
  return {
    id: row.id,
    businessId: row.business_id,
    kind: known(CONFLICT_KINDS, row.kind),
    entity: known(SYNC_ENTITIES, row.entity),
    recordId: row.record_id,
    otherRecordId: row.other_record_id,
    externalId: row.external_id,
    groups: row.groups,
    status: known(STATUSES, row.status),
    detail: row.detail,
    version: row.version,
    intentId: row.intent_id,
    sealedValues: row.sealed_values,
    now: row.read_at.toISOString(),
    openedAt: row.opened_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    remindAt: iso(row.remind_at),
    remindedAt: iso(row.reminded_at),
    escalateAt: iso(row.escalate_at),
    escalatedAt: iso(row.escalated_at),
    overtakenAt: iso(row.overtaken_at),
    resolvedAt: iso(row.resolved_at),
    resolution: row.resolution,
    ruleId: row.rule_id,
    resolutionId: row.resolution_id,
    resolutionChoice: row.resolution_choice,
    resolutionOutcome: row.resolution_outcome,
    resolutionDetail: row.resolution_detail,
    resolutionReason: row.resolution_reason,
    resolvedBy: row.resolved_by,
    notifyAdmin: row.notify_admin,
  };
}

const STATUSES = ['open', 'resolved', 'closed'] as const;

function known<T extends string>(names: readonly T[], value: string): T {
  const found = names.find((name) => name === value);
  if (found === undefined)
    throw new Error(`A conflict's row holds ${value}, which this version does not know.`);
  return found;
}

function iso(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}
