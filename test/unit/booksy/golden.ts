import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const FOLDER = new URL('../../support/golden/', import.meta.url);

const sampleSchema = z.object({ schema: z.string(), status: z.number().optional(), body: z.unknown() });

/** A hand-written wire sample. */
export interface Golden {
  readonly name: string;
  readonly schema: string;
  readonly body: unknown;
}

export const goldens: readonly Golden[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => {
    const { schema, body } = sampleSchema.parse(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
    return { name: file.replace('.json', ''), schema, body };
  });

/** The body of one sample. */
export function golden(name: string): unknown {
  const found = goldens.find((sample) => sample.name === name);
  if (found === undefined) throw new Error(`There is no golden sample "${name}".`);
  return found.body;
}

/** The rows of a sample that is a plain list. */
export function goldenRows(name: string): unknown[] {
  return z.array(z.unknown()).parse(golden(name));
}

/** A sample that is one object, with some fields replaced; `undefined` removes one. */
export function goldenWith(name: string, changes: Record<string, unknown>): Record<string, unknown> {
  const body = { ...z.record(z.string(), z.unknown()).parse(golden(name)), ...changes };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

export const salon = { externalId: '4711', zone: 'Europe/Warsaw', currency: 'PLN', country: 'PL' } as const;

/** An object of unknown make as its fields. */
export function fieldsOf(value: unknown): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(value);
}
