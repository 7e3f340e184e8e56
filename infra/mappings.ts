import { v7 as uuidv7 } from 'uuid';
import { appendAudit } from './audit/index.ts';
import { Prisma, type Db, type Tx } from './database/index.ts';
import {
  MAPPED_TABLES,
  MappingError,
  type MappedEntity,
  type MappingDecision,
  type MappingErrorCode,
} from './mapping-words.ts';

/**
 * The mapping list (SPEC 3.7): which Booksy record is which of ours, and what a person decided about it. A decision is
 * recorded here after every check that can be made; the record's sync carries it out and checks again.
 */
export {
  explainMapping,
  isMappedEntity,
  MAPPED_ENTITIES,
  MAPPED_TABLES,
  MAPPING_DECISIONS,
  MappingError,
  type MappedEntity,
  type MappedTable,
  type MappingDecision,
  type MappingErrorCode,
  type MappingReason,
} from './mapping-words.ts';

export interface MappingRequest {
  readonly businessId: string;
  readonly entity: MappedEntity;
  /** Booksy's id. */
  readonly externalId: string;
  readonly decision: MappingDecision;
  /** The record of ours, for `link`. */
  readonly recordId: string | null;
  /** Of the mapping as it was shown; 0 for a card that is imported and is not in the mapping list yet. */
  readonly version: number;
  /** Who decides, as it stands in the audit trail. */
  readonly actor: string;
}

export interface RecordedDecision {
  readonly mappingId: string;
  /** Raised by the decision: nobody else can decide on what was shown before it. */
  readonly version: number;
  /** The service of a variant: needed to read it. */
  readonly parentExternalId: string | null;
}

/** An import may hold the row for a moment: its transactions take seconds. */
const PATIENCE = { timeout: 20_000, maxWait: 10_000 };

/**
 * Records a person's decision. It is carried out by the record's sync.
 *
 * @throws {MappingError} where it cannot be carried out; then nothing is written
 */
export async function decideMapping(db: Db, request: MappingRequest): Promise<RecordedDecision> {
  return db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('mapping:' || ${request.businessId}, 0))`;
    const found = await findMapping(tx, request);
    const fault = found === null ? 'mapping_not_found' : await faultOf(tx, request, found);
    if (fault !== null || found === null) throw new MappingError(fault ?? 'mapping_not_found');
    return record(tx, request);
  }, PATIENCE);
}

interface Found {
  /** Null where the card is imported and has no mapping row. */
  readonly version: number | null;
  readonly state: string | null;
  /** Whether a person's link or the matcher's took it to a record that was there before. */
  readonly mergedInto: string | null;
  /** The record of ours that it is linked with now. */
  readonly own: string | null;
}

async function findMapping(tx: Tx, request: MappingRequest): Promise<Found | null> {
  const { businessId, entity, externalId } = request;
  const rows = await tx.$queryRaw<
    { version: number | null; state: string | null; record_id: string | null; own: string | null }[]
  >`
    SELECT m.version, m.state, m.record_id, x.own
      FROM (SELECT ${externalId}::text AS external_id) AS asked
      LEFT JOIN mappings m ON m.business_id = ${businessId}::uuid AND m.entity = ${entity}
        AND m.external_id = asked.external_id
      LEFT JOIN (${mirrorOf(businessId, entity)}) AS x ON x.external_id = asked.external_id
     WHERE m.id IS NOT NULL OR x.own IS NOT NULL`;
  const row = rows[0];
  if (row === undefined) return null;
  const mergedInto = row.state === 'linked' && row.record_id === row.own ? row.own : null;
  return { version: row.version, state: row.state, mergedInto, own: row.own };
}

/** The mirror of one kind as (external_id, own). */
function mirrorOf(businessId: string, entity: MappedEntity): Prisma.Sql {
  const { mirror, linkColumn, mirrorEntity } = MAPPED_TABLES[entity];
  const kind = mirrorEntity === null ? Prisma.empty : Prisma.sql`AND entity = ${mirrorEntity}`;
  return Prisma.sql`SELECT external_id, ${Prisma.raw(linkColumn)} AS own FROM ${Prisma.raw(mirror)}
    WHERE business_id = ${businessId}::uuid ${kind}`;
}

async function faultOf(tx: Tx, request: MappingRequest, found: Found): Promise<MappingErrorCode | null> {
  if (found.version === null && request.decision !== 'link') return 'mapping_not_found';
  if ((found.version ?? 0) !== request.version) return 'mapping_changed';
  const { decision, entity } = request;
  switch (decision) {
    case 'link':
      if (request.recordId === null) return 'mapping_target_missing';
      return linkFault(tx, { ...request, recordId: request.recordId, own: found.own });
    case 'separate':
      return entity !== 'profile' && found.mergedInto !== null ? 'mapping_fixed' : null;
    case 'unmerge':
      if (found.mergedInto === null) return 'mapping_not_linked';
      return entity === 'profile' ? null : 'mapping_fixed';
  }
}

/** A link that somebody asks for: this Booksy record shall be that record of ours. */
export interface AskedLink {
  readonly businessId: string;
  readonly entity: MappedEntity;
  readonly externalId: string;
  readonly recordId: string;
  /** The record of ours that it is linked with now; null where it waits. */
  readonly own: string | null;
}

/** Why a link cannot be made, or null where it can. The same check for whoever asks and whoever carries out. */
export async function linkFault(tx: Tx, asked: AskedLink): Promise<MappingErrorCode | null> {
  const owner = await businessOfRecord(tx, asked.entity, asked.recordId);
  if (owner === null) return 'mapping_target_missing';
  if (owner !== asked.businessId) return 'mapping_other_business';
  if (asked.own === asked.recordId) return null;
  if (asked.entity === 'profile') return (await goesRound(tx, asked)) ? 'mapping_loop' : null;
  if (asked.own !== null) return 'mapping_fixed';
  return (await isTaken(tx, asked)) ? 'mapping_taken' : null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function businessOfRecord(tx: Tx, entity: MappedEntity, recordId: string): Promise<string | null> {
  if (!UUID.test(recordId)) return null;
  const rows = await tx.$queryRaw<{ business_id: string }[]>`
    SELECT business_id FROM ${Prisma.raw(MAPPED_TABLES[entity].ours)} WHERE id = ${recordId}::uuid`;
  return rows[0]?.business_id ?? null;
}

/**
 * Decisions that wait to be carried out form a graph: the profile a card has now → the profile it shall have. A link to a
 * profile that is about to be left, or from one that others are about to join, would make the outcome depend on who is
 * carried out first, and a ring of them would swap people.
 */
async function goesRound(tx: Tx, { businessId, externalId, recordId, own }: AskedLink): Promise<boolean> {
  const rows = await tx.$queryRaw<{ ring: boolean }[]>`
    SELECT true AS ring
      FROM mappings m
      LEFT JOIN external_clients c ON c.business_id = m.business_id AND c.external_id = m.external_id
     WHERE m.business_id = ${businessId}::uuid AND m.entity = 'profile' AND m.external_id <> ${externalId}
       AND m.decision = 'link' AND m.applied_at IS NULL AND c.profile_id IS DISTINCT FROM m.decision_record_id
       AND (c.profile_id = ${recordId}::uuid OR m.decision_record_id = ${own}::uuid)
     LIMIT 1`;
  return rows.length > 0;
}

/** Everything but clients is one to one: the record must be free, and nobody may have asked for it before. */
async function isTaken(tx: Tx, asked: AskedLink): Promise<boolean> {
  const rows = await tx.$queryRaw<{ taken: boolean }[]>`
    SELECT EXISTS (SELECT FROM (${mirrorOf(asked.businessId, asked.entity)}) AS x
                    WHERE x.own = ${asked.recordId}::uuid AND x.external_id <> ${asked.externalId})
        OR EXISTS (SELECT FROM mappings m
                    WHERE m.business_id = ${asked.businessId}::uuid AND m.entity = ${asked.entity}
                      AND m.external_id <> ${asked.externalId} AND m.decision = 'link' AND m.applied_at IS NULL
                      AND m.decision_record_id = ${asked.recordId}::uuid) AS taken`;
  return rows[0]?.taken === true;
}

async function record(tx: Tx, request: MappingRequest): Promise<RecordedDecision> {
  const target = request.decision === 'link' ? request.recordId : null;
  const rows = await tx.$queryRaw<{ id: string; version: number; parent: string | null }[]>`
    INSERT INTO mappings AS m
      (id, business_id, entity, external_id, record_id, state, reason, version, decision, decision_record_id, decided_by,
       decided_at)
    SELECT ${uuidv7()}::uuid, ${request.businessId}::uuid, ${request.entity}, ${request.externalId}, NULL, 'rejected',
           'no_candidate', 1, ${request.decision}, ${target}::uuid, ${request.actor}, now()
    ON CONFLICT (business_id, entity, external_id) DO UPDATE
       SET decision = excluded.decision, decision_record_id = excluded.decision_record_id,
           decided_by = excluded.decided_by, decided_at = excluded.decided_at, applied_at = NULL,
           version = m.version + 1, updated_at = now()
     WHERE m.version = ${request.version}
    RETURNING m.id, m.version, m.parent_external_id AS parent`;
  const row = rows[0];
  // Somebody else moved it on between the look and the write.
  if (row === undefined) throw new MappingError('mapping_changed');
  await appendAudit(tx, { businessId: request.businessId }, [
    {
      actor: request.actor,
      action: 'decided',
      entity: request.entity,
      recordId: target,
      externalId: request.externalId,
      reasonCode: request.decision,
    },
  ]);
  return { mappingId: row.id, version: row.version, parentExternalId: row.parent };
}
