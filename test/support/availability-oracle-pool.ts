/** Visits without a name (R24), as the oracle sees them: every way to hand them out is tried. */
import type { OracleChoice } from './availability-oracle-answers.ts';
import type { Minutes, World } from './availability-oracle-world.ts';

export class OraclePool {
  readonly #world: World;
  readonly #floats: readonly { readonly busy: ReadonlySet<number>; readonly able: readonly string[] }[];
  readonly #placeable: number;

  constructor(world: World) {
    this.#world = world;
    this.#floats = world.held
      .filter(({ item, busy }) => item.staffId === null && item.eligibleStaffIds !== null && busy.size > 0)
      .map(({ item, busy }) => ({
        busy,
        able: (item.eligibleStaffIds ?? []).filter((id) => this.#couldTake(id, busy)),
      }));
    this.#placeable = this.#mostPlaced([]);
  }

  /** Whether as many of them can be given somebody as without these choices. */
  leavesSomebody(choices: readonly OracleChoice[], start: number): boolean {
    if (this.#floats.length === 0) return true;
    const taken = choices.flatMap(({ staffId }, index) => {
      const part = this.#world.parts[index];
      return part === undefined
        ? []
        : part.busy.map((minute) => `${staffId} ${String(start + part.offset + minute)}`);
    });
    return this.#mostPlaced(taken) >= this.#placeable;
  }

  #is(flags: Minutes, minute: number): boolean {
    return flags[minute - this.#world.wall.first] === 1;
  }

  #couldTake(staffId: string, busy: ReadonlySet<number>): boolean {
    const person = this.#world.staff.get(staffId);
    if (person === undefined) return false;
    return [...busy].every(
      (minute) =>
        this.#is(person.works, minute) &&
        !this.#is(person.off, minute) &&
        !this.#is(person.blocked, minute) &&
        !person.holds.some((hold) => hold.busy.has(minute)),
    );
  }

  #mostPlaced(taken: readonly string[]): number {
    const hand = (index: number, used: ReadonlySet<string>): number => {
      const float = this.#floats[index];
      if (float === undefined) return 0;
      let most = hand(index + 1, used);
      for (const staffId of float.able) {
        const own = [...float.busy].map((minute) => `${staffId} ${String(minute)}`);
        if (own.some((each) => used.has(each))) continue;
        most = Math.max(most, 1 + hand(index + 1, new Set([...used, ...own])));
      }
      return most;
    };
    return hand(0, new Set(taken));
  }
}
