import type { RowSpec, Sizes } from './row.ts';
import { availabilityRows } from './rows/availability.ts';
import { bookingRows } from './rows/bookings.ts';
import { importComparedRows } from './rows/import-compared.ts';
import { importCostRows } from './rows/import-cost.ts';
import { importMemoryRows } from './rows/import-memory.ts';
import { importUnchangedRows } from './rows/import-unchanged.ts';
import { matchingRows } from './rows/matching.ts';
import { pacerRows } from './rows/pacer.ts';
import { syncCostRows } from './rows/sync-cost.ts';
import { syncLatencyRows } from './rows/sync-latency.ts';
import { syncLoadRows } from './rows/sync-load.ts';
import { webhookRows } from './rows/webhook.ts';

/** Every family of rows, in the order in which they are measured. A new family is a file in rows/ and a line here. */
const FAMILIES: readonly ((sizes: Sizes) => readonly RowSpec[])[] = [
  importCostRows,
  importMemoryRows,
  importUnchangedRows,
  importComparedRows,
  pacerRows,
  matchingRows,
  availabilityRows,
  bookingRows,
  syncLatencyRows,
  syncLoadRows,
  webhookRows,
  syncCostRows,
];

/** Every row at these sizes. @throws Error where two rows have one name */
export function allRows(sizes: Sizes): readonly RowSpec[] {
  const rows = FAMILIES.flatMap((family) => family(sizes));
  const names = new Set<string>();
  for (const { name } of rows) {
    if (names.has(name)) throw new Error(`Two rows are called ${name}.`);
    names.add(name);
  }
  return rows;
}

/** The rows whose names begin with one of the prefixes; all where none is given. */
export function chosenRows(rows: readonly RowSpec[], prefixes: readonly string[]): readonly RowSpec[] {
  if (prefixes.length === 0) return rows;
  return rows.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
}
