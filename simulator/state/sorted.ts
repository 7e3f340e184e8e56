/** A list that stays sorted, so that a page of it costs what the page costs. */
export class SortedList<T> {
  private items: T[] = [];
  private readonly compare: (a: T, b: T) => number;

  constructor(compare: (a: T, b: T) => number) {
    this.compare = compare;
  }

  get length(): number {
    return this.items.length;
  }

  /** Replaces the content; sorts once. */
  load(items: Iterable<T>): void {
    this.items = [...items].sort(this.compare);
  }

  /** Index of the first item for which `before` no longer holds. */
  firstWhere(before: (item: T) => boolean): number {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const item = this.items[middle];
      if (item !== undefined && before(item)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(item: T): void {
    const last = this.items.at(-1);
    if (last === undefined || this.compare(last, item) < 0) this.items.push(item);
    else
      this.items.splice(
        this.firstWhere((other) => this.compare(other, item) < 0),
        0,
        item,
      );
  }

  /** Removes the item that compares equal. */
  remove(item: T): void {
    const index = this.firstWhere((other) => this.compare(other, item) < 0);
    const found = this.items[index];
    if (found !== undefined && this.compare(found, item) === 0) this.items.splice(index, 1);
  }

  at(index: number): T | undefined {
    return this.items[index];
  }

  slice(from: number, till: number): T[] {
    return this.items.slice(Math.max(0, from), Math.max(0, till));
  }

  all(): readonly T[] {
    return this.items;
  }
}
