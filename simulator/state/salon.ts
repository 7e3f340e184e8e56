import { dayOfWeek, formatDate, openInterval, parseDate, parseHour, DAY_MINUTES } from '../time.ts';
import type {
  Business,
  Category,
  Customer,
  CustomDay,
  Resource,
  SalonData,
  ScheduleDay,
  Service,
  TimeOff,
  Variant,
  Visit,
} from '../types.ts';
import { BusyIndex, stretchesOf } from './busy.ts';
import type { Stretch } from './busy.ts';
import { CustomerTable } from './customers.ts';
import { Table } from './table.ts';
import { VisitIndex } from './visitIndex.ts';

/** Kinds of record that change one at a time; what the journal calls them. */
export interface EntityRecords {
  readonly business: Business;
  readonly resource: Resource;
  readonly category: Category;
  readonly service: Service;
  readonly variant: Variant;
  readonly customer: Customer;
  readonly timeOff: TimeOff;
  readonly visit: Visit;
  /** Key: owner. */
  readonly schedule: readonly ScheduleDay[];
  /** Key: `owner|date`. */
  readonly customDay: CustomDay;
}
export type EntityKind = keyof EntityRecords;
/** A record as it is from now on. `key` is its id, or owner (and date) for hours. */
export type Put = {
  [K in EntityKind]: { readonly kind: K; readonly key: string; readonly record: EntityRecords[K] };
}[EntityKind];

/** A stretch of minutes. */
export interface Span {
  readonly from: number;
  readonly till: number;
}

/** Whole days or hours of a time off as stretches of minutes; hours on several days bound the first and the last. */
export function timeOffSpan(
  timeOff: Pick<TimeOff, 'date_from' | 'date_till' | 'hour_from' | 'hour_till'>,
): Span {
  const first = (parseDate(timeOff.date_from) ?? 0) * DAY_MINUTES;
  const last = (parseDate(timeOff.date_till) ?? 0) * DAY_MINUTES;
  return {
    from: first + (timeOff.hour_from === null ? 0 : parseHour(timeOff.hour_from)),
    till: last + (timeOff.hour_till === null ? DAY_MINUTES : parseHour(timeOff.hour_till)),
  };
}

/** One salon's state with its indexes. Mutate only through `put` and `remove`. */
export class Salon {
  business: Business;
  readonly resources = new Table<Resource>();
  readonly categories = new Table<Category>();
  readonly services = new Table<Service>();
  readonly variants = new Table<Variant>();
  readonly customers = new CustomerTable();
  readonly timeOff = new Table<TimeOff>();
  readonly schedules = new Map<string, readonly ScheduleDay[]>();
  readonly customDays = new Map<string, Map<string, CustomDay>>();
  readonly visits = new VisitIndex();
  readonly busy = new BusyIndex();
  /** What each visit put into `busy`: its service may be another by the time that is taken out. */
  private readonly held = new Map<number, readonly Stretch[]>();
  private readonly importUids = new Map<string, Set<number>>();
  private lastId = 0;

  constructor(data: SalonData) {
    this.business = data.business;
    this.resources.load(data.resources);
    this.categories.load(data.categories);
    this.services.load(data.services);
    this.variants.load(data.variants);
    this.customers.load(data.customers);
    this.timeOff.load(data.timeOff);
    for (const [owner, days] of data.schedules) this.schedules.set(owner, days);
    for (const [owner, days] of data.customDays) this.customDays.set(owner, new Map(days));
    this.visits.load(data.visits);
    for (const visit of data.visits) this.held.set(visit.id, stretchesOf(visit, this.serviceOf));
    this.busy.load([...this.held.values()].flat());
    const all = [data.resources, data.categories, data.services, data.variants, data.customers, data.timeOff];
    for (const records of all) for (const record of records) this.lastId = Math.max(this.lastId, record.id);
    for (const visit of data.visits) {
      this.noteVisitIds(visit);
      this.linkUid('visit', visit.importUid, visit.id);
    }
  }

  readonly serviceOf = (variantId: number | null): Service | undefined => {
    const variant = variantId === null ? undefined : this.variants.get(variantId);
    return variant === undefined ? undefined : this.services.get(variant.service_id);
  };

  /** The highest id that was ever given here. */
  get lastGivenId(): number {
    return this.lastId;
  }

  /** A fresh id; never one that was used before in this salon. */
  newId(): number {
    this.lastId += 1;
    return this.lastId;
  }

  /** Ids of the records of that kind that carry the import uid, lowest first. */
  byImportUid(kind: 'visit' | 'service' | 'category', uid: string): number[] {
    return [...(this.importUids.get(`${kind}|${uid}`) ?? [])].sort((a, b) => a - b);
  }

  /** Import uids that more than one record carries. */
  doubledUids(): { kind: string; importUid: string; ids: number[] }[] {
    const doubled: { kind: string; importUid: string; ids: number[] }[] = [];
    for (const [name, ids] of this.importUids) {
      if (ids.size < 2) continue;
      const [kind = '', ...uid] = name.split('|');
      doubled.push({ kind, importUid: uid.join('|'), ids: [...ids].sort((a, b) => a - b) });
    }
    return doubled;
  }

  put(change: Put): void {
    applyPut(this, change);
  }

  remove(kind: EntityKind, key: string): void {
    const id = Number(key);
    switch (kind) {
      case 'resource':
        return this.resources.delete(id);
      case 'category':
        this.unlinkUid('category', this.categories.get(id)?.import_uid ?? null, id);
        return this.categories.delete(id);
      case 'service':
        this.unlinkUid('service', this.services.get(id)?.import_uid ?? null, id);
        return this.services.delete(id);
      case 'variant':
        return this.variants.delete(id);
      case 'customer':
        return this.customers.delete(id);
      case 'timeOff':
        return this.timeOff.delete(id);
      case 'visit':
        return this.dropVisit(id);
      case 'schedule':
        this.schedules.delete(key);
        return;
      case 'customDay': {
        const [owner = '', date = ''] = key.split('|');
        this.customDays.get(owner)?.delete(date);
        return;
      }
      case 'business':
        throw new Error('A salon cannot be removed on its own');
    }
  }

  putVisit(visit: Visit): void {
    this.dropVisit(visit.id);
    this.visits.put(visit);
    const stretches = stretchesOf(visit, this.serviceOf);
    for (const stretch of stretches) this.busy.add(stretch);
    this.held.set(visit.id, stretches);
    this.noteVisitIds(visit);
    this.linkUid('visit', visit.importUid, visit.id);
  }

  noteId(id: number): void {
    this.lastId = Math.max(this.lastId, id);
  }

  linkUid(kind: string, uid: string | null, id: number): void {
    if (uid === null) return;
    const name = `${kind}|${uid}`;
    const ids = this.importUids.get(name);
    if (ids === undefined) this.importUids.set(name, new Set([id]));
    else ids.add(id);
  }

  unlinkUid(kind: string, uid: string | null, id: number): void {
    if (uid !== null) this.importUids.get(`${kind}|${uid}`)?.delete(id);
  }

  /** Times off of the resource that meet [from, till). */
  timeOffDuring(resourceId: number, from: number, till: number): (TimeOff & Span)[] {
    return this.timeOff.all().flatMap((timeOff) => {
      if (timeOff.resource_id !== resourceId) return [];
      const span = timeOffSpan(timeOff);
      return span.from < till && span.till > from ? [{ ...timeOff, ...span }] : [];
    });
  }

  /** Whether a time off of the resource meets [from, till). */
  isOff(resourceId: number, from: number, till: number): boolean {
    return this.timeOffDuring(resourceId, from, till).length > 0;
  }

  /** Opening intervals of an owner on a day, in minutes from its midnight: custom day, else the set in force. */
  openOn(owner: string, day: number): readonly (readonly [number, number])[] {
    const date = formatDate(day);
    const custom = this.customDays.get(owner)?.get(date);
    if (custom !== undefined) return custom.hours.map(openInterval);
    return weeklyOpen(weeksOf(this.schedules.get(owner) ?? []), day, date);
  }

  private noteVisitIds(visit: Visit): void {
    this.noteId(visit.id);
    for (const part of visit.parts) this.noteId(part.id);
  }

  private dropVisit(id: number): void {
    const old = this.visits.get(id);
    if (old === undefined) return;
    for (const stretch of this.held.get(id) ?? []) this.busy.remove(stretch);
    this.held.delete(id);
    this.unlinkUid('visit', old.importUid, id);
    this.visits.delete(id);
  }
}

function applyPut(salon: Salon, args: Put): void {
  if (args.kind !== 'schedule' && args.kind !== 'customDay' && args.kind !== 'business')
    salon.noteId(args.record.id);
  switch (args.kind) {
    case 'business':
      salon.business = args.record;
      return;
    case 'resource':
      return salon.resources.put(args.record);
    case 'category':
      salon.unlinkUid('category', salon.categories.get(args.record.id)?.import_uid ?? null, args.record.id);
      salon.linkUid('category', args.record.import_uid, args.record.id);
      return salon.categories.put(args.record);
    case 'service':
      salon.unlinkUid('service', salon.services.get(args.record.id)?.import_uid ?? null, args.record.id);
      salon.linkUid('service', args.record.import_uid, args.record.id);
      return salon.services.put(args.record);
    case 'variant':
      return salon.variants.put(args.record);
    case 'customer':
      return salon.customers.put(args.record);
    case 'timeOff':
      return salon.timeOff.put(args.record);
    case 'visit':
      return salon.putVisit(args.record);
    case 'schedule':
      salon.schedules.set(args.key, args.record);
      return;
    case 'customDay': {
      const [owner = '', date = ''] = args.key.split('|');
      const days = salon.customDays.get(owner) ?? new Map<string, CustomDay>();
      days.set(date, args.record);
      salon.customDays.set(owner, days);
      return;
    }
  }
}

/** Weekly hours made ready to be asked for many days. */
export interface Week {
  /** `YYYY-MM-DD` from which it counts; '' = always. */
  readonly from: string;
  readonly byDay: readonly (readonly [number, number])[][];
}

/** The sets of weekly hours, the latest first. */
export function weeksOf(days: readonly ScheduleDay[]): Week[] {
  const weeks = new Map<string, Week>();
  for (const { hours_apply_from, day_of_week, hours } of days) {
    const from = hours_apply_from ?? '';
    const week = weeks.get(from) ?? { from, byDay: Array.from({ length: 7 }, () => []) };
    week.byDay[day_of_week]?.push(...hours.map(openInterval));
    weeks.set(from, week);
  }
  for (const week of weeks.values()) for (const day of week.byDay) day.sort((a, b) => a[0] - b[0]);
  return [...weeks.values()].sort((a, b) => (a.from < b.from ? 1 : -1));
}

/** The hours in force on a day: those of the latest set that has begun; a day missing from it is closed. */
export function weeklyOpen(
  weeks: readonly Week[],
  day: number,
  date: string,
): readonly (readonly [number, number])[] {
  return weeks.find(({ from }) => from <= date)?.byDay[dayOfWeek(day)] ?? [];
}
