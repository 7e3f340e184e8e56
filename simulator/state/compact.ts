import type { JournalEntry } from './journal.ts';

/** Kinds of which there are many, and of which one version does not lean on another record's. */
const FOLDED: ReadonlySet<string> = new Set(['visit', 'customer', 'timeOff']);
/** A journal is written anew only where that spares something. */
const WORTH_ENTRIES = 2000;

/**
 * The entries that are still needed, in their order: of a visit, card or time off only the last, of settings and clock
 * only the last. Null where it is not worth the writing. `lastIds` keeps ids from being given twice although the
 * records that had them are forgotten.
 */
export function compacted(
  entries: readonly unknown[],
  lastIds: ReadonlyMap<number, number>,
): JournalEntry[] | null {
  if (entries.length < WORTH_ENTRIES) return null;
  const seen = new Set<string>();
  const kept: JournalEntry[] = [];
  for (let n = entries.length - 1; n >= 0; n -= 1) {
    const entry = entries[n];
    if (!isEntry(entry) || entry.t === 'ids') continue;
    const name = nameOf(entry);
    if (name !== null && seen.has(name)) continue;
    if (name !== null) seen.add(name);
    kept.push(entry);
  }
  if (kept.length > entries.length / 2) return null;
  const ids = [...lastIds].map(([salon, lastId]) => ({ t: 'ids' as const, salon, lastId }));
  return [...ids, ...kept.reverse()];
}

/** What an entry replaces as a whole; null = it must stay. */
function nameOf(entry: JournalEntry): string | null {
  if (entry.t === 'settings' || entry.t === 'clock') return entry.t;
  if (entry.t === 'ids' || !FOLDED.has(entry.kind)) return null;
  return `${String(entry.salon)}/${entry.kind}/${entry.key}`;
}

/** Entries were understood one by one when they were replayed. */
function isEntry(value: unknown): value is JournalEntry {
  return typeof value === 'object' && value !== null && 't' in value;
}
