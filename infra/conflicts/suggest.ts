import { addDays, localOf, resolveLocal } from '../../domain/local-time.ts';
import { freeTimes, isHeld, type Stretch } from '../../domain/conflicts/free-times.ts';
import type { OpenInterval } from '../../domain/observed.ts';
import type { OurItem } from './ours.ts';
import type { Reader } from './picture.ts';

/** Where a visit could go instead: by working hours and held time only; the slot engine knows more. */
export interface Suggestions {
  /** Next free starts of the same staff, local. */
  readonly times: readonly { readonly startsLocal: string; readonly staffId: string }[];
  /** Others who can, and are free at the same time. */
  readonly staff: readonly { readonly staffId: string; readonly name: string }[];
}

const DAYS_AHEAD = 14;
const STEP_MS = 15 * 60_000;
const MOST = 5;

export interface SuggestInput {
  readonly businessId: string;
  readonly bookingId: string;
  readonly item: OurItem;
  /** ISO instant. */
  readonly now: string;
}

/** Free times and free people for a part of a visit. */
export async function suggest(db: Reader, input: SuggestInput): Promise<Suggestions> {
  const { item, now } = input;
  const durationMs = Date.parse(item.endsAt) - Date.parse(item.startsAt);
  const eligible = await eligibleStaff(db, input);
  const ids = [
    ...new Set([...eligible.map(({ id }) => id), ...(item.staffId === null ? [] : [item.staffId])]),
  ];
  // A visit that has begun is not looked for a place before now; else its own day is the best to stay on.
  const fromMs = Math.max(Date.parse(now), Date.parse(item.startsAt));
  const firstDate = localOf(new Date(fromMs).toISOString(), item.zone).slice(0, 10);
  const busy = await busyOf(db, input, ids, fromMs);
  const hours = await hoursOf(db, input.businessId, ids);
  const openOf = (staffId: string) => openStretches(hours, staffId, firstDate, item.zone);
  const times =
    item.staffId === null
      ? []
      : freeTimes({
          open: openOf(item.staffId),
          busy: busy.get(item.staffId) ?? [],
          durationMs,
          stepMs: STEP_MS,
          notBefore: fromMs,
          limit: MOST,
        });
  const [start, end] = [Date.parse(item.startsAt), Date.parse(item.endsAt)];
  return {
    times: times.map((at) => ({
      startsLocal: localOf(new Date(at).toISOString(), item.zone),
      staffId: item.staffId ?? '',
    })),
    staff: eligible
      .filter(({ id }) => id !== item.staffId && !isHeld(busy.get(id) ?? [], start, end))
      .filter(({ id }) => openOf(id).some((open) => open.from <= start && end <= open.till))
      .slice(0, MOST)
      .map(({ id, name }) => ({ staffId: id, name })),
  };
}

async function eligibleStaff(
  db: Reader,
  { businessId, item }: SuggestInput,
): Promise<readonly { readonly id: string; readonly name: string }[]> {
  return db.$queryRaw<{ id: string; name: string }[]>`
    SELECT s.id::text, s.name FROM staff s
     WHERE s.business_id = ${businessId}::uuid AND s.active AND s.bookable
       AND (${item.variantId}::uuid IS NULL
            OR EXISTS (SELECT FROM service_variant_staff v WHERE v.variant_id = ${item.variantId}::uuid AND v.staff_id = s.id))
     ORDER BY s.position, s.id`;
}

async function busyOf(
  db: Reader,
  { businessId, bookingId }: SuggestInput,
  staffIds: readonly string[],
  fromMs: number,
): Promise<ReadonlyMap<string, readonly Stretch[]>> {
  const from = new Date(fromMs - 86_400_000);
  const till = new Date(fromMs + (DAYS_AHEAD + 1) * 86_400_000);
  const rows = await db.$queryRaw<{ resource_id: string; from_at: Date; till_at: Date }[]>`
    SELECT o.resource_id::text, lower(o.during) AS from_at, upper(o.during) AS till_at
      FROM occupancy_within(${[...staffIds]}::uuid[], tstzrange(${from}, ${till})) o
     WHERE o.business_id = ${businessId}::uuid AND o.booking_id IS DISTINCT FROM ${bookingId}::uuid`;
  const busy = new Map<string, Stretch[]>();
  for (const row of rows) {
    const own = busy.get(row.resource_id) ?? [];
    own.push({ from: row.from_at.getTime(), till: row.till_at.getTime() });
    busy.set(row.resource_id, own);
  }
  return busy;
}

interface HoursRow {
  owner_id: string;
  day_of_week: number | null;
  date: string | null;
  applies_from: string | null;
  intervals: unknown;
}

async function hoursOf(
  db: Reader,
  businessId: string,
  staffIds: readonly string[],
): Promise<readonly HoursRow[]> {
  return db.$queryRaw<HoursRow[]>`
    SELECT owner_id::text, day_of_week, date::text, applies_from::text, intervals FROM working_hours
     WHERE business_id = ${businessId}::uuid AND owner_kind = 'staff' AND owner_id = ANY(${[...staffIds]}::uuid[])`;
}

/** When somebody works, day by day: a custom day, else the weekly hours that apply then. */
function openStretches(
  hours: readonly HoursRow[],
  staffId: string,
  firstDate: string,
  zone: string,
): readonly Stretch[] {
  const own = hours.filter((row) => row.owner_id === staffId);
  return Array.from({ length: DAYS_AHEAD }, (_, day) => addDays(firstDate, day)).flatMap((date) => {
    const custom = own.find((row) => row.date === date);
    const weekday = new Date(`${date}T00:00Z`).getUTCDay();
    const weekly = own
      .filter((row) => row.day_of_week === weekday && (row.applies_from ?? '') <= date)
      .sort((a, b) => ((a.applies_from ?? '') < (b.applies_from ?? '') ? 1 : -1))[0];
    return intervalsOf((custom ?? weekly)?.intervals).map(([openMinute, closeMinute]) => ({
      from: instantOf(date, openMinute, zone),
      till: instantOf(date, closeMinute, zone),
    }));
  });
}

const DAY_MINUTES = 1440;

/** Minutes from local midnight; above a day's they run into the next one. */
function instantOf(date: string, minute: number, zone: string): number {
  const day = addDays(date, Math.floor(minute / DAY_MINUTES));
  const [hours, minutes] = [Math.floor((minute % DAY_MINUTES) / 60), minute % 60];
  const clock = `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
  return Date.parse(resolveLocal(`${day}T${clock}`, zone).instant);
}

function intervalsOf(value: unknown): readonly OpenInterval[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: unknown): readonly OpenInterval[] => {
    const [open, close] = Array.isArray(each) ? (each as readonly unknown[]) : [];
    return typeof open === 'number' && typeof close === 'number' ? [[open, close]] : [];
  });
}
