/** What a person is told about each setting, kept beside its rule. */
import type { z } from 'zod';

/** What a person is told about one setting. */
export interface SettingMeta {
  /** Headline of the block in .env.example. */
  readonly group: string;
  /** One or two sentences for .env.example. */
  readonly about: string;
  /** A value that is accepted as it stands; shown when the real one is wrong. */
  readonly example: string;
  /** True where the value must never be printed, not even when it is wrong. */
  readonly secret: boolean;
}

const notes = new Map<string, SettingMeta>();

/** A setting's rule, noted together with what a person is told about it. */
export function describe<S extends z.ZodType>(
  name: string,
  schema: S,
  group: string,
  about: string,
  example: string,
  secret = false,
): S {
  notes.set(name, { group, about, example, secret });
  return schema;
}

/** What is known about a name; throws for one that is not in the schema. */
export function settingMeta(name: string): SettingMeta {
  const meta = notes.get(name);
  if (meta === undefined) throw new Error(`No such setting: ${name}`);
  return meta;
}
