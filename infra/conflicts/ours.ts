import type { Json } from '../../domain/canonical.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { EditCounters } from '../../domain/plan.ts';
import { itemGroups } from '../../domain/states/visit.ts';
import { Prisma } from '../database/index.ts';
import { loadSchedules, lockSchedules } from '../schedules/load.ts';
import { servicesOf, staffOf } from './pairs.ts';
import type { Reader } from './picture.ts';

/**
 * A record here as the merge sees it: the same groups under the same names (a test holds the two side by side). For reading
 * one record where the set-wise bindings of the engine are out of reach: the API's cards.
 */
export interface OurRecord {
  readonly entity: SyncEntity;
  readonly id: string;
  readonly groups: GroupStates;
  readonly counters: EditCounters;
  /** Of a visit: where it was booked. */
  readonly source: 'platform' | 'booksy' | null;
  /** Of a visit or block: whether it holds its time, and which. */
  readonly holds: boolean;
  readonly times: readonly string[];
  readonly items: readonly OurItem[];
  /** ISO instants; null for what has no time. */
  readonly startsAt: string | null;
  readonly endsAt: string | null;
}

/** A part of a visit. */
export interface OurItem {
  readonly id: string;
  readonly key: string;
  readonly startsLocal: string;
  readonly endsLocal: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly zone: string;
  readonly staffId: string | null;
  readonly roomId: string | null;
  readonly variantId: string | null;
}

type Row = Readonly<Record<string, Json>>;

/** One record, or null where it is not there. */
export async function loadOurs(
  db: Reader,
  businessId: string,
  entity: SyncEntity,
  id: string | null,
  lock = false,
): Promise<OurRecord | null> {
  if (id === null) return null;
  if (entity === 'booking') return loadVisit(db, businessId, id, lock);
  if (entity === 'hours') return loadHours(db, businessId, id, lock);
  const table = TABLES[entity];
  if (table === undefined) return null;
  const [found] = await db.$queryRaw<{ row: Row }[]>`
    SELECT to_jsonb(t) AS row FROM ${Prisma.raw(table.name)} t
     WHERE t.business_id = ${businessId}::uuid AND t.id = ${id}::uuid ${lock ? Prisma.raw('FOR UPDATE') : Prisma.empty}`;
  if (found === undefined) return null;
  const { row } = found;
  const pairs =
    entity === 'variant'
      ? { staff: await staffOf(db, id) }
      : entity === 'room'
        ? { services: await servicesOf(db, id) }
        : {};
  return {
    entity,
    id,
    groups: { ...table.groups(row), ...pairs },
    counters: Object.fromEntries(
      Object.entries(table.counters).map(([group, column]) => [group, Number(row[column] ?? 0)]),
    ),
    source: null,
    holds: entity === 'time_off',
    times: entity === 'time_off' ? [text(row.starts_local), text(row.ends_local)] : [],
    items: [],
    startsAt: instant(row.starts_at),
    endsAt: instant(row.ends_at),
  };
}

async function loadHours(
  db: Reader,
  businessId: string,
  id: string,
  lock: boolean,
): Promise<OurRecord | null> {
  if (lock) await lockSchedules(db, businessId, [id]);
  const found = (await loadSchedules(db, businessId, [id])).get(id);
  if (found === undefined) return null;
  const { groups, counters } = found.ours;
  const none = { source: null, holds: false, times: [], items: [], startsAt: null, endsAt: null };
  return { entity: 'hours', id, groups, counters, ...none };
}

interface VisitRow {
  row: Row;
  items: Row[] | null;
  links: Readonly<Record<string, string>> | null;
}

async function loadVisit(
  db: Reader,
  businessId: string,
  id: string,
  lock: boolean,
): Promise<OurRecord | null> {
  if (lock) {
    await db.$queryRaw`SELECT id FROM booking_items WHERE booking_id = ${id}::uuid ORDER BY id FOR UPDATE`;
  }
  const [found] = await db.$queryRaw<VisitRow[]>`
    SELECT to_jsonb(b) AS row, m.item_links AS links,
           (SELECT jsonb_agg(to_jsonb(i) ORDER BY i.position, i.id) FROM booking_items i WHERE i.booking_id = b.id) AS items
      FROM bookings b
      LEFT JOIN external_bookings m ON m.business_id = b.business_id AND m.booking_id = b.id
     WHERE b.business_id = ${businessId}::uuid AND b.id = ${id}::uuid ${lock ? Prisma.raw('FOR UPDATE OF b') : Prisma.empty}`;
  if (found === undefined) return null;
  const { row, links } = found;
  const keyOf = new Map(Object.entries(links ?? {}).map(([key, itemId]) => [itemId, key]));
  const rows = found.items ?? [];
  const items = rows.map((item) => itemOf(item, keyOf.get(text(item.id)) ?? `own-${text(item.id)}`));
  return {
    entity: 'booking',
    id,
    groups: {
      status: { status: row.status ?? null, reason: row.status_reason ?? null },
      statusCode: row.external_status ?? null,
      zone: row.zone ?? null,
      client: row.profile_id ?? null,
      clientName: row.client_name ?? null,
      clientPhone: row.client_phone ?? null,
      clientEmail: row.client_email ?? null,
      clientNote: row.client_note ?? null,
      travel: row.traveling ?? null,
      ...Object.fromEntries(rows.flatMap((item, index) => itemStates(item, items[index]?.key ?? ''))),
    },
    counters: {
      status: count(row.status_edits),
      client: count(row.client_edits),
      clientName: count(row.client_edits),
      clientPhone: count(row.client_edits),
      clientEmail: count(row.client_edits),
      clientNote: count(row.note_edits),
      travel: count(row.travel_edits),
      ...Object.fromEntries(
        rows.flatMap((item, index) => {
          const names = itemGroups(items[index]?.key ?? '');
          return [
            [names.time, count(item.time_edits)],
            [names.service, count(item.service_edits)],
          ];
        }),
      ),
    },
    source: row.source === 'booksy' ? 'booksy' : 'platform',
    holds: row.status !== 'cancelled' && row.status !== 'no_show',
    times: items.map(
      (item) => `${item.id}|${item.startsLocal}|${item.endsLocal}|${item.staffId ?? ''}|${item.roomId ?? ''}`,
    ),
    items,
    startsAt: instant(row.starts_at),
    endsAt: instant(row.ends_at),
  };
}

function itemOf(item: Row, key: string): OurItem {
  return {
    id: text(item.id),
    key,
    startsLocal: text(item.starts_local).slice(0, 16),
    endsLocal: text(item.ends_local).slice(0, 16),
    startsAt: instant(item.starts_at) ?? '',
    endsAt: instant(item.ends_at) ?? '',
    zone: text(item.zone),
    staffId: textOrNull(item.staff_id),
    roomId: textOrNull(item.room_id),
    variantId: textOrNull(item.variant_id),
  };
}

function itemStates(item: Row, key: string): [string, Json][] {
  const names = itemGroups(key);
  return [
    [
      names.time,
      {
        startsLocal: text(item.starts_local).slice(0, 16),
        endsLocal: text(item.ends_local).slice(0, 16),
        anyStaff: item.any_staff ?? false,
        staff: item.staff_id ?? null,
        room: item.room_id ?? null,
      },
    ],
    [names.service, { variant: item.variant_id ?? null, name: item.service_name ?? null }],
  ];
}

interface FlatTable {
  readonly name: string;
  readonly groups: (row: Row) => GroupStates;
  readonly counters: Readonly<Record<string, string>>;
}

const TABLES: Readonly<Partial<Record<SyncEntity, FlatTable>>> = {
  profile: {
    name: 'profiles',
    groups: (row) => ({
      name: { given: row.given_name ?? null, family: row.family_name ?? null },
      email: row.email ?? null,
      phone: row.phone_e164 ?? null,
    }),
    counters: { name: 'name_edits', email: 'email_edits', phone: 'phone_edits' },
  },
  service: {
    name: 'services',
    groups: (row) => ({
      name: row.name ?? null,
      description: row.description ?? null,
      category: row.category_id ?? null,
      priceType: row.price_type ?? null,
      padding: { kind: row.padding_kind ?? null, minutes: row.padding_minutes ?? null },
      gap: { afterMinutes: row.gap_after_minutes ?? null, minutes: row.gap_minutes ?? null },
      parallelClients: row.parallel_clients ?? null,
      active: row.active ?? null,
      position: row.position ?? null,
    }),
    counters: {},
  },
  variant: {
    name: 'service_variants',
    groups: (row) => ({
      service: row.service_id ?? null,
      label: row.label ?? null,
      price: { type: row.price_type ?? null, minor: row.price_minor ?? null, currency: row.currency ?? null },
      durationMinutes: row.duration_minutes ?? null,
      slotStepMinutes: row.slot_step_minutes ?? null,
    }),
    counters: {},
  },
  category: {
    name: 'service_categories',
    groups: (row) => ({ name: row.name ?? null, position: row.position ?? null }),
    counters: {},
  },
  staff: {
    name: 'staff',
    groups: (row) => ({
      name: row.name ?? null,
      email: row.email ?? null,
      role: { accessLevel: row.access_level ?? null, bookable: row.bookable ?? null },
      active: row.active ?? null,
      position: row.position ?? null,
    }),
    counters: {},
  },
  room: {
    name: 'rooms',
    groups: (row) => ({ name: row.name ?? null, active: row.active ?? null, position: row.position ?? null }),
    counters: {},
  },
  time_off: {
    name: 'time_off',
    groups: (row) => ({
      owner: { kind: row.owner_kind ?? null, id: row.owner_id ?? null },
      time: {
        startsLocal: text(row.starts_local).slice(0, 16),
        endsLocal: text(row.ends_local).slice(0, 16),
        allDay: row.all_day ?? null,
        zone: row.zone ?? null,
      },
      reason: row.reason_code ?? null,
      approved: row.approved ?? null,
    }),
    counters: {},
  },
};

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function textOrNull(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function count(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}

function instant(value: Json | undefined): string | null {
  return typeof value === 'string' ? new Date(value).toISOString() : null;
}
