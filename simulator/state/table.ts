import { SortedList } from './sorted.ts';

/** Records of one kind by id, listed in the order of their ids. */
export class Table<T extends { readonly id: number }> {
  private readonly byId = new Map<number, T>();
  private readonly ids = new SortedList<number>((a, b) => a - b);

  get size(): number {
    return this.byId.size;
  }

  get(id: number): T | undefined {
    return this.byId.get(id);
  }

  put(record: T): void {
    if (!this.byId.has(record.id)) this.ids.add(record.id);
    this.byId.set(record.id, record);
  }

  delete(id: number): void {
    if (this.byId.delete(id)) this.ids.remove(id);
  }

  load(records: Iterable<T>): void {
    this.byId.clear();
    for (const record of records) this.byId.set(record.id, record);
    this.ids.load(this.byId.keys());
  }

  slice(offset: number, limit: number): T[] {
    return this.pick(this.ids.slice(offset, offset + limit));
  }

  all(): T[] {
    return this.pick(this.ids.all());
  }

  private pick(ids: readonly number[]): T[] {
    const records: T[] = [];
    for (const id of ids) {
      const record = this.byId.get(id);
      if (record !== undefined) records.push(record);
    }
    return records;
  }
}
