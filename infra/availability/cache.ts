import { findSlots, type Slot, type SlotQuery } from '../../domain/availability/index.ts';
import { addDays } from '../../domain/local-time.ts';
import type { PrismaClient } from '../database/index.ts';
import { loadSalon, salonAt, type LoadedSalon } from './load.ts';
import { createOwnChanges, type OwnChange } from './own.ts';

/** Tells that a salon's time has changed; null: of any. */
export interface TimeChanges {
  /** False while it may be missing some: then nothing is kept. */
  listens(): boolean;
  /** @param dropped told of each change as it was notified, and with null when it begins or ends to listen */
  onChange(dropped: (businessId: string | null) => void): void;
}

export interface Availability {
  /** The salon for some local dates, at most a minute old and never older than its last change. Null: there is none. */
  salon(businessId: string, fromDate: string, toDate: string): Promise<LoadedSalon | null>;
  /** Its free starts. What another asked before is not worked out again. @throws {AvailabilityError} */
  slots(salon: LoadedSalon, query: SlotQuery): readonly Slot[];
  /** Forgets what is kept of a business: it has been changed from here. */
  drop(businessId: string): void;
  /** The same for a transaction that is about to change it: what is kept is dropped once, by it or by what is told of it. */
  begin(): OwnChange;
}

const KEPT_MS = 60_000;
const SALONS_KEPT = 200;
const ANSWERS_KEPT = 200;

interface Kept {
  readonly businessId: string;
  readonly salon: Promise<LoadedSalon | null>;
  readonly until: number;
}

/** Free time of salons as they are read often: never for deciding about a booking. */
export function createAvailability(
  prisma: Pick<PrismaClient, '$queryRaw'>,
  changes: TimeChanges | null,
  now: () => number = Date.now,
): Availability {
  const kept = new Map<string, Kept>();
  const answers = new WeakMap<LoadedSalon, Map<string, readonly Slot[]>>();

  function drop(businessId: string | null): void {
    for (const [key, each] of kept)
      if (businessId === null || each.businessId === businessId) kept.delete(key);
  }
  const own = createOwnChanges(() => changes?.listens() === true, drop);
  changes?.onChange((told) => {
    if (!own.knows(told)) drop(told);
  });

  return {
    salon(businessId, fromDate, toDate) {
      if (changes?.listens() !== true) return loadSalon(prisma, businessId, fromDate, toDate);
      const [from, to] = wholeWeeks(fromDate, toDate);
      const key = `${businessId} ${from} ${to}`;
      const known = kept.get(key);
      if (known !== undefined && known.until > now()) return known.salon;
      const salon = loadSalon(prisma, businessId, from, to);
      const entry = { businessId, salon, until: now() + KEPT_MS };
      kept.delete(key);
      kept.set(key, entry);
      if (kept.size > SALONS_KEPT) for (const oldest of [...kept.keys()].slice(0, 1)) kept.delete(oldest);
      salon.catch(() => {
        if (kept.get(key) === entry) kept.delete(key);
      });
      return salon;
    },

    slots(salon, query) {
      const moment = new Date(now()).toISOString();
      const known = answers.get(salon) ?? new Map<string, readonly Slot[]>();
      answers.set(salon, known);
      const key = JSON.stringify(query);
      // Holds that end within the minute free their time with the next reading.
      const found = known.get(key) ?? findSlots(salonAt(salon, salon.readAt), query);
      if (known.size < ANSWERS_KEPT) known.set(key, found);
      const { noticeMinutes } = salon.description.rules;
      const earliest = new Date(Date.parse(moment) + noticeMinutes * 60_000).toISOString();
      return found.filter(({ startsAt }) => startsAt >= earliest);
    },

    drop,
    begin: own.begin,
  };
}

/** Questions of about the same days share what is read. Monday to Sunday, whatever the salon's week begins with. */
function wholeWeeks(fromDate: string, toDate: string): readonly [string, string] {
  const day = (date: string) => (new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7;
  return [addDays(fromDate, -day(fromDate)), addDays(toDate, 6 - day(toDate))];
}
