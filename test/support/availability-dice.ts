/** Repeatable chance. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed * 2_654_435_761 + 97;
  }

  /** 0 ≤ result < 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(list: readonly T[]): T {
    const found = list[this.whole(0, list.length - 1)];
    if (found === undefined) throw new Error('Nothing to pick from.');
    return found;
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  some<T>(list: readonly T[], share: number): readonly T[] {
    return list.filter(() => this.chance(share));
  }

  times<T>(least: number, most: number, make: (index: number) => T): readonly T[] {
    return Array.from({ length: this.whole(least, most) }, (_, index) => make(index));
  }
}
