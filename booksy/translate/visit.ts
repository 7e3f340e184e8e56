/** Appointments: visits, and the blocks of type R (R19). Status map lossless: the raw code is kept. */
import type {
  ObservedAppointment,
  ObservedReservation,
  ObservedTimeOff,
  ObservedTravel,
  ObservedVisit,
  ObservedVisitItem,
  VisitStatus,
} from '../../domain/observed.ts';
import type { BusinessRef } from '../business-ref.ts';
import type { RowReader } from '../wire/read.ts';
import {
  appointmentShape,
  subbookingShape,
  travelingShape,
  type WireAppointment,
  type WireSubbooking,
  type WireTraveling,
} from '../wire/shapes.ts';
import { unknownFields } from '../wire/unknown.ts';
import { emailOf, phoneOf, textOf } from './contact.ts';
import { parseAmount } from './money.ts';
import { localOf, requireOrder, zoneOf } from './time.ts';

/** Staff id that means "anybody". */
export const ANY_STAFF = -1;

interface StatusMeaning {
  readonly status: VisitStatus;
  readonly reason: ObservedVisit['statusReason'];
}

const STATUSES: Readonly<Record<WireAppointment['status'], StatusMeaning>> = {
  W: { status: 'pending', reason: null },
  A: { status: 'confirmed', reason: null },
  M: { status: 'confirmed', reason: 'changed_by_client' },
  P: { status: 'proposed', reason: null },
  D: { status: 'cancelled', reason: 'declined' },
  C: { status: 'cancelled', reason: 'cancelled' },
  F: { status: 'completed', reason: null },
  N: { status: 'no_show', reason: null },
};

/**
 * @param full whether this read tells everything: a thin list row cannot say whether the visit travels (R5)
 */
export function appointmentReader(
  business: BusinessRef,
  full: boolean,
): RowReader<WireAppointment, ObservedAppointment> {
  return {
    shape: appointmentShape,
    translate: (wire, row) => (wire.type === 'R' ? reservationOf(wire) : visitOf(wire, row, business, full)),
  };
}

function visitOf(
  wire: WireAppointment,
  row: Readonly<Record<string, unknown>>,
  business: BusinessRef,
  full: boolean,
): ObservedVisit {
  const startsLocal = localOf(wire.booked_from, 'booked_from');
  const endsLocal = localOf(wire.booked_till, 'booked_till');
  requireOrder(startsLocal, endsLocal, 'booked_till');
  return {
    kind: 'visit',
    externalId: String(wire.id),
    clientExternalId: wire.booked_for_id == null ? null : String(wire.booked_for_id),
    status: STATUSES[wire.status].status,
    statusReason: STATUSES[wire.status].reason,
    statusCode: wire.status,
    bookedBy: wire.type === 'C' ? 'client' : 'business',
    zone: zoneOf(wire.business_timezone, 'business_timezone'),
    startsLocal,
    endsLocal,
    clientName: textOf(wire.customer_name),
    clientPhone: phoneOf(wire.customer_phone, business.country),
    clientEmail: emailOf(wire.customer_email),
    clientNote: textOf(wire.customer_note),
    importUid: wire.import_uid ?? null,
    items: wire.subbookings.map(itemOf),
    travel: full ? travelOf(wire.traveling, business.currency) : undefined,
    unknown: unknownFields(row, appointmentShape, {
      subbookings: subbookingShape,
      traveling: travelingShape,
    }),
  };
}

function itemOf(wire: WireSubbooking, index: number): ObservedVisitItem {
  const { startsLocal, endsLocal } = rangeOf(wire, index);
  return {
    externalId: wire.id == null ? null : String(wire.id),
    startsLocal,
    endsLocal,
    staffExternalId:
      wire.staffer_id == null || wire.staffer_id === ANY_STAFF ? null : String(wire.staffer_id),
    anyStaff: wire.staffer_id === ANY_STAFF,
    roomExternalId: wire.appliance_id == null ? null : String(wire.appliance_id),
    variantExternalId: wire.service_variant_id == null ? null : String(wire.service_variant_id),
    serviceName: textOf(wire.service_name),
  };
}

function rangeOf(wire: WireSubbooking, index: number): { startsLocal: string; endsLocal: string } {
  const path = `subbookings.${String(index)}`;
  const startsLocal = localOf(wire.booked_from, `${path}.booked_from`);
  const endsLocal = localOf(wire.booked_till, `${path}.booked_till`);
  requireOrder(startsLocal, endsLocal, `${path}.booked_till`);
  return { startsLocal, endsLocal };
}

/**
 * Undefined where the answer does not say; null where the visit does not travel. The salon's own address stamped on
 * a visit has no price, a real journey has one (0 if it is free).
 */
function travelOf(
  wire: WireTraveling | null | undefined,
  currency: string,
): ObservedTravel | null | undefined {
  if (wire === undefined) return undefined;
  if (wire === null) return null;
  const price = parseAmount(wire.price, currency, 'traveling.price');
  if (price === null) return null;
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

function reservationOf(wire: WireAppointment): ObservedReservation {
  return {
    kind: 'reservation',
    externalId: String(wire.id),
    cancelled: STATUSES[wire.status].status === 'cancelled',
    zone: zoneOf(wire.business_timezone, 'business_timezone'),
    blocks: wire.subbookings.flatMap((part, index) => blocksOf(wire, part, index)),
  };
}

/** One block per named resource. Its id is made of appointment, part and resource: none of them alone is enough. */
function blocksOf(wire: WireAppointment, part: WireSubbooking, index: number): ObservedTimeOff[] {
  const { startsLocal, endsLocal } = rangeOf(part, index);
  return [part.staffer_id, part.appliance_id]
    .filter((id): id is number => typeof id === 'number' && id !== ANY_STAFF)
    .map((resource) => ({
      externalId: [wire.id, part.id ?? index, resource].join(':'),
      source: 'reservation',
      resourceExternalId: String(resource),
      startsLocal,
      endsLocal,
      allDay: startsLocal.endsWith('T00:00') && endsLocal.endsWith('T00:00'),
      reasonCode: 'other',
      approved: true,
      ours: wire.import_uid != null,
      importUid: wire.import_uid ?? null,
    }));
}
