/**
 * Cursors over lists that run from new to old: the place of the last row shown, not a count, so that rows which
 * appear meanwhile move nothing.
 */
import { z } from 'zod';

/** Place in a list that is ordered by start, then id, newest first. */
export interface Place {
  readonly startedAt: Date;
  readonly id: string;
}

const inside = z.tuple([z.iso.datetime(), z.guid()]);

export function encodeCursor({ startedAt, id }: Place): string {
  return Buffer.from(JSON.stringify([startedAt.toISOString(), id])).toString('base64url');
}

function decode(text: string): Place | null {
  try {
    const [startedAt, id] = inside.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    return { startedAt: new Date(startedAt), id };
  } catch {
    return null;
  }
}

/** Query parameter `cursor`. */
export const cursorSchema = z
  .string()
  .max(200)
  .transform((text, context): Place => {
    const place = decode(text);
    if (place !== null) return place;
    context.addIssue({
      code: 'custom',
      message: 'is not a cursor: take it from `nextCursor` of the page before',
    });
    return z.NEVER;
  });

/** Query parameter `limit`. */
export function limitSchema(max: number, fallback: number) {
  return z
    .string()
    .regex(/^[1-9]\d{0,3}$/, `must be a whole number from 1 to ${max}`)
    .prefault(String(fallback))
    .transform(Number)
    .refine((value) => value <= max, `must be a whole number from 1 to ${max}`);
}

/** Newest first; of the same moment the higher id first. Negative where `a` comes before `b`. */
export function comparePlaces(a: Place, b: Place): number {
  return b.startedAt.getTime() - a.startedAt.getTime() || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}
