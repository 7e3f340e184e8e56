import type { Random } from '../random.ts';
import { BusyIndex, stretchesOfPart } from '../state/busy.ts';
import { timeOffSpan, weeklyOpen, weeksOf } from '../state/salon.ts';
import type { Week } from '../state/salon.ts';
import { formatDate, openInterval, DAY_MINUTES } from '../time.ts';
import type { Part, Resource, Service, TimeOff, Variant } from '../types.ts';
import type { Catalog } from './catalog.ts';
import type { Hourly } from './team.ts';

export type FreshPart = Omit<Part, 'id'>;

/** Open stretches of a day. */
type Open = readonly (readonly [number, number])[];

export interface Offer {
  readonly variant: Variant;
  readonly service: Service;
}

/** Who is free when while the visits are being made: hours, time off, and what is booked so far. */
export class Book {
  private readonly busy = new BusyIndex();
  private readonly services = new Map<number, Service>();
  private readonly off = new Map<number, { from: number; till: number }[]>();
  private readonly offers = new Map<number, Offer[]>();
  private readonly opened = new Map<number, Map<number, Open>>();
  private readonly weekly = new Map<number, readonly Week[]>();
  private readonly hours: Hourly;
  private readonly rooms: readonly Resource[];
  private reservations = 0;

  constructor(catalog: Catalog, hours: Hourly, rooms: readonly Resource[], timeOff: readonly TimeOff[]) {
    this.hours = hours;
    this.rooms = rooms;
    for (const service of catalog.services) this.services.set(service.id, service);
    for (const variant of catalog.variants) {
      const service = this.services.get(variant.service_id);
      if (service === undefined) continue;
      for (const staff of variant.staffers) this.offersOf(staff).push({ variant, service });
    }
    for (const entry of timeOff) {
      const spans = this.off.get(entry.resource_id);
      if (spans === undefined) this.off.set(entry.resource_id, [timeOffSpan(entry)]);
      else spans.push(timeOffSpan(entry));
    }
  }

  /** What a member of staff does. */
  offersOf(staff: number): Offer[] {
    let offers = this.offers.get(staff);
    if (offers === undefined) {
      offers = [];
      this.offers.set(staff, offers);
    }
    return offers;
  }

  /** Open stretches of that day, as absolute minutes; without time off. */
  openOn(owner: number, day: number): Open {
    let days = this.opened.get(owner);
    if (days === undefined) {
      days = new Map();
      this.opened.set(owner, days);
    }
    const known = days.get(day);
    if (known !== undefined) return known;
    const date = formatDate(day);
    const custom = this.hours.customDays.get(String(owner))?.get(date);
    const minutes = custom?.map(openInterval) ?? weeklyOpen(this.weeks(owner), day, date);
    const start = day * DAY_MINUTES;
    const open = minutes.map(([from, till]) => [start + from, start + till] as const);
    days.set(day, open);
    return open;
  }

  private weeks(owner: number): readonly Week[] {
    let weeks = this.weekly.get(owner);
    if (weeks === undefined) {
      weeks = weeksOf(this.hours.schedules.get(String(owner)) ?? []);
      this.weekly.set(owner, weeks);
    }
    return weeks;
  }

  isOff(resource: number, from: number, till: number): boolean {
    return (this.off.get(resource) ?? []).some((span) => span.from < till && span.till > from);
  }

  /** Whether the part can be had without anybody being booked twice or away. */
  fits(part: FreshPart): boolean {
    if (part.staffer !== null && this.isOff(part.staffer, part.from, part.till)) return false;
    if (part.appliance !== null && this.isOff(part.appliance, part.from, part.till)) return false;
    return this.stretches(part, 0).every((stretch) => this.busy.fits(stretch));
  }

  reserve(part: FreshPart): void {
    this.reservations += 1;
    for (const stretch of this.stretches(part, this.reservations)) this.busy.add(stretch);
  }

  /** The part with a room that is free, where one is. */
  withRoom(random: Random, part: FreshPart): FreshPart {
    const start = random.below(this.rooms.length);
    for (let n = 0; n < this.rooms.length; n += 1) {
      const room = this.rooms[(start + n) % this.rooms.length];
      if (room === undefined) continue;
      const roomed = { ...part, appliance: room.id };
      if (this.fits(roomed)) return roomed;
    }
    return part;
  }

  private stretches(part: FreshPart, reservation: number): ReturnType<typeof stretchesOfPart> {
    return stretchesOfPart(reservation, { ...part, id: 0 }, this.serviceOf(part.variant));
  }

  private readonly variantService = new Map<number, Service>();
  private serviceOf(variant: number | null): Service | undefined {
    if (variant === null) return undefined;
    if (this.variantService.size === 0) {
      for (const offers of this.offers.values()) {
        for (const offer of offers) this.variantService.set(offer.variant.id, offer.service);
      }
    }
    return this.variantService.get(variant);
  }
}
