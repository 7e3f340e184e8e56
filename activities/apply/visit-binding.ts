import { v7 as uuidv7 } from 'uuid';
import { Prisma, type Tx } from '../../infra/database/index.ts';
import type { Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { EditCounters, OursState } from '../../domain/plan.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { areWords, equivalentInVisit, itemGroups, visitDirection } from '../../domain/states/visit.ts';
import type { ChangedRecord, EntityBinding } from './binding.ts';
import { mergedGroups, mirrorTable, partOf } from './flat-binding.ts';
import { rowLock, type ApplyScope } from './scope.ts';
import {
  BOOKING_COLUMNS,
  BOOKING_RECORDSET,
  ITEM_COLUMNS,
  ITEM_RECORDSET,
  bookingRow,
  itemKeysOf,
  itemRow,
  keyFinder,
  spanOf,
  visitOfRows,
  type ItemRow,
} from './visit-rows.ts';

export const visitMirror = mirrorTable('external_bookings', 'booking_id', {
  formerColumn: 'former_booking_id',
  extra: {
    client_external_id: 'text',
    import_uid: 'text',
    starts_local: 'timestamp',
    ends_local: 'timestamp',
    item_links: 'jsonb',
  },
  // A merge of cards at Booksy shows the visit under another card; an un-merge needs the first one (R38).
  onInsert: { source_client_external_id: 'r.client_external_id' },
});

/** Which item of the other side is which row here, by item key. */
type ItemLinks = Record<string, string>;

interface LoadedVisit {
  readonly links: Readonly<ItemLinks>;
  readonly items: readonly ItemRow[];
  readonly groups: GroupStates;
}

interface VisitDbRow {
  id: string;
  row: Record<string, Json>;
  items: ItemRow[] | null;
  item_links: ItemLinks | null;
}

/**
 * The binding of visits for one batch. A visit is one booking and its items; it is written whole in one transaction, and
 * the database derives the held time from it. Make a new one for each transaction: it remembers rows between the steps.
 */
export function createVisitBinding(): EntityBinding {
  const loaded = new Map<string, LoadedVisit>();
  const linksOf = new Map<string, ItemLinks>();

  const load = async (scope: ApplyScope, recordIds: readonly string[], lock = scope.readOnly !== true) => {
    if (lock) {
      await scope.tx.$queryRaw`
        SELECT /* prepared */ id FROM booking_items WHERE booking_id = ANY(${recordIds}::uuid[]) ORDER BY id FOR UPDATE`;
    }
    const rows = await scope.tx.$queryRaw<VisitDbRow[]>`
      SELECT /* prepared */ b.id, to_jsonb(b) AS row,
             -- Until its next appointment is linked, a visit's items go by their names in the last one (R16).
             coalesce(m.item_links, (SELECT f.item_links FROM external_bookings f WHERE f.former_booking_id = b.id
                                      ORDER BY f.generation DESC LIMIT 1)) AS item_links,
             (SELECT jsonb_agg(to_jsonb(i) ORDER BY i.position, i.id) FROM booking_items i WHERE i.booking_id = b.id) AS items
        FROM bookings b
        LEFT JOIN external_bookings m ON m.business_id = b.business_id AND m.booking_id = b.id
       WHERE b.business_id = ${scope.businessId}::uuid AND b.id = ANY(${recordIds}::uuid[])
       ORDER BY b.id ${lock ? rowLock(scope, 'b') : Prisma.empty}`;
    const states = new Map<string, OursState>();
    for (const { id, row, items, item_links: links } of rows) {
      const state = visitOfRows(row, items ?? [], links ?? {});
      loaded.set(id, { links: links ?? {}, items: items ?? [], groups: state.groups });
      states.set(id, state);
    }
    return states;
  };

  return {
    entity: 'booking',
    mirror: visitMirror,
    directionOf: visitDirection,
    equivalent: equivalentInVisit,
    required: [],
    newRecordId: () => uuidv7(),
    loadOurs: (scope, recordIds) => load(scope, recordIds),

    hold(records) {
      for (const { recordId, items, itemLinks, ours } of records) {
        loaded.set(recordId, { links: itemLinks, items, groups: ours });
      }
    },

    async insert(scope, records) {
      const bookings = records.map(({ recordId, seen }) => bookingRow(recordId, seen.here));
      const items = records.flatMap(({ recordId, seen }) => {
        const rows = newItems(recordId, seen, scope);
        linksOf.set(seen.externalId, Object.fromEntries(rows.map(([key, row]) => [key, row.id])));
        return rows.map(([, row]) => row);
      });
      await scope.tx.$executeRaw`
        INSERT INTO bookings (id, business_id, source, ${Prisma.raw(BOOKING_COLUMNS)})
        SELECT r.id, ${scope.businessId}::uuid, 'booksy', ${Prisma.raw(BOOKING_COLUMNS)}
          FROM jsonb_to_recordset(${JSON.stringify(bookings)}::jsonb) AS ${Prisma.raw(BOOKING_RECORDSET)}`;
      await insertItems(scope, items);
    },

    async update(scope, records) {
      const rows = records.map((record) => bookingRow(record.recordId, mergedGroups(record)));
      await updateBookings(scope, rows);
      const plans = records.map((record) => planItems(record, loaded, scope));
      for (const plan of plans) linksOf.set(plan.externalId, plan.links);
      await deleteItems(
        scope,
        plans.flatMap((plan) => plan.gone),
      );
      await updateItems(
        scope,
        plans.flatMap((plan) => (plan.sameItems ? [] : plan.changed)),
      );
      await insertItems(
        scope,
        plans.flatMap((plan) => plan.added),
      );
      // They are locked already: as they are after the triggers.
      const after = await load(
        scope,
        records.map((record) => record.recordId),
        false,
      );
      return new Map([...after].map(([id, state]): [string, EditCounters] => [id, state.counters]));
    },

    mirrorExtra(seen, recordId) {
      const span = spanOf(seen.theirs);
      return {
        client_external_id: seen.theirs.client ?? null,
        import_uid: seen.theirs.importUid ?? null,
        starts_local: span.startsLocal,
        ends_local: span.endsLocal,
        item_links: linksOf.get(seen.externalId) ?? loaded.get(recordId)?.links ?? {},
      };
    },
  };
}

/** Locks visits of any businesses until the transaction ends, one after the other in one order. */
export async function lockVisits(tx: Tx, recordIds: readonly string[]): Promise<void> {
  // The filter is asked once and before any visit is looked at: items are locked first, as everywhere.
  await tx.$queryRaw`
    WITH items AS MATERIALIZED (
      SELECT /* prepared */ id FROM booking_items WHERE booking_id = ANY(${recordIds}::uuid[]) ORDER BY id FOR UPDATE
    )
    SELECT b.id FROM bookings b
     WHERE b.id = ANY(${recordIds}::uuid[]) AND (SELECT count(*) FROM items) >= 0
     ORDER BY b.id FOR UPDATE OF b`;
}

interface ItemPlan {
  readonly externalId: string;
  readonly links: ItemLinks;
  readonly added: readonly ItemRow[];
  readonly changed: readonly ItemRow[];
  readonly gone: readonly string[];
  /** Only words are written: no item's row is another one by them. */
  readonly sameItems: boolean;
}

function newItems(bookingId: string, seen: SeenRecord, scope: ApplyScope): readonly [string, ItemRow][] {
  return itemKeysOf(seen.here).map((key, position): [string, ItemRow] => [
    key,
    itemRow(key, position, {
      bookingId,
      groups: seen.here,
      seen,
      variants: scope.links.variants,
      before: null,
      holdsPrior: false,
      takes: { time: true, service: true },
    }),
  ]);
}

function planItems(
  record: ChangedRecord,
  loaded: ReadonlyMap<string, LoadedVisit>,
  scope: ApplyScope,
): ItemPlan {
  const { seen, recordId } = record;
  const before = loaded.get(recordId);
  const groups = mergedGroups(record);
  const keyOf = keyFinder(before?.links ?? {});
  const rowsByKey = new Map((before?.items ?? []).map((row) => [keyOf(row.id), row]));
  const apply = new Set(record.apply);
  const holdsPrior = partOf(groups.status, 'status') === 'proposed';
  const links: ItemLinks = {};
  const added: ItemRow[] = [];
  const changed: ItemRow[] = [];
  itemKeysOf(groups).forEach((key, position) => {
    const names = itemGroups(key);
    const row = itemRow(key, position, {
      bookingId: recordId,
      groups,
      seen,
      variants: scope.links.variants,
      before: rowsByKey.get(key) ?? null,
      holdsPrior,
      takes: { time: apply.has(names.time), service: apply.has(names.service) },
    });
    if (names.time in seen.theirs) links[key] = row.id;
    if (rowsByKey.has(key)) changed.push(row);
    else added.push(row);
  });
  const kept = new Set(changed.map((row) => row.id));
  const gone = [...rowsByKey.values()].filter((row) => !kept.has(row.id)).map((row) => row.id);
  return { externalId: seen.externalId, links, added, changed, gone, sameItems: areWords(record.apply) };
}

async function updateBookings(
  scope: ApplyScope,
  rows: readonly ReturnType<typeof bookingRow>[],
): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE bookings b
       SET (${Prisma.raw(BOOKING_COLUMNS)}) = (SELECT ${Prisma.raw(prefixed('r', BOOKING_COLUMNS))})
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS ${Prisma.raw(BOOKING_RECORDSET)}
     WHERE b.id = r.id AND b.business_id = ${scope.businessId}::uuid
       AND (${Prisma.raw(prefixed('b', BOOKING_COLUMNS))}) IS DISTINCT FROM (${Prisma.raw(prefixed('r', BOOKING_COLUMNS))})`;
}

async function insertItems(scope: ApplyScope, rows: readonly ItemRow[]): Promise<void> {
  if (rows.length === 0) return;
  await scope.tx.$executeRaw`
    INSERT INTO booking_items (id, booking_id, business_id, ${Prisma.raw(ITEM_COLUMNS)})
    SELECT r.id, r.booking_id, ${scope.businessId}::uuid, ${Prisma.raw(ITEM_COLUMNS)}
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS ${Prisma.raw(ITEM_RECORDSET)}`;
}

async function updateItems(scope: ApplyScope, rows: readonly ItemRow[]): Promise<void> {
  if (rows.length === 0) return;
  await scope.tx.$executeRaw`
    UPDATE booking_items i
       SET (${Prisma.raw(ITEM_COLUMNS)}) = (SELECT ${Prisma.raw(prefixed('r', ITEM_COLUMNS))})
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS ${Prisma.raw(ITEM_RECORDSET)}
     WHERE i.id = r.id AND i.booking_id = r.booking_id AND i.business_id = ${scope.businessId}::uuid
       AND (${Prisma.raw(prefixed('i', ITEM_COLUMNS))}) IS DISTINCT FROM (${Prisma.raw(prefixed('r', ITEM_COLUMNS))})`;
}

async function deleteItems(scope: ApplyScope, itemIds: readonly string[]): Promise<void> {
  if (itemIds.length === 0) return;
  await scope.tx.$executeRaw`
    DELETE FROM booking_items
     WHERE business_id = ${scope.businessId}::uuid AND id = ANY(${itemIds}::uuid[])`;
}

function prefixed(alias: string, columns: string): string {
  return columns
    .split(',')
    .map((column) => `${alias}.${column.trim()}`)
    .join(', ');
}
