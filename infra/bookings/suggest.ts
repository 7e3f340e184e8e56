import type { Slot } from '../../domain/availability/index.ts';
import { addDays } from '../../domain/local-time.ts';
import { loadSalon, type LoadedSalon } from '../availability/load.ts';
import type { PrismaClient } from '../database/index.ts';
import { knownItems, SUGGEST_DAYS, timeFinder } from './decide.ts';
import { BookingError, type BookingErrorCode } from './errors.ts';
import type { WantedMove } from './change.ts';
import type { WantedTime } from './types.ts';

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

/**
 * Puts next free times to refusals; what several ask for is looked for once.
 *
 * @param read the salon from the first of their days on, {@link SUGGEST_DAYS} further than the last
 */
export function suggester(
  read: () => Promise<LoadedSalon | null>,
  fits?: (slot: Slot) => boolean,
): (error: BookingError, time: WantedTime) => Promise<BookingError> {
  // One refusal is one wish, however many had it.
  const told = new Map<BookingError, BookingError>();
  let finder: Promise<Finder | null> | null = null;
  return async (error, time) => {
    if (!WITH_TIMES.includes(error.code) || !('items' in time)) return error;
    try {
      finder ??= read().then((salon) => (salon === null ? null : timeFinder(salon)));
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

/** The salon as it is now, for other times than these. Null where no time is named. */
export async function readForTimes(
  db: Pick<PrismaClient, '$queryRaw'>,
  businessId: string,
  times: readonly WantedTime[],
): Promise<LoadedSalon | null> {
  const dates = times.flatMap((time) => dateOf(time) ?? []).sort();
  const [first, last] = [dates[0], dates.at(-1)];
  if (first === undefined || last === undefined) return null;
  return loadSalon(db, businessId, first, addDays(last, SUGGEST_DAYS));
}

/** A move that was refused is told when it could be instead; the visit's own time is not in its way. */
export async function withOtherTimes(
  db: Pick<PrismaClient, '$queryRaw'>,
  error: BookingError,
  { businessId, visitId, items, startsLocal }: WantedMove,
): Promise<BookingError> {
  if (!WITH_TIMES.includes(error.code)) return error;
  try {
    const salon = await readForTimes(db, businessId, [{ items, startsLocal }]);
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
