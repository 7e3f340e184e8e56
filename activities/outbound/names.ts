import type { GroupStates } from '../../domain/merge.ts';
import { itemGroups, itemOfGroup } from '../../domain/states/visit.ts';
import { itemAliases, renameGroup, renameItems } from '../../domain/states/visit-there.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';

/**
 * One name for each item of a visit. Booksy calls an item by its sub-booking, we by our row until the two are linked. Inside
 * a process an item goes by the name that the view gave it; the mirror is stored under Booksy's own.
 */
export class ItemNames {
  /** By object: Booksy's name → the name in the process. */
  readonly #byObject = new Map<string, ReadonlyMap<string, string>>();

  /** A record as the process is to see it. */
  taken(seen: SeenRecord, oursThere: GroupStates, madeByUs: boolean): SeenRecord {
    const names = itemAliases(seen.theirs, oursThere, madeByUs);
    this.#byObject.set(seen.externalId, names);
    if (names.size === 0) return seen;
    return {
      ...seen,
      theirs: renameItems(seen.theirs, names),
      here: renameItems(seen.here, names),
      unread: seen.unread.map((group) => renameGroup(group, names)),
      unresolved: seen.unresolved.map((group) => renameGroup(group, names)).sort(),
    };
  }

  /** Name in the process → Booksy's own, of one object. */
  theirsOf(externalId: string): ReadonlyMap<string, string> {
    return new Map([...(this.#byObject.get(externalId) ?? [])].map(([their, local]) => [local, their]));
  }
}

const OWN = 'own-';

/** The row that an own name stands for. */
export function ownRow(name: string): string | null {
  return name.startsWith(OWN) ? name.slice(OWN.length) : null;
}

/**
 * Present names for groups that were stored under earlier ones.
 *
 * @param links `item_links` of the visit's objects, the present one last
 */
export function presentNames(links: readonly Readonly<Record<string, string>>[]): (group: string) => string {
  const rowOf = new Map<string, string>();
  for (const each of links) for (const [name, row] of Object.entries(each)) rowOf.set(name, row);
  const nameOf = new Map<string, string>();
  for (const [name, row] of Object.entries(links.at(-1) ?? {})) nameOf.set(row, name);
  return (group) => {
    const item = itemOfGroup(group);
    if (item === null) return group;
    const row = ownRow(item.key) ?? rowOf.get(item.key);
    const name = row === undefined ? undefined : nameOf.get(row);
    return name === undefined ? group : itemGroups(name)[item.part];
  };
}

/** Groups under their present names. */
export function renamed<T>(
  groups: { readonly [group: string]: T },
  nameOf: (group: string) => string,
): { readonly [group: string]: T } {
  return Object.fromEntries(Object.entries(groups).map(([group, value]) => [nameOf(group), value]));
}
