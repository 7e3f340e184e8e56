import { Prisma, type Tx } from '../../infra/database/index.ts';
import type { Json } from '../../domain/canonical.ts';
import type { EditCounters, MirrorState } from '../../domain/plan.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { RecordMemory } from '../../domain/protocol/types.ts';
import { aliveColumn } from './guard.ts';
import type { ApplyScope } from './scope.ts';

/** Where the mirror of an entity lives. Every name is a constant of this code, never input. */
export interface MirrorTable {
  readonly table: string;
  /** Column with the other side's id. */
  readonly idColumn: string;
  /** Column with the platform's id. */
  readonly linkColumn: string;
  /** Column with the record that the row was linked to before (R16), where there is one. */
  readonly formerColumn?: string;
  /** Key columns that are the same for all records of this entity, e.g. `{ entity: 'service' }`. */
  readonly fixed: Readonly<Record<string, string>>;
  /** Further columns with their SQL types, filled from `MirrorWrite.extra`. */
  readonly extra: Readonly<Record<string, string>>;
  /** Columns that are set once, when the row is made, by SQL expressions over the row `r`. */
  readonly onInsert: Readonly<Record<string, string>>;
}

export interface MirrorRow extends Omit<MirrorState, 'recordId'> {
  readonly externalId: string;
  /** Null where it is linked to nothing any more: an appointment of an earlier generation (R16). */
  readonly recordId: string | null;
  readonly formerRecordId: string | null;
  /** A write of the record may still act or is remembered; only told where rows are locked. */
  readonly alive: boolean;
  readonly remoteHash: string;
  readonly gone: boolean;
  /** When the last observation was sent, and the edits here that wait for a later one (R9): ISO instants. */
  readonly observedSentAt: string;
  readonly waits: RecordMemory['waits'] | null;
}

export interface MirrorWrite {
  readonly externalId: string;
  readonly recordId: string;
  readonly remote: GroupStates;
  readonly remoteHash: string;
  readonly baseTheirs: GroupStates;
  readonly baseOurs: GroupStates;
  readonly baseCounters: EditCounters;
  readonly sealedExtra: Buffer | null;
  readonly sentAt: string;
  readonly receivedAt: string;
  readonly extra: Readonly<Record<string, Json>>;
  /** What judgements remember of it; where it is missing, what stands there stays. Of all of one statement, or of none. */
  readonly flips?: RecordMemory | undefined;
}

interface MirrorDbRow {
  external_id: string;
  record_id: string | null;
  former_record_id: string | null;
  alive: boolean;
  remote: GroupStates;
  remote_hash: string;
  base_theirs: GroupStates;
  base_ours: GroupStates;
  base_counters: EditCounters;
  observed_sent_at: Date;
  observed_received_at: Date;
  gone_at: Date | null;
  waits: RecordMemory['waits'] | null;
}

/** Mirrors of records that are written at Booksy keep what the protocol remembers of them. */
const REMEMBERING: ReadonlySet<string> = new Set([
  'external_bookings',
  'external_clients',
  'external_services',
  'external_time_off',
  'external_hours',
]);

/**
 * The mirror rows of some external ids, by external id.
 *
 * @param lockFor the kind of record for which they are to stay as they are until the transaction ends; null only looks
 */
export async function readMirror(
  db: Tx,
  businessId: string,
  mirror: MirrorTable,
  externalIds: readonly string[],
  lockFor: SyncEntity | null,
): Promise<Map<string, MirrorRow>> {
  if (externalIds.length === 0) return new Map();
  const rows = await db.$queryRaw<MirrorDbRow[]>`
    SELECT ${Prisma.raw(mirror.idColumn)} AS external_id, ${Prisma.raw(mirror.linkColumn)} AS record_id,
           ${Prisma.raw(mirror.formerColumn ?? 'NULL::uuid')} AS former_record_id,
           ${lockFor === null ? Prisma.sql`false` : aliveColumn(lockFor, businessId, mirror.linkColumn)} AS alive,
           remote, remote_hash, base_theirs, base_ours, base_counters, observed_sent_at, observed_received_at, gone_at,
           ${REMEMBERING.has(mirror.table) ? Prisma.sql`flips -> 'waits'` : Prisma.sql`NULL::jsonb`} AS waits
      FROM ${Prisma.raw(mirror.table)} m
     WHERE business_id = ${businessId}::uuid ${fixedFilter(mirror)}
       AND ${Prisma.raw(mirror.idColumn)} = ANY(${externalIds}::text[])
     ORDER BY ${Prisma.raw(mirror.idColumn)} ${lockFor === null ? Prisma.empty : Prisma.raw('FOR UPDATE OF m')}`;
  return new Map(rows.map((row) => [row.external_id, mirrorRowOf(row)]));
}

/** Whose row it is, and which run writes it. */
export interface PlacedMirrorWrite extends MirrorWrite {
  readonly businessId: string;
  readonly runId: string;
}

/** Inserts or moves on mirror rows of one business: see {@link writeMirrors}. */
export function writeMirror(
  { tx, businessId, runId }: ApplyScope,
  mirror: MirrorTable,
  writes: readonly MirrorWrite[],
): Promise<number> {
  return writeMirrors(
    tx,
    mirror,
    writes.map((write) => ({ ...write, businessId, runId })),
  );
}

/**
 * Inserts or moves on mirror rows, one statement for all; a row that was observed later already is not written.
 *
 * @returns how many were written
 */
export async function writeMirrors(
  tx: Tx,
  mirror: MirrorTable,
  writes: readonly PlacedMirrorWrite[],
): Promise<number> {
  if (writes.length === 0) return 0;
  const fixedNames = Object.keys(mirror.fixed);
  const withFlips = writes.every(({ flips }) => flips !== undefined);
  const ownTypes = withFlips ? { ...mirror.extra, flips: 'jsonb' } : mirror.extra;
  const extraNames = Object.keys(ownTypes);
  const payload = writes.map((write) => ({
    business_id: write.businessId,
    run_id: write.runId,
    external_id: write.externalId,
    record_id: write.recordId,
    remote: write.remote,
    remote_hash: write.remoteHash,
    // At first sight both bases are often what was seen: it is sent once.
    ...(write.baseTheirs === write.remote ? {} : { base_theirs: write.baseTheirs }),
    ...(write.baseOurs === write.remote ? {} : { base_ours: write.baseOurs }),
    base_counters: write.baseCounters,
    sealed_extra: write.sealedExtra?.toString('base64') ?? null,
    sent_at: write.sentAt,
    received_at: write.receivedAt,
    ...(withFlips ? { flips: write.flips } : {}),
    ...write.extra,
  }));
  const extraTypes = extraNames.map((name) => `, ${name} ${ownTypes[name] ?? 'text'}`).join('');
  const onceNames = Object.keys(mirror.onInsert);
  const columns = [...fixedNames, ...extraNames, ...onceNames].map((name) => `, ${name}`).join('');
  const fixedValues = fixedNames.map((name) => Prisma.sql`, ${mirror.fixed[name]}`);
  const extraValues = [
    ...extraNames.map((name) => `, r.${name}`),
    ...onceNames.map((name) => `, ${mirror.onInsert[name] ?? 'NULL'}`),
  ].join('');
  const extraSets = extraNames.map((name) => `, ${name} = excluded.${name}`).join('');
  const keyColumns = ['business_id', ...fixedNames, mirror.idColumn].join(', ');
  return tx.$executeRaw`
    INSERT /* prepared */ INTO ${Prisma.raw(mirror.table)} AS m
      (business_id, ${Prisma.raw(mirror.idColumn)}, ${Prisma.raw(mirror.linkColumn)}, remote, remote_hash, base_theirs,
       base_ours, base_counters, sealed_extra, observed_sent_at, observed_received_at, gone_at, last_run_id,
       updated_at ${Prisma.raw(columns)})
    SELECT r.business_id, r.external_id, r.record_id, r.remote, r.remote_hash,
           coalesce(r.base_theirs, r.remote), coalesce(r.base_ours, r.remote),
           r.base_counters, decode(r.sealed_extra, 'base64'), r.sent_at, r.received_at, NULL, r.run_id,
           now() ${fixedValues.length === 0 ? Prisma.empty : Prisma.join(fixedValues, ' ')} ${Prisma.raw(extraValues)}
      FROM jsonb_to_recordset(${JSON.stringify(payload)}::jsonb) AS r(
           business_id uuid, run_id uuid, external_id text, record_id uuid, remote jsonb, remote_hash text, base_theirs jsonb, base_ours jsonb,
           base_counters jsonb, sealed_extra text, sent_at timestamptz, received_at timestamptz
           ${Prisma.raw(extraTypes)})
    ON CONFLICT (${Prisma.raw(keyColumns)}) DO UPDATE
       SET ${Prisma.raw(mirror.linkColumn)} = excluded.${Prisma.raw(mirror.linkColumn)},
           remote = excluded.remote, remote_hash = excluded.remote_hash, base_theirs = excluded.base_theirs,
           base_ours = excluded.base_ours, base_counters = excluded.base_counters,
           sealed_extra = excluded.sealed_extra, observed_sent_at = excluded.observed_sent_at,
           observed_received_at = excluded.observed_received_at, gone_at = NULL, last_run_id = excluded.last_run_id,
           updated_at = excluded.updated_at ${Prisma.raw(extraSets)}
     WHERE excluded.observed_sent_at > m.observed_received_at`;
}

/** A group that is written here because a record is gone, and what it then holds. */
export interface GoneGroup {
  readonly group: string;
  readonly ours: Json;
}

/**
 * Marks mirror rows whose record was answered 404 by id; returns the platform's ids of those newly marked.
 *
 * @param written the groups that are written here because of it: they lose their base, so that a record which is back after
 * all is taken in again instead of looking as if a person had switched it off here
 */
export async function markMirrorGone(
  scope: ApplyScope,
  mirror: MirrorTable,
  externalIds: readonly string[],
  written: readonly GoneGroup[] = [],
): Promise<readonly string[]> {
  if (externalIds.length === 0) return [];
  const rows = await scope.tx.$queryRaw<{ record_id: string }[]>`
    UPDATE ${Prisma.raw(mirror.table)}
       SET gone_at = ${scope.now}::timestamptz, last_run_id = ${scope.runId}::uuid, updated_at = now() ${goneBase(written)}
     WHERE business_id = ${scope.businessId}::uuid ${fixedFilter(mirror)}
       AND ${Prisma.raw(mirror.idColumn)} = ANY(${externalIds}::text[]) AND gone_at IS NULL
    RETURNING ${Prisma.raw(mirror.linkColumn)} AS record_id`;
  return rows.map((row) => row.record_id);
}

function goneBase(written: readonly GoneGroup[]): Prisma.Sql {
  if (written.length === 0) return Prisma.empty;
  const groups = written.map(({ group }) => group);
  const held = JSON.stringify(Object.fromEntries(written.map(({ group, ours }) => [group, ours])));
  return Prisma.sql`, base_theirs = base_theirs - ${groups}::text[], base_ours = base_ours || ${held}::jsonb`;
}

/** The condition that tells the records of a kind from others in the same mirror. */
export function fixedFilter(mirror: MirrorTable): Prisma.Sql {
  const filters = Object.entries(mirror.fixed).map(
    ([name, value]) => Prisma.sql`AND ${Prisma.raw(name)} = ${value}`,
  );
  return filters.length === 0 ? Prisma.empty : Prisma.join(filters, ' ');
}

function mirrorRowOf(row: MirrorDbRow): MirrorRow {
  return {
    externalId: row.external_id,
    recordId: row.record_id,
    formerRecordId: row.former_record_id,
    alive: row.alive,
    remote: row.remote,
    remoteHash: row.remote_hash,
    baseTheirs: row.base_theirs,
    baseOurs: row.base_ours,
    baseCounters: row.base_counters,
    observedReceivedAt: row.observed_received_at.toISOString(),
    gone: row.gone_at !== null,
    observedSentAt: row.observed_sent_at.toISOString(),
    waits: row.waits,
  };
}
