import { z } from 'zod';
import type { Extra } from '../types.ts';
import { parseDate, parseLocal } from '../time.ts';
import { invalid } from './problem.ts';

export const localTime = z
  .string()
  .refine((text) => parseLocal(text) !== null, 'not a local time YYYY-MM-DDTHH:MM');
export const localDate = z.string().refine((text) => parseDate(text) !== null, 'not a date YYYY-MM-DD');
export const hourMinute = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'not a time HH:MM');
export const text = z.string().min(1);
export const maybeText = z.string().nullable();
export const maybeId = z.number().int().nullable();

/** Parses a body or answers 400 naming the field. */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(issue?.path.join('.') ?? '', issue?.message ?? 'The body is not valid');
}

/** Fields of the body that are neither known nor read-only: kept as they came. */
export function extraOf(body: unknown, known: Iterable<string>): Extra | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const names = new Set(known);
  const rest = Object.entries(body).filter(([name]) => !names.has(name));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}
