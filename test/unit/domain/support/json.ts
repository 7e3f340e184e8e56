import fc from 'fast-check';
import type { Json } from '../../../../domain/canonical.ts';

/** Any JSON value as the mirror may hold it; `-0` has no text of its own and is left out. */
export const jsonValue: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as Json);

/** The same value with the keys of every record set in another order. */
export function shuffledKeys(value: Json, picks: Iterator<number>): Json {
  if (Array.isArray(value)) return value.map((entry: Json) => shuffledKeys(entry, picks));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, entry]): [string, Json] => [
    key,
    shuffledKeys(entry, picks),
  ]);
  const shuffled: [string, Json][] = [];
  while (entries.length > 0) {
    const pick = Number(picks.next().value ?? 0) % entries.length;
    shuffled.push(...entries.splice(pick, 1));
  }
  return Object.fromEntries(shuffled);
}
