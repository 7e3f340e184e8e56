import type { Flags } from '../settings.ts';
import type { Salon } from './salon.ts';
import { timeOffSpan } from './salon.ts';

/** Largest page of the contract. */
const PAGE = 100;

/** What is in a salon, counted. */
export interface SalonFacts {
  readonly staff: number;
  readonly reception: number;
  readonly rooms: number;
  readonly categories: number;
  readonly services: number;
  readonly variants: number;
  readonly clients: number;
  /** Without blocks. */
  readonly visits: number;
  /** Type R. */
  readonly blocks: number;
  readonly timeOff: number;
  /** Pairs of visits that hold one resource at one time. */
  readonly overbookedPairs: number;
  /** Pairs of a visit and a block (type R) over it. */
  readonly blockedVisitPairs: number;
  /** Pairs of a time off and a visit or block under it. */
  readonly timeOffOverlaps: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byType: Readonly<Record<string, number>>;
}

export function factsOf(salon: Salon): SalonFacts {
  const byStatus: Record<string, number> = {};
  const byType: Record<string, number> = {};
  for (const { status, type } of salon.visits.values()) {
    byStatus[status] = (byStatus[status] ?? 0) + 1;
    byType[type] = (byType[type] ?? 0) + 1;
  }
  let blockedVisitPairs = 0;
  const pairs = salon.busy.overlappingPairs();
  for (const pair of pairs) {
    const isBlock = pair.split('/').some((id) => salon.visits.get(Number(id))?.type === 'R');
    if (isBlock) blockedVisitPairs += 1;
  }
  let timeOffOverlaps = 0;
  for (const entry of salon.timeOff.all()) {
    const { from, till } = timeOffSpan(entry);
    timeOffOverlaps += new Set(
      salon.busy.overlapping(entry.resource_id, from, till).map(({ visit }) => visit),
    ).size;
  }
  const resources = salon.resources.all();
  const staff = resources.filter(({ type }) => type === 'S');
  const reception = staff.filter(({ access_level }) => access_level === 'reception').length;
  return {
    staff: staff.length - reception,
    reception,
    rooms: resources.length - staff.length,
    categories: salon.categories.size,
    services: salon.services.size,
    variants: salon.variants.size,
    clients: salon.customers.size,
    visits: salon.visits.size - (byType['R'] ?? 0),
    blocks: byType['R'] ?? 0,
    timeOff: salon.timeOff.size,
    overbookedPairs: pairs.size - blockedVisitPairs,
    blockedVisitPairs,
    timeOffOverlaps,
    byStatus,
    byType,
  };
}

/** Sums facts of several salons. */
export function sumFacts(all: readonly SalonFacts[]): SalonFacts | null {
  return all.length === 0 ? null : all.reduce(addFacts);
}

function addFacts(a: SalonFacts, b: SalonFacts): SalonFacts {
  return {
    staff: a.staff + b.staff,
    reception: a.reception + b.reception,
    rooms: a.rooms + b.rooms,
    categories: a.categories + b.categories,
    services: a.services + b.services,
    variants: a.variants + b.variants,
    clients: a.clients + b.clients,
    visits: a.visits + b.visits,
    blocks: a.blocks + b.blocks,
    timeOff: a.timeOff + b.timeOff,
    overbookedPairs: a.overbookedPairs + b.overbookedPairs,
    blockedVisitPairs: a.blockedVisitPairs + b.blockedVisitPairs,
    timeOffOverlaps: a.timeOffOverlaps + b.timeOffOverlaps,
    byStatus: addTallies(a.byStatus, b.byStatus),
    byType: addTallies(a.byType, b.byType),
  };
}

function addTallies(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/**
 * Calls that an import of the salon needs at the very least: salon, resources, its weekly and custom hours; the
 * same and time off for each bookable person and room; categories, services, variants of each service; pages of
 * clients and of visits. Calls for tokens and for the list of salons are not in it.
 */
export function leastCalls(salon: Salon, flags: Flags): number {
  const resources = salon.resources.all().filter(({ access_level }) => access_level !== 'reception').length;
  const listed = salon.visits.count({
    from: null,
    till: null,
    filter: 'start',
    order: 'id',
    withCancelled: flags.cancelledListed,
  });
  const pages = (rows: number): number => Math.max(1, Math.ceil(rows / Math.min(PAGE, flags.maxLimit)));
  return 4 + 3 * resources + 2 + salon.services.size + pages(salon.customers.size) + pages(listed);
}
