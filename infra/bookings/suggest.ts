import type { Slot } from '../../domain/availability/index.ts';
import { addDays } from '../../domain/local-time.ts';
import { loadSalon } from '../availability/load.ts';
import type { PrismaClient } from '../database/index.ts';
import { knownItems, SUGGEST_DAYS, timeFinder } from './decide.ts';
import { BookingError, type BookingErrorCode } from './errors.ts';
import type { WantedMove } from './change.ts';
import type { WantedTime, Wish } from './types.ts';

const WITH_TIMES: readonly BookingErrorCode[] = [
  'slot_taken',
  'slot_not_offered',
  'time_off_step',
  'taken_at_booksy',
];

/** The constraint refused the time at the commit: somebody who did not ask here was faster. */
export function lostRace(cause: unknown): BookingError {
  return new BookingError('slot_taken', {
    message: 'The time was taken by somebody else just now.',
    next: 'Take one of `nextFree`, or another time.',
    reason: 'busy',
    cause,
  });
}

/** Of a hold nobody knows before it is read. */
export function dateOf(time: WantedTime | undefined): string | null {
  return time !== undefined && 'startsLocal' in time ? time.startsLocal.slice(0, 10) : null;
}

type Finder = ReturnType<typeof timeFinder>;

/** Puts next free times to refusals; what several ask for is looked for once. */
export function suggester(
  db: Pick<PrismaClient, '$queryRaw'>,
  businessId: string,
  round: readonly { readonly wish: Wish }[],
  fits?: (slot: Slot) => boolean,
): (error: BookingError, time: WantedTime) => Promise<BookingError> {
  const dates = round.flatMap(({ wish }) => dateOf(wish.time) ?? []).sort();
  // One refusal is one wish, however many had it.
  const told = new Map<BookingError, BookingError>();
  let finder: Promise<Finder | null> | null = null;
  return async (error, time) => {
    if (!WITH_TIMES.includes(error.code) || !('items' in time)) return error;
    const date = time.startsLocal.slice(0, 10);
    finder ??= loadSalon(db, businessId, dates[0] ?? date, addDays(dates.at(-1) ?? date, SUGGEST_DAYS)).then(
      (salon) => (salon === null ? null : timeFinder(salon)),
    );
    try {
      const find = await finder;
      if (find === null) return error;
      const known = told.get(error) ?? withTimes(error, find({ ...time, ignoreVisitIds: [] }, fits));
      told.set(error, known);
      return known;
    } catch {
      // Suggestions are a courtesy: the refusal stands without them.
      return error;
    }
  };
}

/** A move that was refused is told when it could be instead; the visit's own time is not in its way. */
export async function withOtherTimes(
  db: Pick<PrismaClient, '$queryRaw'>,
  error: BookingError,
  { businessId, visitId, items, startsLocal }: WantedMove,
): Promise<BookingError> {
  if (!WITH_TIMES.includes(error.code)) return error;
  try {
    const date = startsLocal.slice(0, 10);
    const salon = await loadSalon(db, businessId, date, addDays(date, SUGGEST_DAYS));
    if (salon === null) return error;
    const wanted = { items: knownItems(salon, items), startsLocal, ignoreVisitIds: [visitId] };
    return withTimes(error, timeFinder(salon)(wanted));
  } catch {
    return error;
  }
}

function withTimes(error: BookingError, nextFree: readonly Slot[]): BookingError {
  return new BookingError(error.code, { ...error.details, nextFree });
}
