import { Prisma, type Db, type Tx } from '../../infra/database/index.ts';
import { sameValue } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { EditCounters, OursState } from '../../domain/plan.ts';
import type { RecordRef, WriteEntity } from '../../domain/protocol/types.ts';
import { NO_LINKS } from '../apply/links.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { ADAPTERS } from './adapters/index.ts';

interface BaseRow {
  record_id: string;
  base_ours: GroupStates;
  base_counters: EditCounters;
}

/**
 * Records whose content and counters equal what both sides last agreed on, with no write of ours alive and nothing frozen:
 * their box rows say nothing new and can go without a call (R26: content alone decides). A record that is linked to nothing,
 * or was deleted here, is never one.
 *
 * @param records of any kinds; rows `observe` and `resolve` are not to be asked about: somebody put them there on purpose
 * @returns ids of the platform
 */
export async function echoesOf(
  db: Db | Tx,
  businessId: string,
  records: readonly RecordRef[],
): Promise<ReadonlySet<string>> {
  const echoes = new Set<string>();
  const byEntity = new Map<WriteEntity, string[]>();
  for (const { entity, recordId } of records) {
    byEntity.set(entity, [...(byEntity.get(entity) ?? []), recordId]);
  }
  if (byEntity.size === 0) return echoes;
  for (const [entity, ids] of byEntity) {
    for (const id of await equalOnes(db, businessId, entity, [...new Set(ids)])) echoes.add(id);
  }
  return echoes;
}

/** Of records without a write that may still act or is remembered, and without an open conflict about their groups. */
async function equalOnes(
  db: Db | Tx,
  businessId: string,
  entity: WriteEntity,
  ids: readonly string[],
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const { mirror } = ADAPTERS[entity];
  const kind =
    mirror.fixed.entity === undefined ? Prisma.empty : Prisma.sql`AND entity = ${mirror.fixed.entity}`;
  const primary = entity === 'profile' ? Prisma.sql`AND is_primary` : Prisma.empty;
  const link = Prisma.raw(mirror.linkColumn);
  const bases = await db.$queryRaw<BaseRow[]>`
    SELECT /* prepared */ ${link} AS record_id, base_ours, base_counters FROM ${Prisma.raw(mirror.table)} m
     WHERE business_id = ${businessId}::uuid AND ${link} = ANY(${ids}::uuid[]) AND gone_at IS NULL ${kind} ${primary}
       AND NOT EXISTS (
         SELECT FROM sync_intents i
          WHERE i.business_id = m.business_id AND i.record_id = m.${link}
            AND (i.state IN ('open', 'unknown') OR i.remembered_until IS NOT NULL OR (i.state = 'unsent' AND i.due_at IS NOT NULL)))
       AND NOT EXISTS (
         SELECT FROM booksy_sync_conflicts c
          WHERE c.business_id = m.business_id AND c.record_id = m.${link} AND c.status = 'open' AND cardinality(c.groups) > 0)`;
  if (bases.length === 0) return [];
  const ours = await ADAPTERS[entity].binding().loadOurs(
    lookingAt(db, businessId),
    bases.map((row) => row.record_id),
  );
  return bases.flatMap((base) => {
    const state = ours.get(base.record_id);
    return state !== undefined && isEqual(state, base) ? [base.record_id] : [];
  });
}

function isEqual(ours: OursState, base: BaseRow): boolean {
  const counted = Object.entries(ours.counters).every(
    ([group, count]) => count === (base.base_counters[group] ?? 0),
  );
  return (
    counted &&
    Object.keys({ ...ours.groups, ...base.base_ours }).every((group) =>
      sameValue(ours.groups[group] ?? null, base.base_ours[group] ?? null),
    )
  );
}

function lookingAt(db: Db | Tx, businessId: string): ApplyScope {
  return {
    tx: db,
    // Only rows are looked at: nothing is sealed, translated or written.
    vault: {
      keyId: '',
      seal: notHere,
      open: notHere,
      keyIdOf: notHere,
    },
    businessId,
    zone: 'UTC',
    currency: '',
    runId: '',
    now: '',
    links: NO_LINKS,
    plan: null,
    audit: [],
    readOnly: true,
  };
}

function notHere(): never {
  throw new Error('A look at rows seals and opens nothing.');
}
