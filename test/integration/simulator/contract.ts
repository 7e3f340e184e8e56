import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

/** `booksy/openapi.yaml` as a judge of what goes over the wire. */

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly template: string;
  readonly pattern: RegExp;
  readonly literals: number;
  readonly responses: Readonly<Record<string, unknown>>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((inner, name) => (isRecord(inner) ? inner[name] : undefined), value);
}

/** Objects are open in the contract; to catch a field that it does not name, they are closed here. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isRecord(schema)) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return isRecord(schema['properties']) && schema['type'] === 'object' && !('additionalProperties' in schema)
    ? { ...inner, additionalProperties: false }
    : inner;
}

const document: unknown = parse(
  readFileSync(new URL('../../../booksy/openapi.yaml', import.meta.url), 'utf8'),
);

function collectOperations(): Operation[] {
  const operations: Operation[] = [];
  for (const [template, item] of Object.entries(
    isRecord(at(document, 'paths')) ? (at(document, 'paths') as object) : {},
  )) {
    for (const method of METHODS) {
      const operation = at(item, method);
      if (!isRecord(operation) || typeof operation['operationId'] !== 'string') continue;
      const base = template.startsWith('/oauth') ? '' : '/public-api/pl';
      operations.push({
        id: operation['operationId'],
        method: method.toUpperCase(),
        template,
        pattern: new RegExp(`^${base}${template.replace(/\{\w+\}/g, '[^/]+')}$`),
        literals: template.split('/').filter((part) => part !== '' && !part.startsWith('{')).length,
        responses: isRecord(operation['responses']) ? operation['responses'] : {},
      });
    }
  }
  // `mapping/` is a literal and wins over `{id}/`.
  return operations.sort((a, b) => b.literals - a.literals);
}

export class Contract {
  readonly operations = collectOperations();
  /** Operations of which a good answer was seen. */
  readonly seen = new Set<string>();
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor() {
    this.ajv.addSchema({ $id: 'https://contract.example/', components: closed(at(document, 'components')) });
  }

  /** Problems of one answer; none = it is as the contract says. */
  problems(method: string, path: string, status: number, body: unknown): string[] {
    const operation = this.operations.find((one) => one.method === method && one.pattern.test(path));
    if (operation === undefined) {
      // What the contract does not know must be refused, in one of the two forms of an error.
      return status === 404 || status === 405
        ? this.check('Error', body)
        : [`${method} ${path} is not in the contract`];
    }
    const response =
      operation.responses[String(status)] ?? (status >= 500 ? operation.responses['default'] : undefined);
    if (response === undefined) return [`${operation.id} has no answer ${String(status)}`];
    if (status < 300) this.seen.add(operation.id);
    const reference = at(response, '$ref');
    const resolved =
      typeof reference === 'string' ? at(document, ...reference.slice(2).split('/')) : response;
    const type =
      typeof body === 'string' && at(resolved, 'content', 'text/csv') !== undefined
        ? 'text/csv'
        : 'application/json';
    const schema = at(resolved, 'content', type, 'schema');
    if (schema === undefined) return body === undefined ? [] : ['a body where there is none'];
    return this.run(`${operation.id} ${String(status)} ${type}`, schema, body);
  }

  /** Problems of a body by a named schema; `X[]` is a list of X. */
  check(name: string, body: unknown): string[] {
    const schema = { $ref: `#/components/schemas/${name.replace('[]', '')}` };
    return this.run(name, name.endsWith('[]') ? { type: 'array', items: schema } : schema, body);
  }

  private run(key: string, schema: unknown, body: unknown): string[] {
    let validate = this.validators.get(key);
    if (validate === undefined) {
      const located = JSON.stringify(closed(schema)).replaceAll(
        '"#/components',
        '"https://contract.example/#/components',
      );
      const compiled: unknown = JSON.parse(located);
      validate = this.ajv.compile(isRecord(compiled) ? compiled : {});
      this.validators.set(key, validate);
    }
    if (validate(body)) return [];
    return (validate.errors ?? []).map(
      (error) => `${key}${error.instancePath} ${error.message ?? ''} ${JSON.stringify(error.params)}`,
    );
  }
}
