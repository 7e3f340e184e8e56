import {
  AvailabilityError,
  explainTime,
  findSlots,
  type SalonDescription,
  type Slot,
} from '../../domain/availability/index.ts';
import { addDays, localOf } from '../../domain/local-time.ts';
import { loadSalon, salonAt, type LoadedSalon } from '../availability/load.ts';
import type { OurItem } from './ours.ts';
import type { Reader } from './picture.ts';

/** Where a visit could go instead, by the slot engine: what is suggested can be booked. */
export interface Suggestions {
  /** Next free starts of the same staff, local. */
  readonly times: readonly { readonly startsLocal: string; readonly staffId: string }[];
  /** Others who can, and are free at the same time. */
  readonly staff: readonly { readonly staffId: string; readonly name: string }[];
}

const DAYS_AHEAD = 14;
const MOST = 5;
const NONE: Suggestions = { times: [], staff: [] };

export interface SuggestInput {
  readonly businessId: string;
  readonly bookingId: string;
  readonly item: OurItem;
  /** ISO instant. */
  readonly now: string;
}

/** Free times and free people for a part of a visit. None where the salon as it is stored cannot be sold. */
export async function suggest(db: Reader, input: SuggestInput): Promise<Suggestions> {
  const { item, now } = input;
  // A visit that has begun is not looked for a place before now; else its own day is the best to stay on.
  const from = Date.parse(now) > Date.parse(item.startsAt) ? now : item.startsAt;
  const firstDate = localOf(from, item.zone).slice(0, 10);
  const salon = await loadSalon(db, input.businessId, firstDate, addDays(firstDate, DAYS_AHEAD - 1));
  if (salon === null) return NONE;
  try {
    const others = freeOthers(salon, input);
    return { times: freeTimes(salon, input, from), staff: await withNames(db, others) };
  } catch (error) {
    if (error instanceof AvailabilityError) return NONE;
    throw error;
  }
}

/** The part as it would be booked anew by somebody, without the visit that it is of. */
function wantedBy(salon: LoadedSalon, { bookingId, item }: SuggestInput, staffId: string) {
  return {
    items: [
      {
        variantId: item.variantId !== null && salon.sold.has(item.variantId) ? item.variantId : null,
        staffId,
        durationMinutes: Math.round((Date.parse(item.endsAt) - Date.parse(item.startsAt)) / 60_000),
      },
    ],
    ignoreVisitIds: [bookingId],
  };
}

function freeTimes(salon: LoadedSalon, input: SuggestInput, from: string): Suggestions['times'] {
  const { staffId } = input.item;
  const description = salonAt(salon, input.now);
  if (staffId === null || !serves(description, input.item.variantId, staffId)) return [];
  const found: Slot[] = [];
  // Most often the next days have enough.
  let fromDate = salon.fromDate;
  for (let days = 3; fromDate <= salon.toDate && found.length < MOST; days = DAYS_AHEAD) {
    const last = addDays(fromDate, days - 1);
    const toDate = last < salon.toDate ? last : salon.toDate;
    const slots = findSlots(description, { ...wantedBy(salon, input, staffId), fromDate, toDate });
    found.push(...slots.filter(({ startsAt }) => startsAt >= from));
    fromDate = addDays(toDate, 1);
  }
  return found.slice(0, MOST).map(({ startsLocal }) => ({ startsLocal, staffId }));
}

function freeOthers(salon: LoadedSalon, input: SuggestInput): readonly string[] {
  const { item } = input;
  const description = salonAt(salon, input.now);
  return description.staff
    .filter(({ id }) => id !== item.staffId && serves(description, item.variantId, id))
    .filter(({ id }) => explainTime(description, wantedBy(salon, input, id), item.startsLocal).free)
    .slice(0, MOST)
    .map(({ id }) => id);
}

/** Whether somebody takes visits and carries it out; what is not sold any more, anybody may. */
function serves(description: SalonDescription, variantId: string | null, staffId: string): boolean {
  const isBookable = description.staff.some(({ id, bookable }) => id === staffId && bookable);
  const variant = description.services.flatMap(({ variants }) => variants).find(({ id }) => id === variantId);
  return isBookable && (variant === undefined || variant.staffIds.includes(staffId));
}

async function withNames(db: Reader, ids: readonly string[]): Promise<Suggestions['staff']> {
  if (ids.length === 0) return [];
  const rows = await db.$queryRaw<{ id: string; name: string }[]>`
    SELECT id::text, name FROM staff WHERE id = ANY(${[...ids]}::uuid[])`;
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  return ids.map((id) => ({ staffId: id, name: names.get(id) ?? '' }));
}
