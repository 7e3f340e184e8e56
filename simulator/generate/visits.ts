import type { Random } from '../random.ts';
import { ANY_STAFF, holds } from '../types.ts';
import type { Customer, Resource } from '../types.ts';
import type { Book, FreshPart, Offer } from './book.ts';
import { draftBlock, draftVisit, drawStatus } from './drafts.ts';
import type { Draft } from './drafts.ts';

export interface VisitPlan {
  readonly random: Random;
  readonly book: Book;
  readonly staff: readonly Resource[];
  readonly rooms: readonly Resource[];
  readonly customers: readonly Customer[];
  readonly today: number;
  readonly first: number;
  readonly last: number;
}

interface StaffDay {
  readonly staff: number;
  readonly day: number;
}

const STEP_MINUTES = 5;
/** How often a visit is tried on fuller and fuller days before it becomes one that frees its time. */
const PASSES = 4;

/** Visits of the given number, spread over all working days of all staff, no time of anybody sold twice. */
export function placeVisits(plan: VisitPlan, count: number): Draft[] {
  const { random, book, staff } = plan;
  const days: StaffDay[] = [];
  for (let day = plan.first; day <= plan.last; day += 1) {
    for (const { id } of staff) {
      const open = book.openOn(id, day);
      if (open.some(([from, till]) => !book.isOff(id, from, till))) days.push({ staff: id, day });
    }
  }
  const drafts: Draft[] = [];
  if (days.length === 0) return drafts;
  for (let pass = 0; pass < PASSES && drafts.length < count; pass += 1) {
    const wanted = count - drafts.length;
    let due = 0;
    for (let n = 0; n < days.length; n += 1) {
      const staffDay = days[n];
      if (staffDay === undefined) break;
      due += Math.floor(((n + 1) * wanted) / days.length) - Math.floor((n * wanted) / days.length);
      if (due > 0) due -= fillDay(plan, staffDay, due, drafts);
    }
  }
  while (drafts.length < count) {
    const staffDay = random.pick(days);
    drafts.push(freeVisit(plan, staffDay, random.chance(0.7) ? 'C' : 'N'));
  }
  return drafts;
}

/** Puts up to `due` visits on a day of one member of staff; returns how many it was. */
function fillDay(plan: VisitPlan, { staff, day }: StaffDay, due: number, drafts: Draft[]): number {
  const { random, book } = plan;
  const before = drafts.length;
  const open = book.openOn(staff, day);
  let interval = 0;
  let cursor = open[0]?.[0] ?? 0;
  while (drafts.length - before < due) {
    const left = due - (drafts.length - before);
    const status = drawStatus(random, day < plan.today);
    if (!holds(status)) {
      drafts.push(freeVisit(plan, { staff, day }, status));
      continue;
    }
    const current = open[interval];
    if (current === undefined) break;
    const offer = drawOffer(random, book.offersOf(staff));
    if (offer === null) break;
    const slack = Math.min(120, Math.max(0, (current[1] - cursor) / left - offer.variant.duration));
    const start = cursor + Math.floor((random.next() * slack) / STEP_MINUTES) * STEP_MINUTES;
    const part = firstFit(book, partOf(offer, staff, start), current[1]);
    if (part === null) {
      interval += 1;
      cursor = open[interval]?.[0] ?? 0;
      continue;
    }
    placeAt(plan, offer, part, day, status, left, drafts);
    cursor = part.till;
  }
  return drafts.length - before;
}

/** Services that last a whole afternoon or are classes come up less often. */
function drawOffer(random: Random, offers: readonly Offer[]): Offer | null {
  if (offers.length === 0) return null;
  const offer = random.pick(offers);
  return offer.service.parallel_clients > 1 && random.chance(0.6) ? random.pick(offers) : offer;
}

function partOf(offer: Offer, staffer: number, from: number): FreshPart {
  const name =
    offer.variant.label === null ? offer.service.name : `${offer.service.name} – ${offer.variant.label}`;
  return {
    from,
    till: from + offer.variant.duration,
    staffer,
    appliance: null,
    variant: offer.variant.id,
    serviceName: name,
  };
}

function firstFit(book: Book, part: FreshPart, closing: number): FreshPart | null {
  const duration = part.till - part.from;
  for (let from = part.from; from + duration <= closing; from += 15) {
    const moved = { ...part, from, till: from + duration };
    if (book.fits(moved)) return moved;
  }
  return null;
}

const NEEDS_ROOM = /Masaż|Depilacja|Peeling|Mezoterapia|Drenaż|wrapping|Maska/;

/** Reserves the part and makes the visit; a session gets several, a processing gap perhaps a second short one. */
function placeAt(
  plan: VisitPlan,
  offer: Offer,
  part: FreshPart,
  day: number,
  status: Draft['status'],
  left: number,
  drafts: Draft[],
): void {
  const { random, book } = plan;
  if (offer.service.parallel_clients > 1) {
    const seats = Math.min(left, random.between(2, offer.service.parallel_clients));
    for (let seat = 0; seat < seats; seat += 1) {
      book.reserve(part);
      drafts.push(draftVisit(random, plan.customers, day < plan.today ? 'F' : 'A', [part]));
    }
    return;
  }
  const placed = NEEDS_ROOM.test(offer.service.name) ? book.withRoom(random, part) : part;
  book.reserve(placed);
  const parts = [placed];
  const second = random.chance(0.07) ? secondPart(plan, placed, day) : null;
  if (second !== null) {
    book.reserve(second);
    parts.push(second);
  }
  const anybody = parts.length === 1 && random.chance(0.02);
  // The time stays reserved for one of the team, so that "any" can always be served.
  drafts.push(
    draftVisit(random, plan.customers, status, anybody ? [{ ...placed, staffer: ANY_STAFF }] : parts),
  );
  const gap = offer.service.gap_time;
  if (gap === null || left < 2 || !random.chance(0.5)) return;
  const short = book
    .offersOf(part.staffer ?? 0)
    .filter(({ service, variant }) => variant.duration <= gap.duration && service.parallel_clients === 1);
  if (short.length === 0) return;
  const inGap = partOf(random.pick(short), part.staffer ?? 0, part.from + gap.start_after);
  if (!book.fits(inGap)) return;
  book.reserve(inGap);
  drafts.push(draftVisit(random, plan.customers, status, [inGap]));
}

/** A further part right after the first, by the same person or somebody else who is in. */
function secondPart(plan: VisitPlan, first: FreshPart, day: number): FreshPart | null {
  const { random, book } = plan;
  const staff = random.chance(0.4) ? first.staffer : random.pick(plan.staff).id;
  if (staff === null) return null;
  const offer = drawOffer(random, book.offersOf(staff));
  if (offer === null || offer.service.parallel_clients > 1) return null;
  const part = partOf(offer, staff, first.till);
  const inside = book.openOn(staff, day).some(([from, till]) => part.from >= from && part.till <= till);
  return inside && book.fits(part) ? part : null;
}

/** A visit that does not keep its time: it may lie anywhere in the day. */
function freeVisit(plan: VisitPlan, { staff, day }: StaffDay, status: Draft['status']): Draft {
  const { random, book } = plan;
  const [from, till] = random.pick(book.openOn(staff, day));
  const offer = drawOffer(random, book.offersOf(staff));
  const start = from + Math.floor((random.next() * Math.max(0, till - from - 30)) / 15) * 15;
  const part = offer === null ? null : partOf(offer, staff, start);
  return draftVisit(random, plan.customers, status, [
    part ?? {
      from: start,
      till: start + 30,
      staffer: staff,
      appliance: null,
      variant: null,
      serviceName: 'Usługa',
    },
  ]);
}

/** Blocks (type R) on staff and rooms, inside hours, over nobody's visit. */
export function placeBlocks(plan: VisitPlan, count: number): Draft[] {
  const { random, book } = plan;
  const drafts: Draft[] = [];
  for (let tries = 0; drafts.length < count && tries < count * 20; tries += 1) {
    const onRoom = plan.rooms.length > 0 && random.chance(0.2);
    const resource = random.pick(onRoom ? plan.rooms : plan.staff).id;
    const open = book.openOn(resource, random.between(plan.first, plan.last));
    if (open.length === 0) continue;
    const [from, till] = random.pick(open);
    const length = random.pick([15, 30, 60, 90]);
    const start = from + random.below(Math.max(1, Math.floor((till - from - length) / 15))) * 15;
    const part: FreshPart = {
      from: start,
      till: start + length,
      staffer: onRoom ? null : resource,
      appliance: onRoom ? resource : null,
      variant: null,
      serviceName: null,
    };
    if (part.till > till || !book.fits(part)) continue;
    const cancelled = random.chance(0.08);
    if (!cancelled) book.reserve(part);
    drafts.push(draftBlock(random, cancelled, part));
  }
  return drafts;
}
