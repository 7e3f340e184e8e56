import type { z } from 'zod';
import type { ApiClient } from './api-client.ts';
import type { Output } from './output.ts';
import type { Note } from './wire.ts';

const MOST_OF_A_PAGE = 200;

/** A list as far as it was asked for. */
export type Listed<T> = {
  readonly rows: readonly T[];
  /** There is more than was asked for. */
  readonly more: boolean;
  readonly notes: readonly Note[];
};

/** What every list answers beside its rows. */
type PageSchema = z.ZodType<{ readonly nextCursor: string | null; readonly notes: readonly Note[] }>;

/**
 * Reads a list page by page.
 * @param filter query parameters; those that are undefined are left out
 * @param limit rows at most
 */
export async function readList<S extends PageSchema, T>(
  api: ApiClient,
  path: string,
  filter: Readonly<Record<string, string | undefined>>,
  { schema, rowsOf, limit }: { schema: S; rowsOf: (page: z.output<S>) => readonly T[]; limit: number },
): Promise<Listed<T>> {
  const rows: T[] = [];
  const notes = new Map<string, Note>();
  let cursor: string | undefined;
  for (;;) {
    const query = new URLSearchParams();
    const size = String(Math.min(MOST_OF_A_PAGE, limit - rows.length));
    for (const [name, value] of Object.entries({ ...filter, limit: size, cursor }))
      if (value !== undefined) query.set(name, value);
    const page = schema.parse(await api.get(`${path}?${query.toString()}`));
    rows.push(...rowsOf(page));
    for (const note of page.notes) notes.set(note.code, note);
    cursor = page.nextCursor ?? undefined;
    if (cursor === undefined || rows.length >= limit)
      return { rows: rows.slice(0, limit), more: cursor !== undefined, notes: [...notes.values()] };
  }
}

/** Says what the API wants known beside its answer. */
export function sayNotes(output: Output, notes: readonly Note[]): void {
  for (const { message, nextStep } of notes) output.say(`${output.paint.yellow('!')} ${message} ${nextStep}`);
}
