/**
 * Cursors: the place of the last row shown, not a count, so that rows which appear meanwhile move nothing.
 */
import { z } from 'zod';

/** A kind of place in a list, as it goes out and comes back. */
export interface CursorKind<T> {
  encode(place: T): string;
  /** Query parameter `cursor`. */
  readonly schema: z.ZodType<T, string>;
}

/** Makes the cursor of a list. `inside` is what a place looks like as JSON. */
export function cursorKind<T>(inside: z.ZodType<T>): CursorKind<T> {
  const schema = z
    .string()
    .max(400)
    .transform((text, context): T => {
      const place = inside.safeParse(jsonOf(text));
      if (place.success) return place.data;
      context.addIssue({
        code: 'custom',
        message: 'is not a cursor: take it from `nextCursor` of the page before',
      });
      return z.NEVER;
    })
    .meta({ description: '`nextCursor` of the page before' });
  return { encode: (place) => Buffer.from(JSON.stringify(place)).toString('base64url'), schema };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Place in a list that is ordered by start, then id, newest first. */
export interface Place {
  readonly startedAt: Date;
  readonly id: string;
}

const byStart = cursorKind(z.tuple([z.iso.datetime(), z.guid()]));

export function encodeCursor({ startedAt, id }: Place): string {
  return byStart.encode([startedAt.toISOString(), id]);
}

/** Query parameter `cursor` of a list by start. */
export const cursorSchema = byStart.schema.transform(([startedAt, id]): Place => ({
  startedAt: new Date(startedAt),
  id,
}));

/** Query parameter `limit`. */
export function limitSchema(max: number, fallback: number) {
  return z
    .string()
    .regex(/^[1-9]\d{0,3}$/, `must be a whole number from 1 to ${max}`)
    .prefault(String(fallback))
    .transform(Number)
    .refine((value) => value <= max, `must be a whole number from 1 to ${max}`)
    .meta({ description: `Rows of a page, 1 to ${max} (${fallback})` });
}

/** Newest first; of the same moment the higher id first. Negative where `a` comes before `b`. */
export function comparePlaces(a: Place, b: Place): number {
  return b.startedAt.getTime() - a.startedAt.getTime() || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}
