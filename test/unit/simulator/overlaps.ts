import type { SalonData, Visit } from '../../../simulator/types.ts';

interface Stretch {
  readonly resource: number;
  readonly from: number;
  readonly till: number;
  readonly visit: Visit;
  readonly session: string | null;
}

/** Who is busy when, worked out on its own and slowly, to check the simulator's index against. */
function stretches(data: SalonData): Stretch[] {
  const services = new Map(data.services.map((service) => [service.id, service]));
  const serviceOf = new Map(data.variants.map((variant) => [variant.id, services.get(variant.service_id)]));
  return data.visits.flatMap((visit) => {
    if (['C', 'D', 'N'].includes(visit.status)) return [];
    return visit.parts.flatMap((part) => {
      const service = part.variant === null ? undefined : serviceOf.get(part.variant);
      const seats = service?.parallel_clients ?? 1;
      const session = seats > 1 ? `${String(service?.id)}@${String(part.from)}` : null;
      const found: Stretch[] = [];
      const add = (resource: number, from: number, till: number): void => {
        found.push({ resource, from, till, visit, session });
      };
      if (part.appliance !== null) add(part.appliance, part.from, part.till);
      if (part.staffer !== null && part.staffer > 0) {
        const gap = service?.gap_time;
        if (gap === undefined || gap === null) add(part.staffer, part.from, part.till);
        else {
          add(part.staffer, part.from, part.from + gap.start_after);
          add(part.staffer, part.from + gap.start_after + gap.duration, part.till);
        }
      }
      return found;
    });
  });
}

/** Pairs of visits that share a resource's time. */
export function overlappingPairs(data: SalonData): { visits: number; blocks: number } {
  const byResource = groupBy(stretches(data), ({ resource }) => resource);
  const visits = new Set<string>();
  const blocks = new Set<string>();
  for (const group of byResource.values()) {
    group.sort((a, b) => a.from - b.from);
    group.forEach((a, i) => {
      for (let j = i + 1; j < group.length; j += 1) {
        const b = group[j];
        if (b === undefined || b.from >= a.till) break;
        if (a.visit.id === b.visit.id || (a.session !== null && a.session === b.session)) continue;
        const pair = [a.visit.id, b.visit.id].sort((x, y) => x - y).join('/');
        (a.visit.type === 'R' || b.visit.type === 'R' ? blocks : visits).add(pair);
      }
    });
  }
  return { visits: visits.size, blocks: blocks.size };
}

/** Items by a key of theirs. */
export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
