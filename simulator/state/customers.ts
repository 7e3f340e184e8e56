import type { Customer } from '../types.ts';
import { Table } from './table.ts';

/** What is compared to find the card of somebody who books with name and contact only. */
export type Contact = Pick<Customer, 'first_name' | 'last_name' | 'cell_phone' | 'email'>;

/** Client cards, also found by all of their contact data at once: there may be many thousands. */
export class CustomerTable extends Table<Customer> {
  private readonly byContact = new Map<string, Set<number>>();

  override put(record: Customer): void {
    this.unlink(this.get(record.id));
    super.put(record);
    this.link(record);
  }

  override delete(id: number): void {
    this.unlink(this.get(id));
    super.delete(id);
  }

  override load(records: Iterable<Customer>): void {
    super.load(records);
    this.byContact.clear();
    for (const record of this.all()) this.link(record);
  }

  /** The oldest card with just these, if any. */
  withContact(contact: Contact): number | null {
    const ids = this.byContact.get(keyOf(contact));
    return ids === undefined || ids.size === 0 ? null : Math.min(...ids);
  }

  private link(record: Customer): void {
    const key = keyOf(record);
    const ids = this.byContact.get(key);
    if (ids === undefined) this.byContact.set(key, new Set([record.id]));
    else ids.add(record.id);
  }

  private unlink(record: Customer | undefined): void {
    if (record === undefined) return;
    const key = keyOf(record);
    const ids = this.byContact.get(key);
    ids?.delete(record.id);
    if (ids?.size === 0) this.byContact.delete(key);
  }
}

function keyOf({ first_name, last_name, cell_phone, email }: Contact): string {
  return JSON.stringify([first_name, last_name, cell_phone, email]);
}
