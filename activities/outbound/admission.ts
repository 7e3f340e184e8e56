import type { BooksyClient } from '../../booksy/index.ts';

/**
 * How many records are on their way at once. A record needs a read and a write, and the write has to leave within seconds of
 * its intent's commit (R13b): where more are under way than the pace lets through in that time, all of them wait for their
 * turn until none may be sent any more, and it begins anew. Whoever waits here holds nothing: no lease, no intent.
 */
const SECONDS_OF_CALLS = 1;
const AT_LEAST = 2;
const AT_MOST = 64;

interface Door {
  free: number;
  readonly waiting: (() => void)[];
}

const doors = new WeakMap<BooksyClient, Map<string, Door>>();

/** Does the work when it is its turn: first come, first served, by account, or by business where the limit is a business's. */
export async function admitted<T>(
  booksy: BooksyClient,
  businessId: string,
  work: () => Promise<T>,
): Promise<T> {
  const door = doorOf(booksy, booksy.capabilities.limitScope === 'business' ? businessId : '');
  if (door.free > 0) door.free -= 1;
  // Who leaves hands its place on: it never becomes free in between.
  else await new Promise<void>((resolve) => door.waiting.push(resolve));
  try {
    return await work();
  } finally {
    const next = door.waiting.shift();
    if (next === undefined) door.free += 1;
    else next();
  }
}

function doorOf(booksy: BooksyClient, key: string): Door {
  const ofClient = doors.get(booksy) ?? new Map<string, Door>();
  doors.set(booksy, ofClient);
  const door = ofClient.get(key) ?? { free: placesFor(booksy.callsPerSecond), waiting: [] };
  ofClient.set(key, door);
  return door;
}

/** Records at once at a pace. */
export function placesFor(callsPerSecond: number): number {
  return Math.min(AT_MOST, Math.max(AT_LEAST, Math.floor(callsPerSecond * SECONDS_OF_CALLS)));
}
