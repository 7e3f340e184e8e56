import { timeOffReader, customDayReader, readWeek } from '../../../booksy/translate/hours.ts';
import { readRows } from '../../../booksy/wire/read.ts';
import { addDays, localOf } from '../../../domain/local-time.ts';
import type { Script } from './program.ts';
import type { OffTime } from './rows.ts';

/** One owner's calendar as read: the salon itself, a member of staff, or a room. */
export interface OwnerCalendar {
  readonly ownerKind: 'business' | 'staff' | 'room';
  readonly ownerId: string;
  /** Booksy's id; null = the salon. */
  readonly resource: number | null;
  readonly rawWeek: readonly unknown[];
  readonly rawDays: readonly unknown[];
  readonly days: readonly CalendarDay[];
  readonly timeOff: readonly { readonly externalId: string; readonly raw: object; readonly time: OffTime }[];
}

export interface CalendarDay {
  readonly kind: 'weekly' | 'custom';
  readonly dayOfWeek: number | null;
  readonly date: Date | null;
  readonly appliesFrom: Date | null;
  readonly intervals: number[][];
}

/** Reads the calendars of everybody who keeps one. Few rows: they are read by the product's own readers. */
export async function readCalendars(
  { booksy, known, prisma }: Script,
  bookable: readonly number[],
): Promise<readonly OwnerCalendar[]> {
  const { zone } = await prisma.business.findUniqueOrThrow({ where: { id: known.businessId } });
  const today = localOf(new Date().toISOString(), zone).slice(0, 10);
  const owners: readonly (number | null)[] = [null, ...bookable];
  const calendars: OwnerCalendar[] = [];
  for (const resource of owners) {
    const rawWeek = await booksy.week(resource);
    const rawDays = await booksy.customDays(resource, addDays(today, -31), addDays(today, 366));
    const rawTimeOff = resource === null ? [] : await booksy.timeOff(resource);
    const staffId = resource === null ? undefined : known.staff.get(resource);
    calendars.push({
      ownerKind: resource === null ? 'business' : staffId === undefined ? 'room' : 'staff',
      ownerId: resource === null ? known.businessId : (staffId ?? known.rooms.get(resource) ?? ''),
      resource,
      rawWeek,
      rawDays,
      days: [
        ...readWeek(rawWeek).rows.map((day) => ({
          kind: 'weekly' as const,
          dayOfWeek: day.dayOfWeek,
          date: null,
          appliesFrom: day.appliesFrom === null ? null : new Date(day.appliesFrom),
          intervals: day.intervals.map((interval) => [...interval]),
        })),
        ...readRows(rawDays, customDayReader).rows.map((day) => ({
          kind: 'custom' as const,
          dayOfWeek: null,
          date: new Date(day.date),
          appliesFrom: null,
          intervals: day.intervals.map((interval) => [...interval]),
        })),
      ],
      timeOff: readRows(rawTimeOff, timeOffReader(String(resource))).rows.map((row, index) => ({
        externalId: row.externalId,
        raw: rawTimeOff[index] ?? {},
        time: { ...row, zone },
      })),
    });
  }
  return calendars;
}
