import { holds } from '../types.ts';
import type { Part, Service, Visit } from '../types.ts';
import { SortedList } from './sorted.ts';

/** A stretch in which a visit keeps a resource busy. */
export interface Stretch {
  readonly resource: number;
  readonly from: number;
  readonly till: number;
  readonly visit: number;
  /** Seats of one session (same staff, service and start) share a key; null = nobody else fits in. */
  readonly session: string | null;
  readonly seats: number;
}

export type ServiceOfVariant = (variantId: number | null) => Service | undefined;

/** Busy stretches of one part: the staff's with the processing gap cut out, the room's in full. */
export function stretchesOfPart(visit: number, part: Part, service: Service | undefined): Stretch[] {
  const seats = service?.parallel_clients ?? 1;
  const session =
    seats > 1 && service !== undefined
      ? `${String(part.staffer)}/${String(service.id)}/${String(part.from)}`
      : null;
  const stretch = (resource: number, from: number, till: number): Stretch => ({
    resource,
    from,
    till,
    visit,
    session,
    seats,
  });
  const found: Stretch[] = [];
  if (part.staffer !== null && part.staffer > 0) {
    const gap = service?.gap_time ?? null;
    const gapFrom = gap === null ? part.till : part.from + gap.start_after;
    const gapTill = gap === null ? part.till : gapFrom + gap.duration;
    if (gap !== null && gapFrom > part.from && gapTill < part.till) {
      found.push(stretch(part.staffer, part.from, gapFrom), stretch(part.staffer, gapTill, part.till));
    } else {
      found.push(stretch(part.staffer, part.from, part.till));
    }
  }
  if (part.appliance !== null) found.push(stretch(part.appliance, part.from, part.till));
  return found;
}

/** All busy stretches of a visit; none where its status frees the time. */
export function stretchesOf(visit: Visit, serviceOf: ServiceOfVariant): Stretch[] {
  if (!holds(visit.status)) return [];
  return visit.parts.flatMap((part) => stretchesOfPart(visit.id, part, serviceOf(part.variant)));
}

const byStart = (a: Stretch, b: Stretch): number => a.from - b.from || a.visit - b.visit || a.till - b.till;

/** Who is busy when, by resource. */
export class BusyIndex {
  private readonly byResource = new Map<number, SortedList<Stretch>>();
  /** Longest stretch ever seen: how far back a look for overlaps must go. */
  private longest = 0;

  load(stretches: Iterable<Stretch>): void {
    this.byResource.clear();
    const grouped = new Map<number, Stretch[]>();
    for (const stretch of stretches) {
      this.longest = Math.max(this.longest, stretch.till - stretch.from);
      const group = grouped.get(stretch.resource);
      if (group === undefined) grouped.set(stretch.resource, [stretch]);
      else group.push(stretch);
    }
    for (const [resource, group] of grouped) this.listOf(resource).load(group);
  }

  add(stretch: Stretch): void {
    this.longest = Math.max(this.longest, stretch.till - stretch.from);
    this.listOf(stretch.resource).add(stretch);
  }

  remove(stretch: Stretch): void {
    this.listOf(stretch.resource).remove(stretch);
  }

  /** Stretches of the resource that meet [from, till). */
  overlapping(resource: number, from: number, till: number): Stretch[] {
    const list = this.byResource.get(resource);
    if (list === undefined) return [];
    const found: Stretch[] = [];
    for (let i = list.firstWhere((s) => s.from < till) - 1; i >= 0; i -= 1) {
      const stretch = list.at(i);
      if (stretch === undefined || stretch.from < from - this.longest) break;
      if (stretch.till > from) found.push(stretch);
    }
    return found;
  }

  /** Whether the stretch could be added without anybody being booked twice. */
  fits(stretch: Stretch): boolean {
    let seatsTaken = 0;
    for (const other of this.overlapping(stretch.resource, stretch.from, stretch.till)) {
      if (other.visit === stretch.visit) continue;
      if (stretch.session === null || other.session !== stretch.session) return false;
      seatsTaken += 1;
    }
    return stretch.session === null || seatsTaken < stretch.seats;
  }

  resources(): number[] {
    return [...this.byResource.keys()];
  }

  /** Pairs of visits (or of a visit with a block) that share a resource's time, each once, as `low/high` ids. */
  overlappingPairs(): Set<string> {
    const pairs = new Set<string>();
    for (const list of this.byResource.values()) {
      let active: Stretch[] = [];
      for (const stretch of list.all()) {
        active = active.filter((other) => other.till > stretch.from);
        for (const other of active) {
          const seatMates = stretch.session !== null && stretch.session === other.session;
          if (seatMates || other.visit === stretch.visit) continue;
          const [low, high] = [Math.min(other.visit, stretch.visit), Math.max(other.visit, stretch.visit)];
          pairs.add(`${String(low)}/${String(high)}`);
        }
        active.push(stretch);
      }
    }
    return pairs;
  }

  private listOf(resource: number): SortedList<Stretch> {
    let list = this.byResource.get(resource);
    if (list === undefined) {
      list = new SortedList(byStart);
      this.byResource.set(resource, list);
    }
    return list;
  }
}
