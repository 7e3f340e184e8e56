import { problem } from '../http/problem.ts';
import { stretchesOf } from '../state/busy.ts';
import type { Salon } from '../state/salon.ts';
import { ANY_STAFF, holds } from '../types.ts';
import type { Part, Visit } from '../types.ts';

/** 409 where the visit's time is not to be had: somebody is busy or away, or nobody of the team is free. */
export function assertTimeFree(salon: Salon, visit: Visit): void {
  if (!holds(visit.status)) return;
  const stretches = stretchesOf(visit, salon.serviceOf);
  const own = stretches.some((a, i) =>
    stretches.some(
      (b, j) =>
        j > i && a.resource === b.resource && a.from < b.till && b.from < a.till && a.session !== b.session,
    ),
  );
  const taken = stretches.some(
    (stretch) => !salon.busy.fits(stretch) || salon.isOff(stretch.resource, stretch.from, stretch.till),
  );
  const short = visit.parts.some((part) => part.staffer === ANY_STAFF && !anybodyFree(salon, visit, part));
  if (own || taken || short) throw problem(409, 'not_available', 'Not available in this time');
}

/** Whether of those who do the service one is left once all that ask for "anybody" at that time are served. */
function anybodyFree(salon: Salon, visit: Visit, part: Part): boolean {
  const variant = part.variant === null ? undefined : salon.variants.get(part.variant);
  const team =
    variant?.staffers ??
    salon.resources
      .all()
      .filter(isBookable)
      .map(({ id }) => id);
  const free = team.filter(
    (id) =>
      salon.busy.overlapping(id, part.from, part.till).every((stretch) => stretch.visit === visit.id) &&
      !salon.isOff(id, part.from, part.till),
  );
  let others = 0;
  const query = {
    from: part.from,
    till: part.till,
    filter: 'overlap',
    order: 'start',
    withCancelled: false,
  } as const;
  for (const other of salon.visits.page(query, 0, Number.MAX_SAFE_INTEGER).rows) {
    if (other.id === visit.id || !holds(other.status)) continue;
    others += other.parts.filter(
      (p) => p.staffer === ANY_STAFF && p.from < part.till && p.till > part.from,
    ).length;
  }
  return free.length > others;
}

function isBookable(resource: {
  readonly type: string;
  readonly active: boolean;
  readonly access_level: string | null;
}): boolean {
  return resource.type === 'S' && resource.active && resource.access_level !== 'reception';
}

/** Whether two sets of parts keep the same resources busy at the same times. */
export function sameTimes(a: readonly Part[], b: readonly Part[]): boolean {
  const key = (parts: readonly Part[]): string =>
    parts
      .map((part) => [part.from, part.till, part.staffer, part.appliance, part.variant].join('/'))
      .sort()
      .join(' ');
  return key(a) === key(b);
}
