import type { Interval, Observed } from '../../domain/observed.ts';
import { isBooksyError } from '../../booksy/index.ts';

/** What a read by id came to: the record, its absence (404), or an answer that cannot be understood. */
export type ReadById<T> = { readonly found: T } | { readonly gone: true } | { readonly unreadable: true };

/** Reads one record by id; absence and what cannot be understood are answers, everything else is thrown. */
export async function readById<T>(
  read: () => Promise<Observed<T>>,
): Promise<ReadById<{ row: T; interval: Interval }>> {
  try {
    const { value, interval } = await read();
    return { found: { row: value, interval } };
  } catch (error) {
    if (isBooksyError(error, 'not_found')) return { gone: true };
    // It is there, whatever it says: the list's own row brings it to the quarantine.
    if (isBooksyError(error, 'schema_drift')) return { unreadable: true };
    throw error;
  }
}
