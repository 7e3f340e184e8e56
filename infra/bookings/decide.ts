import {
  AvailabilityError,
  explainTime,
  findSlots,
  REASONS,
  type HeldVisit,
  type ReasonCode,
  type SalonDescription,
  type Slot,
  type WantedItem,
  type WantedVisit,
} from '../../domain/availability/index.ts';
import { addDays, localOf, resolveLocal } from '../../domain/local-time.ts';
import { salonAt, type LoadedSalon } from '../availability/load.ts';
import { BookingError, unknown } from './errors.ts';

/** A visit that somebody wants, in a salon. */
export interface Wanted {
  readonly items: readonly WantedItem[];
  readonly startsLocal: string;
  /** What is not in its way: the visit that is being moved, the hold that is being booked. */
  readonly ignoreVisitIds: readonly string[];
  /** A person's deliberate overbooking: what is taken or closed does not matter. */
  readonly overbook: boolean;
}

export interface Taken {
  readonly slot: Slot;
  /** Whether it would have been refused without the permission. */
  readonly overbooked: boolean;
}

/** Items of a visit that stands: what is not sold any more keeps its length, and anybody bookable may serve it. */
export function knownItems({ sold }: LoadedSalon, items: readonly WantedItem[]): readonly WantedItem[] {
  return items.map((item) => ({
    ...item,
    variantId: item.variantId !== null && sold.has(item.variantId) ? item.variantId : null,
  }));
}

/** Days ahead within which other times are looked for. */
export const SUGGEST_DAYS = 14;
const SUGGESTIONS = 5;

/**
 * The salon while a transaction decides about it: what was granted stands in the way of what comes next. Made from rows that
 * were read under the locks.
 */
export class Desk {
  #salon: SalonDescription;
  /** A wish that was refused stays so: granting only makes the salon fuller. */
  readonly #refused = new Map<string, BookingError>();
  /** Wishes that were granted and that nobody else can share: who wants just the same comes too late. */
  readonly #gone = new Set<string>();

  constructor(salon: LoadedSalon) {
    this.#salon = salonAt(salon, salon.readAt);
  }

  /** With what was granted. */
  get description(): SalonDescription {
    return this.#salon;
  }

  /** @throws {BookingError} */
  grant(wanted: Wanted): Taken {
    const key = JSON.stringify(wanted);
    const known = this.#refused.get(key);
    if (known !== undefined) throw known;
    try {
      if (this.#gone.has(key)) throw refusal('busy', false);
      return grant(this.#salon, wanted);
    } catch (error) {
      if (error instanceof BookingError) this.#refused.set(key, error);
      throw error;
    }
  }

  /** Named people who serve one at a time: the same wish again finds them busy. */
  #isExclusive({ items }: Wanted): boolean {
    return items.every(({ variantId, staffId }) => {
      const service = this.#salon.services.find(({ variants }) =>
        variants.some(({ id }) => id === variantId),
      );
      return staffId !== null && service?.seats === 1;
    });
  }

  /** What was granted is held from now on. */
  keep(wanted: Wanted, visit: HeldVisit): void {
    if (!wanted.overbook && this.#isExclusive(wanted)) this.#gone.add(JSON.stringify(wanted));
    const visits = this.#salon.visits.filter(({ id }) => !wanted.ignoreVisitIds.includes(id));
    this.#salon = { ...this.#salon, visits: [...visits, visit] };
  }
}

function grant(salon: SalonDescription, wanted: Wanted): Taken {
  const explanation = asked(() =>
    explainTime(salon, { items: wanted.items, ignoreVisitIds: wanted.ignoreVisitIds }, wanted.startsLocal),
  );
  if (explanation.free && explanation.slot !== null) {
    if (explanation.offered || wanted.overbook) return { slot: explanation.slot, overbooked: false };
    throw new BookingError('time_off_step', {
      message: 'The time is free, but no visit is offered to begin then.',
      next: 'Take one of the times that GET /api/availability lists.',
    });
  }
  const past = isPast(salon, wanted.startsLocal);
  if (wanted.overbook && explanation.code !== 'ambiguous_time' && !past)
    return { slot: forcedSlot(salon, wanted), overbooked: true };
  throw refusal(explanation.code ?? 'busy', past);
}

/** What the engine finds wrong with a question, as the caller is told it. */
export function asked<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof AvailabilityError)) throw error;
    switch (error.code) {
      case 'unknown_service':
        throw unknown('A variant of the request');
      case 'unknown_staff':
        throw unknown('A member of staff of the request');
      case 'staff_not_bookable':
      case 'staff_does_not_serve':
        throw new BookingError('staff_not_offered', {
          message: 'A member of staff of the request does not carry out what is wanted.',
          next: 'Name one who does, or none: then one is chosen.',
          cause: error,
        });
      default:
        throw new BookingError('salon_unusable', {
          message: `The salon as it is stored cannot be sold: ${error.field}, ${error.code}.`,
          next: 'Correct it, in Booksy or here, and try again.',
          cause: error,
        });
    }
  }
}

const TAKEN: readonly ReasonCode[] = ['busy', 'capacity', 'padding', 'no_room'];

function refusal(reason: ReasonCode, past: boolean): BookingError {
  const details = { message: REASONS[reason], next: 'Take one of `nextFree`, or another time.', reason };
  if (past)
    return new BookingError('time_past', {
      ...details,
      message: 'The time is over or has begun.',
      next: 'Take a time to come.',
    });
  if (reason === 'ambiguous_time') return new BookingError('time_ambiguous', details);
  if (reason === 'notice') return new BookingError('time_too_soon', details);
  if (reason === 'horizon') return new BookingError('time_too_far', details);
  return new BookingError(TAKEN.includes(reason) ? 'slot_taken' : 'slot_not_offered', details);
}

function isPast(salon: SalonDescription, startsLocal: string): boolean {
  return Date.parse(resolveLocal(startsLocal, salon.zone).instant) <= Date.parse(salon.now);
}

/** The visit with whom it was asked for: of an overbooking a person says who serves it. */
function forcedSlot(salon: SalonDescription, { items, startsLocal }: Wanted): Slot {
  const start = Date.parse(resolveLocal(startsLocal, salon.zone).instant);
  let at = start;
  const made = items.map((item) => {
    const service = salon.services.find(({ variants }) => variants.some(({ id }) => id === item.variantId));
    const variant = service?.variants.find(({ id }) => id === item.variantId);
    const staffId = item.staffId ?? variant?.staffIds[0];
    if (staffId === undefined) throw unknown('A member of staff of the request');
    const startsAt = new Date(at).toISOString();
    at += (item.durationMinutes ?? variant?.durationMinutes ?? 0) * 60_000;
    const endsAt = new Date(at).toISOString();
    return {
      variantId: item.variantId,
      staffId,
      roomId: service?.roomIds?.[0] ?? null,
      startsAt,
      endsAt,
      startsLocal: localOf(startsAt, salon.zone),
      endsLocal: localOf(endsAt, salon.zone),
      seatsLeft: null,
    };
  });
  const startsAt = new Date(start).toISOString();
  const endsAt = new Date(at).toISOString();
  return {
    startsLocal,
    endsLocal: localOf(endsAt, salon.zone),
    startsAt,
    endsAt,
    items: made,
  };
}

/**
 * The next free times from a wanted one on, of what was read of the salon; by the same staff where one was named. What several
 * ask for is looked for once.
 */
export function timeFinder(
  salon: LoadedSalon,
): (wanted: Omit<Wanted, 'overbook'>, fits?: (slot: Slot) => boolean) => readonly Slot[] {
  const description = salonAt(salon, salon.readAt);
  const found = new Map<string, readonly Slot[]>();
  const slotsOf = (visit: WantedVisit, fromDate: string, toDate: string) => {
    const key = JSON.stringify([visit, fromDate, toDate]);
    const slots = found.get(key) ?? asked(() => findSlots(description, { ...visit, fromDate, toDate }));
    found.set(key, slots);
    return slots;
  };
  const stretches = new Map<string, readonly (readonly [string, string])[]>();
  return ({ items, startsLocal, ignoreVisitIds }, fits = () => true) => {
    const visit = { items, ignoreVisitIds };
    const date = startsLocal.slice(0, 10);
    const ahead = stretches.get(date) ?? stretchesFrom(date, salon.toDate);
    stretches.set(date, ahead);
    const next: Slot[] = [];
    for (const [from, till] of ahead) {
      if (next.length >= SUGGESTIONS) break;
      next.push(
        ...slotsOf(visit, from, till).filter((slot) => slot.startsLocal >= startsLocal && fits(slot)),
      );
    }
    return next.slice(0, SUGGESTIONS);
  };
}

/** The days from a date on in stretches that grow: most often the next ones have enough. */
function stretchesFrom(date: string, lastDate: string): readonly (readonly [string, string])[] {
  const stretches: (readonly [string, string])[] = [];
  let from = date;
  for (let days = 2; from <= lastDate; days *= 3) {
    const till = earlier(addDays(from, days - 1), lastDate);
    stretches.push([from, till]);
    from = addDays(till, 1);
  }
  return stretches;
}

function earlier(left: string, right: string): string {
  return left < right ? left : right;
}
