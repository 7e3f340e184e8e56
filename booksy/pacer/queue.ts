/**
 * Callers of one process that wait for a grant: strict lanes, and inside a lane one business after the other, so
 * that a salon with a thousand calls does not hold up the salon with one (R35).
 */
import { LANES, type Lane } from './statement.ts';

export interface Waiter {
  readonly lane: Lane;
  readonly businessKey: string;
}

export class LaneQueue<T extends Waiter> {
  /** Per lane: businesses in the order of their turns, each with its callers in order of arrival. */
  readonly #lanes: readonly Map<string, T[]>[] = LANES.map(() => new Map<string, T[]>());
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Callers waiting by lane 1..5. */
  counts(): number[] {
    return this.#lanes.map((lane) => [...lane.values()].reduce((sum, waiters) => sum + waiters.length, 0));
  }

  push(waiter: T): void {
    this.#add(waiter, 'last');
  }

  /** Back to the head of its business's line: it has already waited for its turn. */
  pushBack(waiter: T): void {
    this.#add(waiter, 'first');
  }

  /** The next caller of the lane; its business goes to the end of the line. */
  take(lane: Lane): T | undefined {
    const businesses = this.#lane(lane);
    const next = businesses.entries().next();
    if (next.done === true) return undefined;
    const [businessKey, waiters] = next.value;
    const waiter = waiters.shift();
    businesses.delete(businessKey);
    if (waiters.length > 0) businesses.set(businessKey, waiters);
    if (waiter !== undefined) this.#size -= 1;
    return waiter;
  }

  /** Takes out a caller who gave up; false if it is not waiting (any more). */
  remove(waiter: T): boolean {
    const businesses = this.#lane(waiter.lane);
    const waiters = businesses.get(waiter.businessKey);
    const index = waiters?.indexOf(waiter) ?? -1;
    if (waiters === undefined || index < 0) return false;
    waiters.splice(index, 1);
    if (waiters.length === 0) businesses.delete(waiter.businessKey);
    this.#size -= 1;
    return true;
  }

  /** Empties the queue and returns everybody who waited. */
  drain(): T[] {
    const all = this.#lanes.flatMap((lane) => [...lane.values()].flat());
    for (const lane of this.#lanes) lane.clear();
    this.#size = 0;
    return all;
  }

  #add(waiter: T, where: 'first' | 'last'): void {
    const businesses = this.#lane(waiter.lane);
    const waiters = businesses.get(waiter.businessKey) ?? [];
    if (where === 'first') waiters.unshift(waiter);
    else waiters.push(waiter);
    businesses.set(waiter.businessKey, waiters);
    this.#size += 1;
  }

  #lane(lane: Lane): Map<string, T[]> {
    const found = this.#lanes[lane - 1];
    if (found === undefined) throw new RangeError(`There is no lane ${String(lane)}.`);
    return found;
  }
}
