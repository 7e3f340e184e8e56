import { fail, readDuration } from './read.ts';
import { busyStretches, type Span } from './spans.ts';
import type {
  OfferedService,
  OfferedVariant,
  Padding,
  SalonDescription,
  WantedItem,
  WantedVisit,
} from './types.ts';

/** A wanted item made ready: all minutes count from the start of the visit. */
export interface WantedPart {
  readonly variantId: string | null;
  readonly serviceId: string | null;
  readonly from: number;
  readonly till: number;
  /** Without the processing gap. */
  readonly busy: readonly Span[];
  /** What is kept free before and after, and nothing more. */
  readonly pads: readonly Span[];
  readonly seats: number;
  /** In the salon's order; null = it needs none. */
  readonly roomIds: readonly string[] | null;
  /** Who may serve it, in the salon's order. */
  readonly staffIds: readonly string[];
}

export interface WantedPlan {
  readonly parts: readonly WantedPart[];
  readonly minutes: number;
  readonly stepMinutes: number;
}

const MOST_ITEMS = 20;

/** Lays the wanted items one after another. @throws AvailabilityError */
export function planWanted(description: SalonDescription, wanted: WantedVisit): WantedPlan {
  const { items } = wanted;
  if (items.length < 1 || items.length > MOST_ITEMS) fail('nothing_wanted', 'items', items.length);
  const parts: WantedPart[] = [];
  let from = 0;
  items.forEach((item, index) => {
    const part = partOf(description, item, `items[${String(index)}]`, from);
    parts.push(part);
    from = part.till;
  });
  const first = offeredOf(description, items[0]?.variantId ?? null, 'items[0]');
  return {
    parts,
    minutes: from,
    stepMinutes: first?.variant.slotStepMinutes ?? description.rules.slotStepMinutes,
  };
}

function partOf(description: SalonDescription, item: WantedItem, field: string, from: number): WantedPart {
  const offered = offeredOf(description, item.variantId, field);
  const duration = item.durationMinutes ?? offered?.variant.durationMinutes ?? 0;
  const till = from + readDuration(duration, `${field}.durationMinutes`);
  const pads = paddingFor(description, offered?.service.padding ?? null);
  const rooms = offered?.service.roomIds ?? null;
  return {
    variantId: item.variantId,
    serviceId: offered?.service.id ?? null,
    from,
    till,
    busy: busyStretches(from, till, offered?.service.gap ?? null),
    pads: padSpans({ from, till }, pads),
    seats: offered?.service.seats ?? 1,
    roomIds: rooms === null ? null : inOrder(description.rooms, new Set(rooms)),
    staffIds: staffFor(description, item, offered, field),
  };
}

/** A service's own padding where it is set, else the rule's buffers, never both (R22). */
export function paddingFor({ rules }: SalonDescription, own: Padding | null): Padding {
  return own ?? { beforeMinutes: rules.bufferBeforeMinutes, afterMinutes: rules.bufferAfterMinutes };
}

export function padSpans({ from, till }: Span, { beforeMinutes, afterMinutes }: Padding): readonly Span[] {
  return [
    { from: from - beforeMinutes, till: from },
    { from: till, till: till + afterMinutes },
  ].filter((span) => span.from < span.till);
}

interface Offered {
  readonly service: OfferedService;
  readonly variant: OfferedVariant;
}

function offeredOf({ services }: SalonDescription, variantId: string | null, field: string): Offered | null {
  if (variantId === null) return null;
  for (const service of services) {
    const variant = service.variants.find(({ id }) => id === variantId);
    if (variant !== undefined) return { service, variant };
  }
  return fail('unknown_service', `${field}.variantId`, variantId);
}

function staffFor(
  { staff }: SalonDescription,
  { staffId }: WantedItem,
  offered: Offered | null,
  field: string,
): readonly string[] {
  const serving = offered === null ? null : new Set(offered.variant.staffIds);
  if (staffId === null) {
    const bookable = staff.filter(({ id, bookable }) => bookable && serving?.has(id) !== false);
    return inOrder(bookable, null);
  }
  const person = staff.find(({ id }) => id === staffId);
  if (person === undefined) return fail('unknown_staff', `${field}.staffId`, staffId);
  if (!person.bookable) return fail('staff_not_bookable', `${field}.staffId`, staffId);
  if (serving?.has(staffId) === false) return fail('staff_does_not_serve', `${field}.staffId`, staffId);
  return [staffId];
}

/** By position, then id; code points, not a locale: the same on every machine. */
function inOrder(
  list: readonly { readonly id: string; readonly position: number }[],
  chosen: ReadonlySet<string> | null,
): readonly string[] {
  return list
    .filter(({ id }) => chosen === null || chosen.has(id))
    .sort((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
}
