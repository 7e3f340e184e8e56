/** Shapes as tables: one line for each field, nested ones by their path. */
import { shapeName, type Schema } from './document.ts';

export interface Field {
  /** `runs[].state` */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

/** The fields of an object, those of nested objects without a name among them. */
export function fieldsOf(shape: Schema, prefix = ''): Field[] {
  const whole = merged(shape);
  return Object.entries(whole.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const own: Field = {
      path,
      type: typeOf(field),
      required: whole.required?.includes(name) === true,
      description: descriptionOf(field),
    };
    const inner = innerOf(field);
    return inner === null ? [own] : [own, ...fieldsOf(inner.shape, `${path}${inner.suffix}.`)];
  });
}

/** `allOf` is how a shape extends another one: here they are one. */
function merged(shape: Schema): Schema {
  const parts = (shape.allOf ?? []).filter((part) => part.properties !== undefined);
  if (parts.length === 0) return shape;
  const all = [shape, ...parts];
  return {
    ...shape,
    properties: Object.assign({}, ...all.map((part) => part.properties ?? {})) as Record<string, Schema>,
    required: all.flatMap((part) => part.required ?? []),
  };
}

/** The object that a field holds, if its shape has no name. */
function innerOf(field: Schema): { readonly shape: Schema; readonly suffix: string } | null {
  const shape = present(field);
  if (shape.items !== undefined) {
    const inner = innerOf(shape.items);
    return inner === null ? null : { shape: inner.shape, suffix: `[]${inner.suffix}` };
  }
  if (typeof shape.additionalProperties === 'object') {
    const inner = innerOf(shape.additionalProperties);
    return inner === null ? null : { shape: inner.shape, suffix: `.*${inner.suffix}` };
  }
  return shape.properties === undefined ? null : { shape, suffix: '' };
}

/** Of `X or null` the X. */
function present(shape: Schema): Schema {
  const parts = (shape.anyOf ?? []).filter((part) => part.type !== 'null');
  return parts.length === 1 && parts[0] !== undefined ? present(parts[0]) : shape;
}

/** What every instant is described with. */
const SAID_BY_THE_TYPE = 'Instant, UTC';

/** A cell of a table stays readable with so many values. */
const MOST_LISTED = 12;

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'uuid',
  'date-time': 'instant (UTC)',
  uri: 'address',
};

/** In a person's words: `uuid`, `list of text`, `Operation or null`. */
export function typeOf(shape: Schema): string {
  const name = shapeName(shape) ?? referenced(shape);
  if (name !== null) return link(name);
  if (shape.anyOf !== undefined) return unique(shape.anyOf.map(typeOf)).join(' or ');
  if (shape.const !== undefined) return code(shape.const);
  if (shape.enum !== undefined) {
    return shape.enum.length > MOST_LISTED
      ? `one of ${shape.enum.length} codes`
      : shape.enum.map(code).join(', ');
  }
  if (Array.isArray(shape.type)) {
    return unique((shape.type as readonly string[]).map((type) => typeOf({ ...shape, type }))).join(' or ');
  }
  switch (shape.type) {
    case 'array':
      return `list of ${shape.items === undefined ? 'anything' : typeOf(shape.items)}`;
    case 'object':
      return typeof shape.additionalProperties === 'object' && shape.properties === undefined
        ? `map of ${typeOf(shape.additionalProperties)}`
        : 'object';
    case 'string':
      return FORMATS[shape.format ?? ''] ?? 'text';
    case 'integer':
      return 'whole number';
    case 'boolean':
      return 'true or false';
    case undefined:
      return 'anything';
    default:
      return String(shape.type);
  }
}

/** A reference that carries a description of its own. */
function referenced(shape: Schema): string | null {
  const [only, ...others] = (shape.allOf ?? []).filter((part) => part.$ref !== undefined);
  return only === undefined || others.length > 0 ? null : shapeName(only);
}

function descriptionOf(field: Schema): string {
  const parts = [field, ...(field.anyOf ?? []), ...(field.allOf ?? [])];
  const text = parts.map((part) => part.description).find((each) => each !== undefined) ?? '';
  return text === SAID_BY_THE_TYPE ? '' : text;
}

function link(name: string): string {
  return `[${name}](#shape-${name.toLowerCase()})`;
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
