import { HttpProblem } from '../http/problem.ts';
import { stretchesOf } from '../state/busy.ts';
import type { Stretch } from '../state/busy.ts';
import type { Salon } from '../state/salon.ts';
import { ANY_STAFF, holds } from '../types.ts';
import type { Part, Visit } from '../types.ts';

/** Why a time is not to be had: parts that overlap each other, a resource that is taken or away, nobody left. */
export type Obstacle =
  | { readonly kind: 'self' | 'nobody' }
  | {
      readonly kind: 'busy';
      readonly resource: number;
      readonly visit: number;
      readonly from: number;
      readonly till: number;
    }
  | { readonly kind: 'off'; readonly resource: number; readonly from: number; readonly till: number };

/** 409, with what stands in the way: the API does not say that, the page does. */
export class TimeTaken extends HttpProblem {
  readonly obstacles: readonly Obstacle[];

  constructor(obstacles: readonly Obstacle[]) {
    const description = 'Not available in this time';
    super({ status: 409, body: { status_code: 409, code: 'not_available', description } }, description);
    this.obstacles = obstacles;
  }
}

/** 409 where the visit's time is not to be had: somebody is busy or away, or nobody of the team is free. */
export function assertTimeFree(salon: Salon, visit: Visit): void {
  if (!holds(visit.status)) return;
  const stretches = stretchesOf(visit, salon.serviceOf);
  const obstacles: Obstacle[] = stretches.flatMap((stretch) => obstaclesOf(salon, stretch));
  const own = stretches.some((a, i) =>
    stretches.some(
      (b, j) =>
        j > i && a.resource === b.resource && a.from < b.till && b.from < a.till && a.session !== b.session,
    ),
  );
  if (own) obstacles.push({ kind: 'self' });
  if (visit.parts.some((part) => part.staffer === ANY_STAFF && !anybodyFree(salon, visit, part)))
    obstacles.push({ kind: 'nobody' });
  if (obstacles.length > 0) throw new TimeTaken(obstacles);
}

function obstaclesOf(salon: Salon, stretch: Stretch): Obstacle[] {
  const { resource, from, till } = stretch;
  const found: Obstacle[] = salon
    .timeOffDuring(resource, from, till)
    .map((span) => ({ kind: 'off', resource, from: span.from, till: span.till }));
  if (salon.busy.fits(stretch)) return found;
  for (const other of salon.busy.overlapping(resource, from, till)) {
    if (other.visit !== stretch.visit)
      found.push({ kind: 'busy', resource, visit: other.visit, from: other.from, till: other.till });
  }
  return found;
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
