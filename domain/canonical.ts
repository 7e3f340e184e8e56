import { createHash } from 'node:crypto';

/** JSON values as they stand in the mirror and the bases. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * One text per value: object keys sorted, so that equal states have equal texts whatever order they were built in.
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((entry: Json) => canonicalJson(entry)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const record = value as { readonly [key: string]: Json };
    const parts = Object.keys(record)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key] ?? null)}`);
    return `{${parts.join(',')}}`;
  }
  return JSON.stringify(value);
}

/** Whether two canonical values are the same, whatever the order of their keys. */
export function sameValue(left: Json | undefined, right: Json | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if (left === right) return true;
  return canonicalJson(left) === canonicalJson(right);
}

/** Short, stable fingerprint of a canonical value: the hash guard of set-based writes. */
export function fingerprint(value: Json): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url').slice(0, 22);
}
