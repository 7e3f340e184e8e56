/**
 * What the slot engine is told about a salon, what it is asked, and what it answers (SPEC 5.1). Plain data: whoever calls
 * reads the rows and passes the time in. Dates are `YYYY-MM-DD`, local times `YYYY-MM-DDTHH:MM` in the salon's zone, instants
 * ISO with `Z` or an offset, lengths whole minutes. docs/AVAILABILITY.md tells how a slot is decided.
 */
import type { OpenInterval } from '../observed.ts';
import type { ReasonCode } from './reasons.ts';

export interface SalonDescription {
  /** IANA zone of the salon. */
  readonly zone: string;
  /** ISO instant. */
  readonly now: string;
  /** When the salon is open. */
  readonly hours: Hours;
  readonly holidays: readonly Holiday[];
  readonly staff: readonly StaffMember[];
  readonly rooms: readonly Room[];
  readonly services: readonly OfferedService[];
  readonly timeOff: readonly TimeOff[];
  /** Visits that touch the range asked for, a day of margin on either side; others change nothing. */
  readonly visits: readonly HeldVisit[];
  readonly rules: OfferRules;
}

/**
 * Opening or working hours. A shift belongs to the day on which it begins, also where it runs past midnight. Shifts that touch
 * or overlap make one stretch of time.
 */
export interface Hours {
  /** Whole weeks; of those that have begun, the one that began last counts. */
  readonly weekly: readonly WeeklyHours[];
  /** Days of their own: each replaces the weekday's hours. */
  readonly custom: readonly CustomDay[];
}

export interface WeeklyHours {
  /** First day that it counts for; null = always did. */
  readonly appliesFrom: string | null;
  /** A weekday that is missing is closed. */
  readonly days: readonly {
    /** 0 = Sunday … 6 = Saturday. */
    readonly dayOfWeek: number;
    /** Minutes from local midnight, the end up to 2880: above 1440 it runs past midnight. */
    readonly intervals: readonly OpenInterval[];
  }[];
}

export interface CustomDay {
  readonly date: string;
  /** `[]` = closed. */
  readonly intervals: readonly OpenInterval[];
}

/** A public holiday that the owner has switched on: the salon is closed, unless a custom day of the salon or `open` says otherwise. */
export interface Holiday {
  readonly date: string;
  /** Opening as an exception; null = none. */
  readonly open: readonly OpenInterval[] | null;
}

export interface StaffMember {
  readonly id: string;
  /** Place in the salon's own order: the smaller is asked first where two are equally loaded. */
  readonly position: number;
  /** False for receptionists: never offered. */
  readonly bookable: boolean;
  /** Null = whenever the salon is open. The salon's own hours bound them in any case. */
  readonly hours: Hours | null;
}

export interface Room {
  readonly id: string;
  readonly position: number;
  /** Items, or sessions, that fit in at once. The database knows rooms of one only (R21). */
  readonly capacity: number;
  /** Null = always. */
  readonly hours: Hours | null;
}

export interface OfferedService {
  readonly id: string;
  /** Kept free around it, in place of the rule's buffers; null = not set, so the rule's buffers count (R22). */
  readonly padding: Padding | null;
  /** Processing gap in which the staff is free (R21). */
  readonly gap: ProcessingGap | null;
  /** Seats of one session (R24); 1 = no sessions. */
  readonly seats: number;
  /** Rooms of which it needs one; null = it needs none. */
  readonly roomIds: readonly string[] | null;
  readonly variants: readonly OfferedVariant[];
}

export interface OfferedVariant {
  /** Unique in the salon. */
  readonly id: string;
  readonly durationMinutes: number;
  /** Its own slot step; null = the rule's. */
  readonly slotStepMinutes: number | null;
  /** Who carries it out. */
  readonly staffIds: readonly string[];
}

export interface Padding {
  readonly beforeMinutes: number;
  readonly afterMinutes: number;
}

export interface ProcessingGap {
  /** Begins so long after the item's start … */
  readonly afterMinutes: number;
  /** … and lasts so long. What lies past the item's end does not count. */
  readonly minutes: number;
}

/** Time in which a member of staff or a room is not there. Exactly one of the two ids is set. */
export interface TimeOff {
  readonly staffId: string | null;
  readonly roomId: string | null;
  readonly startsAt: string;
  readonly endsAt: string;
  /** `block`: taken by something else (a reservation, another calendar); it is told as `busy`. */
  readonly kind: 'time_off' | 'block';
}

/** A visit that exists. Only those whose status holds time count (R23); of unknown staff or rooms nothing is held here. */
export interface HeldVisit {
  readonly id: string;
  /** As `bookings.status`: all but `cancelled` and `no_show` hold; a status that nobody knows holds. */
  readonly status: string;
  readonly items: readonly HeldItem[];
}

export interface HeldItem {
  /** Null with `eligible`: whoever is free (R24). Null without: nobody is held. */
  readonly staffId: string | null;
  /** Who may serve it where `staffId` is null. */
  readonly eligibleStaffIds: readonly string[] | null;
  readonly roomId: string | null;
  readonly serviceId: string | null;
  readonly startsAt: string;
  readonly endsAt: string;
  /** The old time of a proposed move, held while the status is `proposed` (R23). */
  readonly prior: { readonly startsAt: string; readonly endsAt: string } | null;
  readonly gap: ProcessingGap | null;
  /** Seats of the session that it sits in, as the row says; 1 = it shares its staff with nobody. */
  readonly seats: number;
}

/** What bounds an offer; never what is imported (R22, R25). */
export interface OfferRules {
  /** Least time between now and a start. */
  readonly noticeMinutes: number;
  /** Days ahead that are offered (`maxAdvanceBooking`). */
  readonly horizonDays: number;
  /** 5 to 60: starts lie on multiples of it from local midnight. */
  readonly slotStepMinutes: number;
  readonly bufferBeforeMinutes: number;
  readonly bufferAfterMinutes: number;
}

/** One part of the visit that somebody wants. */
export interface WantedItem {
  /** Null for something that is not in the catalogue: then `durationMinutes` says how long, and everybody bookable may serve it. */
  readonly variantId: string | null;
  /** Null = any staff. */
  readonly staffId: string | null;
  /** In place of the variant's. */
  readonly durationMinutes?: number;
}

/** The visit that is wanted: its items follow one another without a break, in this order. */
export interface WantedVisit {
  readonly items: readonly WantedItem[];
  /** Visits that are not in its way: the one that is being moved. */
  readonly ignoreVisitIds?: readonly string[];
}

export interface SlotQuery extends WantedVisit {
  /** Local dates of the start, both included. */
  readonly fromDate: string;
  readonly toDate: string;
}

export interface NextRange {
  /** ISO instant; no start before it. */
  readonly from: string;
  /** At most 100. */
  readonly count: number;
}

/** A start at which the whole visit can be had. */
export interface Slot {
  readonly startsLocal: string;
  readonly endsLocal: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly items: readonly SlotItem[];
}

export interface SlotItem {
  readonly variantId: string | null;
  readonly staffId: string;
  /** Null where it needs none. */
  readonly roomId: string | null;
  readonly startsLocal: string;
  readonly endsLocal: string;
  readonly startsAt: string;
  readonly endsAt: string;
  /** Seats of its session after this one is taken; null where the service has no sessions. */
  readonly seatsLeft: number | null;
}

/** One thing that stands in the way. */
export interface Reason {
  readonly code: ReasonCode;
  /** Which wanted item; null = the visit as a whole. */
  readonly item: number | null;
  /** Of whom it speaks; null = of nobody in particular. */
  readonly staffId: string | null;
}

export interface Explanation {
  /** Whether the visit could begin then. */
  readonly free: boolean;
  /** Whether `findSlots` lists it: free, and on the step or at the start of a session with a free seat. */
  readonly offered: boolean;
  /** The visit that would be, where it is free. */
  readonly slot: Slot | null;
  /** What to tell a person; null where it is free. */
  readonly code: ReasonCode | null;
  /** All that stands in the way: of the visit, then item by item and person by person. Empty where it is free. */
  readonly reasons: readonly Reason[];
}
