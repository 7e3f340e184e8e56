/** Remote fields that no shape names. They are personal until proven otherwise (R40): the caller seals them. */
import type { z } from 'zod';
import type { UnknownFields } from '../../domain/observed.ts';
import { isRecord } from './edge.ts';

type AnyObject = z.ZodObject<Readonly<Record<string, z.ZodType>>>;

/**
 * Fields of `row` that `shape` does not name; fields of nested objects under their path (`traveling.floor`,
 * `subbookings.0.colour`). Null where there are none.
 */
export function unknownFields(
  row: Readonly<Record<string, unknown>>,
  shape: AnyObject,
  nested: Readonly<Record<string, AnyObject>> = {},
): UnknownFields {
  const found: Record<string, unknown> = {};
  collect(row, shape, '', found);
  for (const [field, inner] of Object.entries(nested)) {
    const value = row[field];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    list.forEach((entry, index) => {
      const path = Array.isArray(value) ? `${field}.${String(index)}.` : `${field}.`;
      if (isRecord(entry)) collect(entry, inner, path, found);
    });
  }
  return Object.keys(found).length === 0 ? null : found;
}

function collect(
  row: Readonly<Record<string, unknown>>,
  shape: AnyObject,
  path: string,
  found: Record<string, unknown>,
): void {
  for (const [field, value] of Object.entries(row)) {
    if (!Object.hasOwn(shape.shape, field)) found[`${path}${field}`] = value;
  }
}
