/**
 * What the other side was seen to hold, in this product's own words.
 *
 * The Booksy client translates every answer into these shapes; the planner, the activities and the database
 * mirror know no other. Ids of the other side are strings named `externalId`; times are naive local
 * `YYYY-MM-DDTHH:MM` (R11); money is in minor units (R12).
 */

/** When a read happened by the database's clock (R1). ISO instants; `sentAt` is a lower bound, `receivedAt` an upper one. */
export interface Interval {
  readonly sentAt: string;
  readonly receivedAt: string;
}

/** A value with the interval in which it was read. */
export interface Observed<T> {
  readonly value: T;
  readonly interval: Interval;
}

/** Why one row of an answer could not be understood. Goes to quarantine; the rest of the answer goes on. */
export interface RejectedRow {
  /** The other side's id where it could still be read. */
  readonly externalId: string | null;
  readonly reasonCode: RejectReason;
  /** Path of the field inside the row, e.g. `items.0.startsLocal` as the other side calls it. */
  readonly field: string | null;
  /** What was wrong, without any value that could be personal. */
  readonly detail: string;
}

export const REJECT_REASONS = [
  'unparseable',
  'unknown_zone',
  'foreign_currency',
  'invalid_time_range',
  'invalid_price',
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

/** One page of a list that is walked with offset and limit. `total` is the other side's count (R2). */
export interface ListPage<T> {
  readonly total: number;
  readonly rows: readonly T[];
  readonly rejected: readonly RejectedRow[];
  /** Ids of all rows of the page in the order they came, the rejected ones too (null where unreadable): R2's anchors. */
  readonly externalIds: readonly (string | null)[];
  readonly interval: Interval;
}

/** A whole (unpaged) list, with what in it could not be understood. */
export interface WholeList<T> {
  readonly rows: readonly T[];
  readonly rejected: readonly RejectedRow[];
  readonly interval: Interval;
}

/** Remote fields that this product does not know. They are personal until proven otherwise: kept sealed, returned on PUT only (R40). */
export type UnknownFields = Readonly<Record<string, unknown>> | null;

export interface ObservedBusiness {
  readonly externalId: string;
  readonly name: string;
  /** IANA zone. */
  readonly zone: string;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly bookingMode: 'automatic' | 'manual' | 'semi';
}

export interface ObservedResource {
  readonly externalId: string;
  readonly kind: 'staff' | 'room';
  readonly name: string;
  readonly email: string | null;
  readonly active: boolean;
  readonly visible: boolean;
  /** `reception` looks like staff but is not bookable. */
  readonly accessLevel: 'owner' | 'manager' | 'reception' | 'staff' | null;
  readonly position: number;
  /** What is done by this person or in this room; null where Booksy does not say. */
  readonly serviceExternalIds: readonly string[] | null;
  readonly unknown: UnknownFields;
}

/** Minutes from local midnight; `closeMinute` above 1440 runs past midnight. */
export type OpenInterval = readonly [openMinute: number, closeMinute: number];

export interface ObservedWeekday {
  /** 0 = Sunday … 6 = Saturday. */
  readonly dayOfWeek: number;
  /** `YYYY-MM-DD` from which this set of days counts; null = the present one. */
  readonly appliesFrom: string | null;
  /** Sorted; several = split shift; none = closed. */
  readonly intervals: readonly OpenInterval[];
}

export interface ObservedCustomDay {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly intervals: readonly OpenInterval[];
}

export const TIME_OFF_REASONS = [
  'personal_day',
  'sick_day',
  'vacation',
  'training',
  'no_show',
  'late',
  'early',
  'other',
  'day_off',
  'holiday',
  'maintenance',
  'break',
] as const;
export type TimeOffReason = (typeof TIME_OFF_REASONS)[number];

export interface ObservedTimeOff {
  readonly externalId: string;
  /** `reservation` is a visit-list entry of the other side that blocks time without a client (R19). */
  readonly source: 'time_off' | 'reservation';
  readonly resourceExternalId: string;
  readonly startsLocal: string;
  readonly endsLocal: string;
  readonly allDay: boolean;
  readonly reasonCode: TimeOffReason;
  readonly approved: boolean;
  /** True where the free text carries our own marker (R15, R19); the text itself is not kept. */
  readonly ours: boolean;
  /** What the marker says: record id and generation (R16). */
  readonly importUid: string | null;
}

export interface ObservedCategory {
  readonly externalId: string;
  readonly name: string;
  readonly position: number;
  readonly importUid: string | null;
  readonly unknown: UnknownFields;
}

export const PRICE_TYPES = ['fixed', 'varies', 'hidden', 'free', 'from', 'combo'] as const;
export type PriceType = (typeof PRICE_TYPES)[number];

/** R12: varying, hidden and from-without-amount have `minor: null`; free is 0. */
export interface Price {
  readonly type: PriceType;
  readonly minor: number | null;
  readonly currency: string;
}

export interface ObservedService {
  readonly externalId: string;
  readonly name: string;
  readonly description: string | null;
  readonly categoryExternalId: string | null;
  readonly priceType: PriceType;
  readonly paddingKind: 'before' | 'after' | 'both' | null;
  readonly paddingMinutes: number;
  /** Processing gap inside the service in which the staff is free. */
  readonly gapAfterMinutes: number | null;
  readonly gapMinutes: number | null;
  /** Seats of one session (R24). */
  readonly parallelClients: number;
  readonly active: boolean;
  readonly position: number;
  readonly importUid: string | null;
  readonly unknown: UnknownFields;
}

export interface ObservedVariant {
  readonly externalId: string;
  readonly serviceExternalId: string;
  readonly label: string | null;
  readonly price: Price;
  readonly durationMinutes: number;
  readonly slotStepMinutes: number | null;
  readonly staffExternalIds: readonly string[];
  readonly importUid: string | null;
  readonly unknown: UnknownFields;
}

/** Contract-minimal card (R40): birthday, allergies and private notes never pass the edge. */
export interface ObservedClient {
  readonly externalId: string;
  readonly givenName: string;
  readonly familyName: string;
  /** Trimmed and lower-cased; null where missing or not an address. */
  readonly email: string | null;
  /** E.164 by the business's country; null where missing or not a number. */
  readonly phone: string | null;
  readonly createdAt: string | null;
  readonly unknown: UnknownFields;
}

export const VISIT_STATUSES = [
  'pending',
  'confirmed',
  'proposed',
  'cancelled',
  'completed',
  'no_show',
] as const;
export type VisitStatus = (typeof VISIT_STATUSES)[number];

export interface ObservedVisitItem {
  /** Sub-booking id; null where the other side gave none. */
  readonly externalId: string | null;
  readonly startsLocal: string;
  readonly endsLocal: string;
  /** Null with `anyStaff` false = nobody named. */
  readonly staffExternalId: string | null;
  readonly anyStaff: boolean;
  readonly roomExternalId: string | null;
  readonly variantExternalId: string | null;
  readonly serviceName: string | null;
}

/** Where a travelling visit takes place. The salon's own stamped address is not travel. */
export interface ObservedTravel {
  readonly addressLine1: string | null;
  readonly addressLine2: string | null;
  readonly apartmentNumber: string | null;
  readonly city: string | null;
  readonly postcode: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly priceMinor: number | null;
}

export interface ObservedVisit {
  readonly kind: 'visit';
  readonly externalId: string;
  readonly clientExternalId: string | null;
  readonly status: VisitStatus;
  /** Why it is cancelled (`declined` or `cancelled` by code); null otherwise. */
  readonly statusReason: 'declined' | 'cancelled' | 'changed_by_client' | null;
  /** The other side's own code, kept lossless. */
  readonly statusCode: string;
  readonly bookedBy: 'business' | 'client';
  readonly zone: string;
  readonly startsLocal: string;
  readonly endsLocal: string;
  readonly clientName: string | null;
  readonly clientPhone: string | null;
  readonly clientEmail: string | null;
  /** What the client asked for this visit, trimmed. The salon's private note never passes the edge (R8). */
  readonly clientNote: string | null;
  readonly importUid: string | null;
  readonly items: readonly ObservedVisitItem[];
  /** `undefined` = this read could not tell (thin list row, R5); null = not a travelling visit. */
  readonly travel: ObservedTravel | null | undefined;
  readonly unknown: UnknownFields;
}

/** A resource-time reservation in the visit list (R19); `cancelled` frees it. */
export interface ObservedReservation {
  readonly kind: 'reservation';
  readonly externalId: string;
  readonly cancelled: boolean;
  readonly zone: string;
  readonly blocks: readonly ObservedTimeOff[];
}

export type ObservedAppointment = ObservedVisit | ObservedReservation;
