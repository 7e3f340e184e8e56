import { v7 as uuidv7 } from 'uuid';
import { sameValue } from '../../domain/canonical.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import { localOf } from '../../domain/local-time.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { directionFor, type SyncRule } from '../../domain/rules/rules.ts';
import { isTellable } from '../../domain/states/hours.ts';
import { Prisma, type Db, type Tx } from '../../infra/database/index.ts';
import { loadRule } from '../../infra/rules/load.ts';
import { serviceBinding, variantBinding } from '../apply/catalog-bindings.ts';
import { clientBinding } from '../apply/client-binding.ts';
import type { EntityBinding } from '../apply/binding.ts';
import { NO_LINKS } from '../apply/links.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { hoursBinding } from '../apply/hours-binding.ts';
import { timeOffBinding } from '../apply/time-bindings.ts';
import { createVisitBinding } from '../apply/visit-binding.ts';
import { businessOf, type InboundDeps, type RunBusiness } from '../inbound/run.ts';
import { neverLinked } from '../outbound/never-linked.ts';
import type { Beat } from './deps.ts';
import { lackingCatalog } from './lacking-catalog.ts';
import { mayBeJudged } from './missing.ts';

/**
 * The nightly comparison of platform against base (R27): finds what the triggers could not see (switched off, a restored
 * dump, a replica's session), and what lay still while a gate was shut. It judges nothing: what differs goes to the outbox.
 */

/** Records that are compared in one transaction. */
const RECORDS_PER_PAGE = 500;
const PAGE_TIMEOUT_MS = 60_000;

/** What was found of a business. */
export interface Compared {
  readonly compared: number;
  readonly marked: number;
}

interface Compare {
  readonly binding: EntityBinding;
  /** Of several rows of one record, the one whose base counts. */
  readonly where: Prisma.Sql;
}

/** Kinds of record that are written at Booksy. A binding of visits lives for one transaction. */
const COMPARED: readonly (() => Compare)[] = [
  () => ({ binding: createVisitBinding(), where: Prisma.empty }),
  () => ({ binding: clientBinding, where: Prisma.sql`AND m.is_primary` }),
  () => ({ binding: serviceBinding, where: Prisma.empty }),
  () => ({ binding: variantBinding, where: Prisma.empty }),
  () => ({ binding: timeOffBinding('time_off'), where: Prisma.empty }),
  () => ({ binding: hoursBinding(), where: Prisma.empty }),
];

/** Compares all records of a business that are linked and go out, and marks those that differ; then what was never linked. */
export async function compareBusiness(deps: InboundDeps, businessId: string, beat: Beat): Promise<Compared> {
  const business = await businessOf(deps.db, businessId);
  const rule = await loadRule(deps.db, businessId);
  const missing = new Map<SyncEntity, { recordIds: string[]; known: number }>();
  const found = await eachPage(deps, business, rule, beat, (tx, entity, page) => {
    const all = missing.get(entity) ?? { recordIds: [], known: 0 };
    missing.set(entity, {
      recordIds: [...all.recordIds, ...page.missing],
      known: all.known + page.compared,
    });
    return markDirty(tx, businessId, entity, page.changed);
  });
  let vanished = 0;
  for (const [entity, each] of missing) {
    const judged = await mayBeJudged(deps.db, (tx) => scopeOf(deps, business, tx), businessId, {
      entity,
      ...each,
    });
    vanished += await markDirty(deps.db, businessId, entity, judged);
  }
  const unlinked = await markUnlinked(deps, businessId, rule, beat);
  return { compared: found.compared, marked: found.counted + vanished + unlinked };
}

/** How many linked records of each kind hold something else here than when both sides last agreed; marks nothing. */
export async function countDifferences(
  deps: InboundDeps,
  businessId: string,
  beat: Beat,
): Promise<ReadonlyMap<SyncEntity, number>> {
  const business = await businessOf(deps.db, businessId);
  const counts = new Map<SyncEntity, number>();
  await eachPage(deps, business, await loadRule(deps.db, businessId), beat, (_tx, entity, page) => {
    const differing = page.changed.length + page.missing.length;
    counts.set(entity, (counts.get(entity) ?? 0) + differing);
    return Promise.resolve(differing);
  });
  return counts;
}

/** What differs among the records of a page. */
interface Differences {
  readonly compared: number;
  readonly changed: readonly string[];
  /** Without a row here. */
  readonly missing: readonly string[];
}

type Differing = (tx: Tx, entity: SyncEntity, page: Differences) => Promise<number>;

async function scopeOf(deps: InboundDeps, business: RunBusiness, tx: Tx): Promise<ApplyScope> {
  // Worker clocks are never compared (R1).
  const [clock] = await tx.$queryRaw<{ now: Date }[]>`SELECT now() AS now`;
  return {
    tx,
    vault: deps.vault,
    businessId: business.id,
    zone: business.zone,
    currency: business.currency,
    runId: uuidv7(),
    now: (clock?.now ?? new Date(0)).toISOString(),
    links: NO_LINKS,
    plan: null,
    audit: [],
  };
}

/** Compares page by page, each in its own short transaction, and hands over what differs. */
async function eachPage(
  deps: InboundDeps,
  business: RunBusiness,
  rule: SyncRule,
  beat: Beat,
  take: Differing,
): Promise<{ readonly compared: number; readonly counted: number }> {
  let compared = 0;
  let counted = 0;
  for (const make of COMPARED) {
    for (let after: string | null = NIL; after !== null;) {
      beat();
      const from: string = after;
      const page = await deps.db.$transaction(
        async (tx) => comparePage(await scopeOf(deps, business, tx), make(), rule, from, take),
        { timeout: PAGE_TIMEOUT_MS, maxWait: PAGE_TIMEOUT_MS },
      );
      compared += page.compared;
      counted += page.counted;
      after = page.last;
    }
  }
  return { compared, counted };
}

const NIL = '00000000-0000-0000-0000-000000000000';

interface ComparedPage {
  readonly compared: number;
  readonly counted: number;
  /** Null: that was the last page. */
  readonly last: string | null;
}

async function comparePage(
  scope: ApplyScope,
  { binding, where }: Compare,
  rule: SyncRule,
  after: string,
  take: Differing,
): Promise<ComparedPage> {
  const { mirror } = binding;
  const fixed = Object.entries(mirror.fixed).map(
    ([column, value]) => Prisma.sql` AND m.${Prisma.raw(column)} = ${value}`,
  );
  const rows = await scope.tx.$queryRaw<{ record_id: string; base_ours: GroupStates }[]>`
    SELECT m.${Prisma.raw(mirror.linkColumn)}::text AS record_id, m.base_ours
      FROM ${Prisma.raw(mirror.table)} m
     WHERE m.business_id = ${scope.businessId}::uuid AND m.gone_at IS NULL
       AND m.${Prisma.raw(mirror.linkColumn)} > ${after}::uuid
           ${fixed.length === 0 ? Prisma.empty : Prisma.join(fixed, '')} ${where}
     ORDER BY m.${Prisma.raw(mirror.linkColumn)} LIMIT ${RECORDS_PER_PAGE}`;
  if (rows.length === 0) return { compared: 0, counted: 0, last: null };
  const ours = await binding.loadOurs(
    scope,
    rows.map((row) => row.record_id),
  );
  const today = localOf(scope.now, scope.zone).slice(0, 10);
  const goesOut = (group: string) => {
    if (binding.entity === 'hours' && !isTellable(group, today)) return false;
    const direction = directionFor(rule, binding.entity, group);
    return direction === 'both' || direction === 'out';
  };
  const endsThere = binding.entity !== 'hours' && (goesOut('status') || goesOut('owner'));
  const counted = await take(scope.tx, binding.entity, {
    compared: rows.length,
    changed: rows
      .filter(({ record_id: id, base_ours: base }) => {
        const state = ours.get(id);
        return state !== undefined && differs(state.groups, base, goesOut);
      })
      .map((row) => row.record_id),
    missing: endsThere ? rows.filter(({ record_id: id }) => !ours.has(id)).map((row) => row.record_id) : [],
  });
  const last = rows.length < RECORDS_PER_PAGE ? null : (rows.at(-1)?.record_id ?? null);
  return { compared: rows.length, counted, last };
}

/** Whether a group that goes out holds something else than the base (R6). */
function differs(ours: GroupStates, base: GroupStates, goesOut: (group: string) => boolean): boolean {
  return [...new Set([...Object.keys(ours), ...Object.keys(base)])].some(
    (group) => goesOut(group) && !sameValue(ours[group], base[group]),
  );
}

/** Puts records into the outbox that are not in it, and whose failure nobody knows of yet. */
async function markDirty(
  tx: Db | Tx,
  businessId: string,
  entity: string,
  recordIds: readonly string[],
): Promise<number> {
  if (recordIds.length === 0) return 0;
  return tx.$executeRaw`
    INSERT INTO sync_outbox (business_id, entity, record_id, operation, origin)
    SELECT ${businessId}::uuid, ${entity}, r.id, 'observe', 'sync' FROM unnest(${[...recordIds]}::uuid[]) AS r (id)
     WHERE NOT EXISTS (SELECT FROM sync_outbox o
                        WHERE o.business_id = ${businessId}::uuid AND o.entity = ${entity} AND o.record_id = r.id)`;
}

/** What Booksy never had (R18), once a person has allowed pushing; before, nothing is made there. */
async function markUnlinked(
  { db }: InboundDeps,
  businessId: string,
  rule: SyncRule,
  beat: Beat,
): Promise<number> {
  if (!(await mayPush(db, businessId))) return 0;
  // Variants follow their services: Booksy keeps them under these.
  const catalog = (await lackingCatalog(db, businessId, rule)).filter(({ waits }) => !waits);
  let marked = 0;
  for (const entity of ['service', 'variant'] as const) {
    const ids = catalog.filter((each) => each.entity === entity).map(({ recordId }) => recordId);
    marked += await markDirty(db, businessId, entity, ids);
  }
  for (let after: Parameters<typeof neverLinked>[3] = null; ;) {
    beat();
    const page = await neverLinked(db, businessId, RECORDS_PER_PAGE, after);
    for (const entity of new Set(page.map((each) => each.entity))) {
      const ids = page.filter((each) => each.entity === entity).map(({ recordId }) => recordId);
      marked += await markDirty(db, businessId, entity, ids);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < RECORDS_PER_PAGE) return marked;
    after = { startsAt: last.startsAt, recordId: last.recordId };
  }
}

/** Whether a person has seen what a first push would do, and allowed it (R18). */
export async function mayPush(db: Db, businessId: string): Promise<boolean> {
  const row = await db.business.findUniqueOrThrow({
    where: { id: businessId },
    select: { pushAllowedAt: true },
  });
  return row.pushAllowedAt !== null;
}
