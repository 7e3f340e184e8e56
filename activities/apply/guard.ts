import { Prisma } from '../../infra/database/index.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import { DEFAULT_SETTINGS } from '../../domain/protocol/settings.ts';
import { WRITE_ENTITIES } from '../../domain/protocol/types.ts';
import { isEnded } from '../../domain/states/visit.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import type { EntityBinding } from './binding.ts';
import type { MirrorRow } from './mirror.ts';
import type { ApplyScope } from './scope.ts';

/**
 * What a set-wise pass must not judge, because a write of ours is part of the story: it is left out of the batch and marked in
 * the box, and `process` looks at it by id (R14b, R15b, R16a, R18a).
 */

/** Writes that may still act or are remembered. The words are those of the index that answers it. */
const ALIVE = Prisma.raw(`(i.state IN ('open', 'unknown') OR i.remembered_until IS NOT NULL)`);

/** An import uid of ours: record id and generation (R16). */
const OWN_UID = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}):\d+$/;

/** The record of ours that an import uid names; null for anybody else's. */
export function recordOfUid(uid: string | null | undefined): string | null {
  return OWN_UID.exec(uid ?? '')?.[1] ?? null;
}

/** Whether records of this kind are ever written at Booksy. */
export function isWritten(entity: SyncEntity): boolean {
  return WRITE_ENTITIES.some((name) => name === entity);
}

/**
 * Column of a locking read of the mirror: whether a write of the linked record is alive, or lately brought out a value that no
 * person had edited. Whether such a value turns over is counted by `process`, which has to see each turn of it (R6).
 */
export function aliveColumn(entity: SyncEntity, businessId: string, linkColumn: string): Prisma.Sql {
  if (!isWritten(entity)) return Prisma.sql`false`;
  return Prisma.sql`(EXISTS (SELECT FROM sync_intents i
    WHERE i.business_id = ${businessId}::uuid AND i.entity = ${entity} AND i.record_id = m.${Prisma.raw(linkColumn)}
      AND ${ALIVE}) OR ${TURNED_OUT})`;
}

/** Turns are remembered as `out:<ISO instant>`, of each group by itself. */
const TURNED_OUT = Prisma.raw(`CASE WHEN m.flips @? '$.turns.*[*] ? (@ starts with "out:")' THEN EXISTS (
  SELECT FROM jsonb_each(m.flips -> 'turns') g, jsonb_array_elements_text(g.value) t (turn)
   WHERE t.turn LIKE 'out:%'
     AND substr(t.turn, 5)::timestamptz > now() - make_interval(secs => ${String(DEFAULT_SETTINGS.turnsWithinMs / 1000)}))
  ELSE false END`);

/** Splits what differs into what the pass may judge and what it leaves; marks the latter. */
export async function leaveToProcess(
  scope: ApplyScope,
  binding: EntityBinding,
  different: readonly SeenRecord[],
  mirror: ReadonlyMap<string, MirrorRow>,
): Promise<readonly SeenRecord[]> {
  if (!isWritten(binding.entity)) return different;
  const strangers = await ownUnlinked(scope, binding, different, mirror);
  const marked = new Map<string, string | null>();
  const free = different.filter((seen) => {
    const row = mirror.get(seen.externalId);
    if (row === undefined) {
      const recordId = strangers.get(seen.externalId);
      if (recordId !== undefined) marked.set(recordId, seen.externalId);
      return recordId === undefined;
    }
    // An appointment of an earlier generation: only the visit it belonged to can be concerned (R16).
    const recordId = row.recordId ?? row.formerRecordId;
    if (recordId === null) return false;
    if (row.recordId !== null && !row.alive && !endsOurOwn(seen, row)) return true;
    if (!marked.has(recordId)) marked.set(recordId, null);
    return false;
  });
  await markDirty(scope, binding.entity, [...marked.keys()], marked);
  return free;
}

/** A visit that we made and that has ended there: perhaps a live sibling took its place (R18a). */
function endsOurOwn(seen: SeenRecord, row: MirrorRow): boolean {
  return (
    row.recordId !== null &&
    recordOfUid(seen.importUid) === row.recordId &&
    isEnded(seen.theirs) &&
    !isEnded(row.remote)
  );
}

/** Objects that carry an import uid of ours and are linked to nothing: made by a create whose answer never came (R15b). */
async function ownUnlinked(
  scope: ApplyScope,
  binding: EntityBinding,
  different: readonly SeenRecord[],
  mirror: ReadonlyMap<string, MirrorRow>,
): Promise<ReadonlyMap<string, string>> {
  const named = new Map<string, string>();
  for (const seen of different) {
    const recordId = mirror.has(seen.externalId) ? null : recordOfUid(seen.importUid);
    if (recordId !== null) named.set(seen.externalId, recordId);
  }
  if (named.size === 0) return named;
  const ids = [...new Set(named.values())];
  // Of a record that nobody here remembers it is an import like any other (R44).
  const rows = await scope.tx.$queryRaw<{ id: string }[]>`
    SELECT t.id FROM ${Prisma.raw(TABLES[binding.entity] ?? 'bookings')} t
     WHERE t.business_id = ${scope.businessId}::uuid AND t.id = ANY(${ids}::uuid[])
    UNION
    SELECT i.record_id FROM sync_intents i
     WHERE i.business_id = ${scope.businessId}::uuid AND i.entity = ${binding.entity}
       AND i.record_id = ANY(${ids}::uuid[])`;
  const known = new Set(rows.map(({ id }) => id));
  return new Map([...named].filter(([, recordId]) => known.has(recordId)));
}

const TABLES: Readonly<Partial<Record<SyncEntity, string>>> = {
  booking: 'bookings',
  profile: 'profiles',
  service: 'services',
  variant: 'service_variants',
  time_off: 'time_off',
  hours: 'hours_schedules',
};

/** Of ids that Booksy answered 404 for: those that the pass may judge. Visits of our own making go to `process` (R18a). */
export async function leaveGoneToProcess(
  scope: ApplyScope,
  { entity, mirror }: Pick<EntityBinding, 'entity' | 'mirror'>,
  externalIds: readonly string[],
): Promise<readonly string[]> {
  if (!isWritten(entity)) return externalIds;
  const own = entity === 'booking' ? Prisma.sql`OR m.import_uid LIKE m.booking_id || ':%'` : Prisma.empty;
  const rows = await scope.tx.$queryRaw<{ external_id: string; record_id: string }[]>`
    SELECT ${Prisma.raw(`m.${mirror.idColumn}`)} AS external_id, ${Prisma.raw(`m.${mirror.linkColumn}`)} AS record_id
      FROM ${Prisma.raw(mirror.table)} m
     WHERE m.business_id = ${scope.businessId}::uuid AND ${Prisma.raw(`m.${mirror.idColumn}`)} = ANY(${externalIds}::text[])
       AND ${Prisma.raw(`m.${mirror.linkColumn}`)} IS NOT NULL AND m.gone_at IS NULL
       AND (${aliveColumn(entity, scope.businessId, mirror.linkColumn)} ${own})`;
  await markDirty(
    scope,
    entity,
    rows.map((row) => row.record_id),
  );
  const left = new Set(rows.map((row) => row.external_id));
  return externalIds.filter((id) => !left.has(id));
}

/**
 * Puts records into the box for `process`. No echo of this transaction: an apply takes back its own rows by their transaction
 * before it commits, so these carry none; and it tells the relay itself, because the box's trigger is silent for an apply.
 *
 * @param sighted by record, the object at Booksy that was seen: a look-up by the record's own days would miss one that was moved
 */
export async function markDirty(
  scope: ApplyScope,
  entity: SyncEntity,
  recordIds: readonly string[],
  sighted: ReadonlyMap<string, string | null> = new Map(),
): Promise<void> {
  if (recordIds.length === 0 || scope.plan !== null) return;
  const ids = [...new Set(recordIds)];
  const seen = ids.map((id) => sighted.get(id) ?? null);
  await scope.tx.$queryRaw`
    WITH marked AS (
      INSERT INTO sync_outbox (business_id, entity, record_id, operation, origin, transaction_id, external_id)
      SELECT ${scope.businessId}::uuid, ${entity}, m.id, 'observe', 'sync', NULL, m.external_id
        FROM unnest(${ids}::uuid[], ${seen}::text[]) AS m (id, external_id)
      RETURNING 1
    )
    SELECT pg_notify('booksy_sync_box', ${scope.businessId})::text FROM (SELECT count(*) FROM marked) told`;
}
