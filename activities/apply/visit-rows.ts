import { v7 as uuidv7 } from 'uuid';
import type { Json } from '../../domain/canonical.ts';
import { resolveLocal } from '../../domain/local-time.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { VariantLink } from '../../domain/states/links.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import type { EditCounters, OursState } from '../../domain/plan.ts';
import { isEnded, itemGroups, itemOfGroup } from '../../domain/states/visit.ts';
import { partOf, textOf } from './flat-binding.ts';

/** Rows of `bookings` and `booking_items` as they are sent to set-based SQL, and the groups that they stand for. */

export interface BookingRow {
  readonly id: string;
  readonly profile_id: Json;
  readonly status: Json;
  readonly status_reason: Json;
  readonly external_status: Json;
  readonly client_name: Json;
  readonly client_phone: Json;
  readonly client_email: Json;
  readonly client_note: Json;
  readonly traveling: Json;
  readonly zone: string;
  readonly starts_local: string;
  readonly ends_local: string;
  readonly starts_at: string;
  readonly ends_at: string;
}

export const BOOKING_RECORDSET = `r(id uuid, profile_id uuid, status text, status_reason text, external_status text,
  client_name text, client_phone text, client_email text, client_note text, traveling jsonb, zone text,
  starts_local timestamp, ends_local timestamp, starts_at timestamptz, ends_at timestamptz)`;

export const BOOKING_COLUMNS = `profile_id, status, status_reason, external_status, client_name, client_phone, client_email,
  client_note, traveling, zone, starts_local, ends_local, starts_at, ends_at`;

export interface ItemRow {
  readonly id: string;
  readonly booking_id: string;
  readonly position: number;
  readonly service_id: string | null;
  readonly variant_id: Json;
  readonly service_name: Json;
  readonly staff_id: Json;
  readonly any_staff: Json;
  readonly room_id: Json;
  readonly starts_local: string;
  readonly ends_local: string;
  readonly zone: string;
  readonly starts_at: string;
  readonly ends_at: string;
  readonly start_mark: string;
  readonly end_mark: string;
  readonly prior_starts_at: string | null;
  readonly prior_ends_at: string | null;
  readonly price_type: string | null;
  readonly price_minor: number | null;
  readonly currency: string | null;
  readonly gap_after_minutes: number | null;
  readonly gap_minutes: number | null;
  readonly session_seats: number;
}

export const ITEM_RECORDSET = `r(id uuid, booking_id uuid, position int, service_id uuid, variant_id uuid,
  service_name text, staff_id uuid, any_staff boolean, room_id uuid, starts_local timestamp, ends_local timestamp,
  zone text, starts_at timestamptz, ends_at timestamptz, start_mark text, end_mark text, prior_starts_at timestamptz,
  prior_ends_at timestamptz, price_type text, price_minor bigint, currency text, gap_after_minutes int,
  gap_minutes int, session_seats int)`;

export const ITEM_COLUMNS = `position, service_id, variant_id, service_name, staff_id, any_staff, room_id, starts_local,
  ends_local, zone, starts_at, ends_at, start_mark, end_mark, prior_starts_at, prior_ends_at, price_type, price_minor,
  currency, gap_after_minutes, gap_minutes, session_seats`;

/** Keys of the items that a visit's groups speak of, in the order of their start. */
export function itemKeysOf(groups: GroupStates): readonly string[] {
  const keys = new Set<string>();
  for (const group of Object.keys(groups)) {
    const item = itemOfGroup(group);
    if (item !== null) keys.add(item.key);
  }
  const startOf = (key: string) => textOf(groups[itemGroups(key).time], 'startsLocal');
  return [...keys].sort((a, b) => startOf(a).localeCompare(startOf(b)) || a.localeCompare(b));
}

/** First start and last end of a visit's items. */
export function spanOf(groups: GroupStates): { readonly startsLocal: string; readonly endsLocal: string } {
  const times = itemKeysOf(groups).map((key) => groups[itemGroups(key).time]);
  const starts = times.map((time) => textOf(time, 'startsLocal')).sort();
  const ends = times.map((time) => textOf(time, 'endsLocal')).sort();
  const startsLocal = starts[0];
  const endsLocal = ends[ends.length - 1];
  if (startsLocal === undefined || endsLocal === undefined) {
    throw new Error('A visit has no item and so no time; the translation must give it one.');
  }
  return { startsLocal, endsLocal };
}

/** The row of a visit. */
export function bookingRow(recordId: string, groups: GroupStates): BookingRow {
  const zone = textOf(groups.zone);
  const span = spanOf(groups);
  return {
    id: recordId,
    profile_id: groups.client ?? null,
    status: partOf(groups.status, 'status'),
    status_reason: partOf(groups.status, 'reason'),
    external_status: groups.statusCode ?? null,
    client_name: groups.clientName ?? null,
    client_phone: groups.clientPhone ?? null,
    client_email: groups.clientEmail ?? null,
    client_note: groups.clientNote ?? null,
    traveling: groups.travel ?? null,
    zone,
    starts_local: span.startsLocal,
    ends_local: span.endsLocal,
    starts_at: resolveLocal(span.startsLocal, zone, 'earlier').instant,
    ends_at: resolveLocal(span.endsLocal, zone, 'later').instant,
  };
}

export interface ItemContext {
  readonly bookingId: string;
  readonly groups: GroupStates;
  readonly seen: SeenRecord;
  readonly variants: ReadonlyMap<string, VariantLink>;
  /** The item's row as it is, where it exists already. */
  readonly before: ItemRow | null;
  /** Whether the old time is held on: the salon proposed another one (R23). */
  readonly holdsPrior: boolean;
  /** Whether the item's time, and whether its service, are taken from what was seen; else they stay as they are. */
  readonly takes: { readonly time: boolean; readonly service: boolean };
}

/** The row of one item. Its price, gaps and seats are a snapshot of the variant at first sight (R12). */
export function itemRow(key: string, position: number, context: ItemContext): ItemRow {
  const { before, takes } = context;
  const groups = itemGroups(key);
  const time = context.groups[groups.time];
  const service = context.groups[groups.service];
  const zone = textOf(context.groups.zone);
  const starts = resolveLocal(textOf(time, 'startsLocal'), zone, 'earlier');
  const ends = resolveLocal(textOf(time, 'endsLocal'), zone, 'earlier');
  const instants =
    takes.time || before === null
      ? { starts_at: starts.instant, ends_at: ends.instant, start_mark: starts.mark, end_mark: ends.mark }
      : before;
  const keepsPrior = context.holdsPrior && before !== null;
  const movedAway = keepsPrior && takes.time;
  return {
    id: before?.id ?? uuidv7(),
    booking_id: context.bookingId,
    position,
    ...snapshotOf(context, takes.service || before === null ? groups.service : null),
    variant_id: partOf(service, 'variant'),
    service_name: partOf(service, 'name'),
    staff_id: partOf(time, 'staff'),
    any_staff: partOf(time, 'anyStaff') ?? false,
    room_id: partOf(time, 'room'),
    starts_local: textOf(time, 'startsLocal'),
    ends_local: textOf(time, 'endsLocal'),
    zone,
    starts_at: instants.starts_at,
    ends_at: instants.ends_at,
    start_mark: instants.start_mark,
    end_mark: instants.end_mark,
    prior_starts_at: movedAway ? before.starts_at : keepsPrior ? before.prior_starts_at : null,
    prior_ends_at: movedAway ? before.ends_at : keepsPrior ? before.prior_ends_at : null,
  };
}

type Snapshot = Pick<
  ItemRow,
  | 'service_id'
  | 'price_type'
  | 'price_minor'
  | 'currency'
  | 'gap_after_minutes'
  | 'gap_minutes'
  | 'session_seats'
>;

function snapshotOf({ before, seen, variants }: ItemContext, serviceGroup: string | null): Snapshot {
  if (serviceGroup === null && before !== null) return before;
  const externalId = serviceGroup === null ? null : partOf(seen.theirs[serviceGroup], 'variant');
  const link = typeof externalId === 'string' ? variants.get(externalId) : undefined;
  return {
    service_id: link?.serviceId ?? null,
    price_type: link?.priceType ?? null,
    price_minor: link?.priceMinor ?? null,
    currency: link?.currency ?? null,
    gap_after_minutes: link?.gapAfterMinutes ?? null,
    gap_minutes: link?.gapMinutes ?? null,
    session_seats: link?.parallelClients ?? 1,
  };
}

/** A visit's groups in the platform's words, read from its rows. */
export function groupsOfRows(
  booking: Readonly<Record<string, Json>>,
  items: readonly ItemRow[],
  keyOfItem: (itemId: string) => string,
): GroupStates {
  const groups: Record<string, Json> = {
    status: { status: booking.status ?? null, reason: booking.status_reason ?? null },
    statusCode: booking.external_status ?? null,
    zone: booking.zone ?? null,
    client: booking.profile_id ?? null,
    clientName: booking.client_name ?? null,
    clientPhone: booking.client_phone ?? null,
    clientEmail: booking.client_email ?? null,
    clientNote: booking.client_note ?? null,
    travel: booking.traveling ?? null,
  };
  for (const item of items) {
    const names = itemGroups(keyOfItem(item.id));
    groups[names.time] = {
      startsLocal: item.starts_local.slice(0, 16),
      endsLocal: item.ends_local.slice(0, 16),
      anyStaff: item.any_staff,
      staff: item.staff_id,
      room: item.room_id,
    };
    groups[names.service] = { variant: item.variant_id, name: item.service_name };
  }
  return groups;
}

/** A visit as it is here, of its rows and the names that its items have in its appointment. */
export function visitOfRows(
  row: Readonly<Record<string, Json>>,
  items: readonly ItemRow[],
  links: Readonly<Record<string, string>>,
): OursState {
  const keyOf = keyFinder(links);
  const groups = groupsOfRows(row, items, keyOf);
  return { groups, counters: countersOf(row, items, keyOf), ended: isEnded(groups) };
}

/** Names items by the other side's key; one that was added here goes by its own id. */
export function keyFinder(links: Readonly<Record<string, string>>): (itemId: string) => string {
  const keys = new Map(Object.entries(links).map(([key, id]) => [id, key]));
  return (itemId) => keys.get(itemId) ?? `own-${itemId}`;
}

function countersOf(
  booking: Readonly<Record<string, Json>>,
  items: readonly ItemRow[],
  keyOf: (itemId: string) => string,
): EditCounters {
  const client = Number(booking.client_edits ?? 0);
  const counters: Record<string, number> = {
    status: Number(booking.status_edits ?? 0),
    client,
    clientName: client,
    clientPhone: client,
    clientEmail: client,
    clientNote: Number(booking.note_edits ?? 0),
    travel: Number(booking.travel_edits ?? 0),
  };
  for (const item of items as readonly (ItemRow & { time_edits?: number; service_edits?: number })[]) {
    const names = itemGroups(keyOf(item.id));
    counters[names.time] = item.time_edits ?? 0;
    counters[names.service] = item.service_edits ?? 0;
  }
  return counters;
}
