import { v7 as uuidv7 } from 'uuid';
import type { Slot } from '../../domain/availability/index.ts';
import type { LoadedSalon } from '../availability/load.ts';
import { heldVisitOf, type HoldItem } from '../availability/visits.ts';
import type { HeldVisit } from '../../domain/availability/index.ts';
import type { Tx } from '../database/index.ts';
import type { FoundClient } from './client.ts';
import type { Sale } from './sale.ts';

/** A visit that was granted, as it is written. */
export interface GrantedBooking {
  readonly id: string;
  readonly slot: Slot;
  readonly sale: Sale;
  readonly overbooked: boolean;
  readonly client: FoundClient | null;
  readonly note: string | null;
}

/** Writes visits and their items, each by one statement. Triggers hold the time (R21) and put them into the outbox (R26). */
export async function writeBookings(
  tx: Tx,
  salon: LoadedSalon,
  granted: readonly GrantedBooking[],
): Promise<void> {
  if (granted.length === 0) return;
  const { businessId, description } = salon;
  const bookings = granted.map(({ id, slot, sale, overbooked, client, note }) => ({
    id,
    profile_id: client?.profileId ?? null,
    status: sale.status,
    client_name: client?.name ?? null,
    client_phone: client?.phone ?? null,
    client_email: client?.email ?? null,
    client_note: note,
    zone: description.zone,
    starts_local: slot.startsLocal,
    ends_local: slot.endsLocal,
    starts_at: slot.startsAt,
    ends_at: slot.endsAt,
    overbooking_allowed: overbooked,
    awaits_booksy: sale.awaitsBooksy,
  }));
  await tx.$executeRaw`
    INSERT INTO bookings (id, business_id, profile_id, status, client_name, client_phone, client_email, client_note, zone,
                          starts_local, ends_local, starts_at, ends_at, source, overbooking_allowed, awaits_booksy)
    SELECT r.id, ${businessId}::uuid, r.profile_id, r.status, r.client_name, r.client_phone, r.client_email, r.client_note, r.zone,
           r.starts_local, r.ends_local, r.starts_at, r.ends_at, 'platform', r.overbooking_allowed, r.awaits_booksy
      FROM jsonb_to_recordset(${JSON.stringify(bookings)}::jsonb) AS r(id uuid, profile_id uuid, status text, client_name text,
           client_phone text, client_email text, client_note text, zone text, starts_local timestamp, ends_local timestamp,
           starts_at timestamptz, ends_at timestamptz, overbooking_allowed boolean, awaits_booksy boolean)`;
  await writeItems(
    tx,
    businessId,
    granted.flatMap(({ id, slot }) => itemRows(salon, id, slot)),
  );
}

export type ItemRow = ReturnType<typeof itemRows>[number];

/** The items of a visit; price and gap are those of today (R12). */
export function itemRows({ sold, description }: LoadedSalon, bookingId: string, slot: Slot) {
  return slot.items.map((item, position) => {
    const variant = item.variantId === null ? undefined : sold.get(item.variantId);
    return {
      id: uuidv7(),
      booking_id: bookingId,
      position,
      service_id: variant?.serviceId ?? null,
      variant_id: item.variantId,
      service_name: variant?.serviceName ?? null,
      staff_id: item.staffId,
      room_id: item.roomId,
      starts_local: item.startsLocal,
      ends_local: item.endsLocal,
      zone: description.zone,
      starts_at: item.startsAt,
      ends_at: item.endsAt,
      price_type: variant?.priceType ?? null,
      price_minor: variant?.priceMinor ?? null,
      currency: variant?.currency ?? null,
      gap_after_minutes: variant?.gapAfterMinutes ?? null,
      gap_minutes: variant?.gapMinutes ?? null,
      session_seats: variant?.seats ?? 1,
    };
  });
}

async function writeItems(tx: Tx, businessId: string, rows: readonly ItemRow[]): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO booking_items (id, booking_id, business_id, position, service_id, variant_id, service_name, staff_id, room_id,
                               starts_local, ends_local, zone, starts_at, ends_at, price_type, price_minor, currency,
                               gap_after_minutes, gap_minutes, session_seats)
    SELECT r.id, r.booking_id, ${businessId}::uuid, r.position, r.service_id, r.variant_id, r.service_name, r.staff_id, r.room_id,
           r.starts_local, r.ends_local, r.zone, r.starts_at, r.ends_at, r.price_type, r.price_minor, r.currency,
           r.gap_after_minutes, r.gap_minutes, r.session_seats
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(id uuid, booking_id uuid, position int, service_id uuid,
           variant_id uuid, service_name text, staff_id uuid, room_id uuid, starts_local timestamp, ends_local timestamp, zone text,
           starts_at timestamptz, ends_at timestamptz, price_type text, price_minor bigint, currency text, gap_after_minutes int,
           gap_minutes int, session_seats int)`;
}

/** A slot as a hold keeps it. */
export function holdItems({ sold }: LoadedSalon, slot: Slot): readonly HoldItem[] {
  return slot.items.map((item) => {
    const variant = item.variantId === null ? undefined : sold.get(item.variantId);
    return {
      id: uuidv7(),
      variantId: item.variantId,
      serviceId: variant?.serviceId ?? null,
      staffId: item.staffId,
      roomId: item.roomId,
      startsLocal: item.startsLocal,
      endsLocal: item.endsLocal,
      startsAt: item.startsAt,
      endsAt: item.endsAt,
      gapAfterMinutes: variant?.gapAfterMinutes ?? null,
      gapMinutes: variant?.gapMinutes ?? null,
      seats: variant?.seats ?? 1,
    };
  });
}

/** What was granted, as it stands in the way of what comes next. */
export function heldBy(salon: LoadedSalon, id: string, slot: Slot): HeldVisit {
  return heldVisitOf(id, holdItems(salon, slot));
}
