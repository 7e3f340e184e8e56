/**
 * The sandbox's own picture of Booksy's records, written from BOOKSY's contract and from nothing else of ours.
 * All but visits are kept in the shape they have on the wire; visits are kept compact, for there are many.
 */

/** Fields of a record that the contract does not name; kept and returned, as a real server would. */
export type Extra = Readonly<Record<string, unknown>>;

export interface Hours {
  readonly hour_from: string;
  readonly hour_till: string;
}

export interface ScheduleDay {
  readonly day_of_week: number;
  readonly hours: readonly Hours[];
  readonly hours_apply_from?: string | null | undefined;
}

/** Hours of one date. */
export interface CustomDay {
  readonly hours: readonly Hours[];
  readonly extra?: Extra | undefined;
}

export interface Business {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly booking_mode: 'A' | 'M' | 'S';
  readonly timezone: string;
  readonly country: string;
  readonly currency: string;
}

export interface Resource {
  readonly id: number;
  readonly name: string;
  readonly type: 'S' | 'R';
  readonly active: boolean;
  readonly visible: boolean;
  readonly access_level: 'owner' | 'manager' | 'reception' | 'staff' | null;
  readonly position: number;
  readonly services: readonly number[];
  readonly email: string | null;
  readonly extra?: Extra | undefined;
}

export interface TimeOff {
  readonly id: number;
  readonly resource_id: number;
  readonly date_from: string;
  readonly date_till: string;
  readonly hour_from: string | null;
  readonly hour_till: string | null;
  readonly reason_code: string;
  readonly reason: string | null;
  readonly approved: boolean;
  readonly extra?: Extra | undefined;
}

export interface Category {
  readonly id: number;
  readonly name: string;
  readonly order: number;
  readonly import_uid: string | null;
  readonly extra?: Extra | undefined;
}

export interface GapTime {
  readonly start_after: number;
  readonly duration: number;
}

export interface Service {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly service_category_id: number | null;
  readonly price_type: 'X' | 'V' | 'D' | 'F' | 'S' | 'C';
  readonly padding_time_type: 'A' | 'B' | 'C' | null;
  readonly padding_time: number | null;
  readonly gap_time: GapTime | null;
  readonly parallel_clients: number;
  readonly active: boolean;
  readonly order: number;
  readonly import_uid: string | null;
  readonly extra?: Extra | undefined;
}

export interface Variant {
  readonly id: number;
  readonly service_id: number;
  readonly type: 'X' | 'F' | 'D' | 'V' | 'S';
  readonly price: number | string | null;
  readonly duration: number;
  readonly label: string | null;
  readonly time_slot_interval: number | null;
  readonly staffers: readonly number[];
  readonly import_uid: string | null;
  readonly extra?: Extra | undefined;
}

export interface Customer {
  readonly id: number;
  readonly first_name: string;
  readonly last_name: string;
  readonly cell_phone: string | null;
  readonly email: string | null;
  readonly birthday: string | null;
  readonly allergens: string | null;
  readonly business_secret_note: string | null;
  readonly marketing_agreement: boolean;
  readonly privacy_policy_agreement: boolean;
  readonly from_promo: boolean;
  readonly created: string;
  readonly customer_profile: { readonly email: string | null; readonly cell_phone: string | null } | null;
  readonly extra?: Extra | undefined;
}

export interface Traveling {
  readonly price: number | string | null;
  readonly address_line_1: string | null;
  readonly address_line_2: string | null;
  readonly apartment_number: string | null;
  readonly city: string | null;
  readonly zipcode: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

export const STATUSES = ['A', 'W', 'P', 'M', 'D', 'C', 'F', 'N'] as const;
export type Status = (typeof STATUSES)[number];

/** Staff id that means "anybody". */
export const ANY_STAFF = -1;

/** One part of a visit. Times are naive local minutes (see time.ts). */
export interface Part {
  readonly id: number;
  readonly from: number;
  readonly till: number;
  readonly staffer: number | null;
  readonly appliance: number | null;
  readonly variant: number | null;
  readonly serviceName: string | null;
}

export interface Visit {
  readonly id: number;
  readonly customer: number | null;
  readonly status: Status;
  readonly type: 'B' | 'C' | 'R';
  readonly name: string | null;
  readonly phone: string | null;
  readonly email: string | null;
  readonly customerNote: string | null;
  readonly businessNote: string | null;
  readonly importUid: string | null;
  readonly parts: readonly Part[];
  readonly traveling: Traveling | null;
  /** Part of a series: cannot be modified through the API (422). Not on the wire. */
  readonly repeating: boolean;
  readonly extra?: Extra | undefined;
}

/** Start and end of a visit over all its parts. */
export function spanOf(visit: Visit): { from: number; till: number } {
  let from = Number.POSITIVE_INFINITY;
  let till = Number.NEGATIVE_INFINITY;
  for (const part of visit.parts) {
    from = Math.min(from, part.from);
    till = Math.max(till, part.till);
  }
  return { from, till };
}

/** Whether a visit in that status keeps its time (declined, cancelled and no-show free it). */
export function holds(status: Status): boolean {
  return status !== 'C' && status !== 'D' && status !== 'N';
}

/** Everything one salon is made of; what the generator makes and the state holds. */
export interface SalonData {
  readonly business: Business;
  readonly resources: readonly Resource[];
  readonly categories: readonly Category[];
  readonly services: readonly Service[];
  readonly variants: readonly Variant[];
  readonly customers: readonly Customer[];
  readonly timeOff: readonly TimeOff[];
  /** Weekly hours by owner: `business` or a resource id as text. */
  readonly schedules: ReadonlyMap<string, readonly ScheduleDay[]>;
  /** Custom days by owner, then date. */
  readonly customDays: ReadonlyMap<string, ReadonlyMap<string, CustomDay>>;
  readonly visits: readonly Visit[];
}
