import { v7 as uuidv7 } from 'uuid';
import { emailOf, phoneOf, textOf } from '../../../booksy/translate/contact.ts';
import { parseAmount, priceOf, priceTypeOf } from '../../../booksy/translate/money.ts';
import type {
  WireAppointment,
  WireCategory,
  WireCustomer,
  WireResource,
  WireService,
  WireSubbooking,
  WireVariant,
} from '../../../booksy/wire/shapes.ts';
import { resolveLocal } from '../../../domain/local-time.ts';
import { Prisma } from '../../../infra/database/index.ts';

/**
 * Rows of the platform from Booksy's JSON, field by field. The fields themselves (phone, price, local time) are read by the
 * product's own small functions: both scripts get the same content from them, and faster than a day's work would.
 */

/** What was imported before the visits, by Booksy's ids: a script keeps it in memory. */
export interface Known {
  readonly businessId: string;
  readonly country: string;
  readonly currency: string;
  readonly staff: Map<number, string>;
  readonly rooms: Map<number, string>;
  readonly categories: Map<number, string>;
  readonly services: Map<number, { readonly id: string; readonly wire: WireService }>;
  readonly variants: Map<
    number,
    { readonly id: string; readonly serviceId: number; readonly wire: WireVariant }
  >;
  readonly clients: Map<number, string>;
}

const PADDINGS = { A: 'after', B: 'before', C: 'both' } as const;
const MODES = { A: 'automatic', M: 'manual', S: 'semi' } as const;
const STATUSES = {
  W: ['pending', null],
  A: ['confirmed', null],
  M: ['confirmed', 'changed_by_client'],
  P: ['proposed', null],
  D: ['cancelled', 'declined'],
  C: ['cancelled', 'cancelled'],
  F: ['completed', null],
  N: ['no_show', null],
} as const;
const ANYBODY = -1;

export const bookingModeOf = (code: keyof typeof MODES) => MODES[code];

export const staffRow = (wire: WireResource) => ({
  name: wire.name.trim(),
  email: emailOf(wire.email),
  bookable: wire.access_level !== 'reception',
  active: wire.active,
  accessLevel: wire.access_level ?? null,
  position: wire.position,
});

export const roomRow = (wire: WireResource) => ({
  name: wire.name.trim(),
  active: wire.active,
  position: wire.position,
});

export const categoryRow = (wire: WireCategory) => ({ name: wire.name.trim(), position: wire.order });

export function serviceRow(wire: WireService, known: Known) {
  const padding = wire.padding_time_type == null ? null : PADDINGS[wire.padding_time_type];
  return {
    categoryId:
      wire.service_category_id == null ? null : (known.categories.get(wire.service_category_id) ?? null),
    name: wire.name.trim(),
    description: textOf(wire.description),
    priceType: priceTypeOf(wire.price_type),
    paddingKind: padding,
    paddingMinutes: padding === null ? 0 : (wire.padding_time ?? 0),
    gapAfterMinutes: wire.gap_time?.start_after ?? null,
    gapMinutes: wire.gap_time?.duration ?? null,
    parallelClients: wire.parallel_clients ?? 1,
    active: wire.active,
    position: wire.order,
  };
}

export function variantRow(wire: WireVariant, { currency }: Known) {
  const price = priceOf(wire.type, wire.price, currency);
  return {
    label: textOf(wire.label),
    priceType: price.type,
    priceMinor: price.minor === null ? null : BigInt(price.minor),
    currency,
    durationMinutes: wire.duration,
    slotStepMinutes: wire.time_slot_interval ?? null,
  };
}

export const clientRow = (wire: WireCustomer, { country }: Known) => ({
  givenName: wire.first_name?.trim() ?? '',
  familyName: wire.last_name?.trim() ?? '',
  email: emailOf(wire.email),
  phoneE164: phoneOf(wire.cell_phone, country),
});

/** A local wall-clock time as Prisma takes a `timestamp` without zone. */
export const wall = (local: string): Date => new Date(`${local}:00Z`);

const instant = (local: string, zone: string, prefer: 'earlier' | 'later') => {
  const resolved = resolveLocal(local, zone, prefer);
  return { at: new Date(resolved.instant), mark: resolved.mark };
};

/** A visit with its items, in the order of their start. */
export function bookingRow(wire: WireAppointment, known: Known) {
  const zone = wire.business_timezone;
  const parts = [...wire.subbookings].sort(
    (a, b) =>
      a.booked_from.localeCompare(b.booked_from) || String(a.id ?? '').localeCompare(String(b.id ?? '')),
  );
  const startsLocal = parts.map((part) => part.booked_from).sort()[0] ?? wire.booked_from;
  const endsLocal =
    parts
      .map((part) => part.booked_till)
      .sort()
      .at(-1) ?? wire.booked_till;
  const [status, statusReason] = STATUSES[wire.status];
  const traveling = travelOf(wire, known.currency);
  return {
    booking: {
      profileId: wire.booked_for_id == null ? null : (known.clients.get(wire.booked_for_id) ?? null),
      status,
      statusReason,
      externalStatus: wire.status,
      clientName: textOf(wire.customer_name),
      clientPhone: phoneOf(wire.customer_phone, known.country),
      clientEmail: emailOf(wire.customer_email),
      clientNote: textOf(wire.customer_note),
      traveling: traveling ?? Prisma.DbNull,
      zone,
      startsLocal: wall(startsLocal),
      endsLocal: wall(endsLocal),
      startsAt: instant(startsLocal, zone, 'earlier').at,
      endsAt: instant(endsLocal, zone, 'later').at,
      source: 'booksy',
    },
    items: parts.map((part, position) => itemRow(part, position, zone, known)),
  };
}

function itemRow(part: WireSubbooking, position: number, zone: string, known: Known) {
  const variant = part.service_variant_id == null ? undefined : known.variants.get(part.service_variant_id);
  const service = variant === undefined ? undefined : known.services.get(variant.serviceId);
  const price = variant === undefined ? null : priceOf(variant.wire.type, variant.wire.price, known.currency);
  const starts = instant(part.booked_from, zone, 'earlier');
  const ends = instant(part.booked_till, zone, 'earlier');
  return {
    id: uuidv7(),
    businessId: known.businessId,
    position,
    serviceId: service?.id ?? null,
    variantId: variant?.id ?? null,
    serviceName: textOf(part.service_name),
    staffId: part.staffer_id == null ? null : (known.staff.get(part.staffer_id) ?? null),
    anyStaff: part.staffer_id === ANYBODY,
    roomId: part.appliance_id == null ? null : (known.rooms.get(part.appliance_id) ?? null),
    startsLocal: wall(part.booked_from),
    endsLocal: wall(part.booked_till),
    zone,
    startsAt: starts.at,
    endsAt: ends.at,
    startMark: starts.mark,
    endMark: ends.mark,
    priceType: price?.type ?? null,
    priceMinor: price?.minor == null ? null : BigInt(price.minor),
    currency: price?.currency ?? null,
    gapAfterMinutes: service?.wire.gap_time?.start_after ?? null,
    gapMinutes: service?.wire.gap_time?.duration ?? null,
    sessionSeats: service?.wire.parallel_clients ?? 1,
  };
}

function travelOf({ traveling: wire }: WireAppointment, currency: string) {
  const price = wire == null ? null : parseAmount(wire.price, currency, 'traveling.price');
  if (wire == null || price === null) return null;
  return {
    addressLine1: textOf(wire.address_line_1),
    addressLine2: textOf(wire.address_line_2),
    apartmentNumber: textOf(wire.apartment_number),
    city: textOf(wire.city),
    postcode: textOf(wire.zipcode),
    latitude: wire.latitude ?? null,
    longitude: wire.longitude ?? null,
    priceMinor: price.minor,
  };
}

/** The blocks of a reservation: one per named resource and part; none once it is cancelled. */
export function blockRows(
  wire: WireAppointment,
): { readonly externalId: string; readonly resource: number; readonly time: OffTime }[] {
  if (STATUSES[wire.status][0] === 'cancelled') return [];
  return wire.subbookings.flatMap((part, index) =>
    [part.staffer_id, part.appliance_id]
      .filter((id): id is number => typeof id === 'number' && id !== ANYBODY)
      .map((resource) => ({
        externalId: [wire.id, part.id ?? index, resource].join(':'),
        resource,
        time: {
          startsLocal: part.booked_from,
          endsLocal: part.booked_till,
          reasonCode: 'other',
          approved: true,
          zone: wire.business_timezone,
        },
      })),
  );
}

export interface OffTime {
  readonly startsLocal: string;
  readonly endsLocal: string;
  readonly reasonCode: string;
  readonly approved: boolean;
  readonly zone: string;
}

/** Time off of a resource; null where nobody knows the resource. */
export function timeOffRow(resource: number, time: OffTime, known: Known) {
  const staffId = known.staff.get(resource);
  const ownerId = staffId ?? known.rooms.get(resource);
  if (ownerId === undefined) return null;
  return {
    businessId: known.businessId,
    ownerKind: staffId === undefined ? 'room' : 'staff',
    ownerId,
    zone: time.zone,
    startsLocal: wall(time.startsLocal),
    endsLocal: wall(time.endsLocal),
    startsAt: instant(time.startsLocal, time.zone, 'earlier').at,
    endsAt: instant(time.endsLocal, time.zone, 'later').at,
    allDay: time.startsLocal.endsWith('T00:00') && time.endsLocal.endsWith('T00:00'),
    reasonCode: time.reasonCode,
    approved: time.approved,
  };
}
