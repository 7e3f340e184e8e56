/**
 * Visits for which any member of staff will do (R24): each holds one of the people who serve it, but nobody in particular. The
 * pool is enough if everybody can be given somebody at once.
 */
export interface AnyStaffItem {
  readonly id: string;
  /** ISO instants. */
  readonly startsAt: string;
  readonly endsAt: string;
  /** Who serves it. */
  readonly eligible: readonly string[];
}

export interface BusyTime {
  readonly staffId: string;
  readonly startsAt: string;
  readonly endsAt: string;
}

/**
 * Items that nobody is left for. Each item is given a person who is free for its whole time; where all are taken, an item that
 * was placed before moves to somebody else if it can (augmenting paths). Items are placed by start, then id: the same input
 * gives the same answer.
 */
export function itemsWithoutStaff(
  items: readonly AnyStaffItem[],
  busy: readonly BusyTime[],
): readonly string[] {
  const placed = new Map<string, AnyStaffItem[]>();
  const isFree = (staffId: string, item: AnyStaffItem) =>
    !busy.some((time) => time.staffId === staffId && overlaps(time, item));

  const restore = (before: ReadonlyMap<string, AnyStaffItem[]>) => {
    placed.clear();
    for (const [staffId, own] of before) placed.set(staffId, own);
  };

  const place = (item: AnyStaffItem, asked: Set<string>): boolean => {
    for (const staffId of item.eligible) {
      if (asked.has(staffId) || !isFree(staffId, item)) continue;
      asked.add(staffId);
      const before = new Map(placed);
      const own = placed.get(staffId) ?? [];
      const rivals = own.filter((other) => overlaps(other, item));
      const rest = own.filter((other) => !rivals.includes(other));
      placed.set(staffId, [...rest, item]);
      if (rivals.every((rival) => place(rival, asked))) return true;
      // Some may have moved before one could not: all go back.
      restore(before);
    }
    return false;
  };

  const without: string[] = [];
  const inOrder = [...items].sort((a, b) => a.startsAt.localeCompare(b.startsAt) || a.id.localeCompare(b.id));
  for (const item of inOrder) {
    if (!place(item, new Set())) without.push(item.id);
  }
  return without;
}

function overlaps(
  a: { readonly startsAt: string; readonly endsAt: string },
  b: { readonly startsAt: string; readonly endsAt: string },
): boolean {
  return a.startsAt < b.endsAt && b.startsAt < a.endsAt;
}
