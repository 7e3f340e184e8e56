import { sameValue, type Json } from '../canonical.ts';
import type { GroupStates } from '../merge.ts';

/** The way out: a record of ours in Booksy's ids and words. */

/** The platform's ids → the other side's, as far as a record needs them. */
export interface LinksThere {
  readonly staff: ReadonlyMap<string, string>;
  readonly rooms: ReadonlyMap<string, string>;
  readonly categories: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<string, string>;
  readonly variants: ReadonlyMap<string, string>;
  /** Profiles → the card that speaks for them. */
  readonly clients: ReadonlyMap<string, string>;
  /** Variants → the name that their service has at Booksy, for items that have none of their own. */
  readonly serviceNames: ReadonlyMap<string, string>;
}

/** Both sides of the base (R6). */
export interface BaseSides {
  readonly theirs: GroupStates;
  readonly ours: GroupStates;
}

/** A record as it would be there; groups that cannot be said there are missing and named. */
export interface There {
  readonly groups: GroupStates;
  readonly unmapped: readonly string[];
}

/** Collects groups and those that name something without a counterpart there. */
export class ThereBuilder {
  readonly #groups: Record<string, Json> = {};
  readonly #unmapped = new Set<string>();
  readonly #base: BaseSides | null;
  readonly #ours: GroupStates;

  constructor(ours: GroupStates, base: BaseSides | null) {
    this.#ours = ours;
    this.#base = base;
  }

  /**
   * Says a group. One that is as both sides last agreed on is said in Booksy's own words of then: a translation may know
   * several (a client's second card, a shortened name), and none of them is news.
   */
  say(group: string, translate: () => Json): void {
    const agreed = this.#agreed(group);
    if (agreed !== undefined) {
      this.#groups[group] = agreed;
      return;
    }
    const before = this.#unmapped.size;
    const value = translate();
    if (this.#unmapped.size === before) this.#groups[group] = value;
  }

  /** The counterpart of an id; without one the group cannot be said. */
  find(map: ReadonlyMap<string, string>, id: Json | undefined, group: string): string | null {
    if (typeof id !== 'string') return null;
    const found = map.get(id);
    if (found === undefined) this.#unmapped.add(group);
    return found ?? null;
  }

  unsayable(group: string): null {
    this.#unmapped.add(group);
    return null;
  }

  done(): There {
    return { groups: this.#groups, unmapped: [...this.#unmapped].sort() };
  }

  #agreed(group: string): Json | undefined {
    if (this.#base === null || !(group in this.#base.ours)) return undefined;
    return sameValue(this.#ours[group], this.#base.ours[group]) ? this.#base.theirs[group] : undefined;
  }
}

/** A part of a group's value; null where it has none. */
export function part(value: Json | undefined, name: string): Json {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  return (value as { readonly [key: string]: Json })[name] ?? null;
}

/** A text of a group's value; null where it is none. */
export function partText(value: Json | undefined, name: string): string | null {
  const found = part(value, name);
  return typeof found === 'string' ? found : null;
}
