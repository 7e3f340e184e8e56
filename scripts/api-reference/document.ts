/** The OpenAPI document as far as the reference is made of it. */
import { z } from 'zod';

/** A JSON Schema, with what OpenAPI adds. */
export interface Schema {
  readonly [key: string]: unknown;
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly format?: string | undefined;
  readonly example?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly default?: unknown;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly allOf?: readonly Schema[] | undefined;
  readonly items?: Schema | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: Schema | boolean | undefined;
}

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    description: z.string().optional(),
    format: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    anyOf: z.array(schema).optional(),
    allOf: z.array(schema).optional(),
    items: schema.optional(),
    properties: z.record(z.string(), schema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), schema]).optional(),
  }),
);

const content = z.record(z.string(), z.object({ schema }));

const parameter = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().optional(),
  description: z.string().optional(),
  schema,
});
export type Parameter = z.output<typeof parameter>;

const operation = z.object({
  summary: z.string(),
  description: z.string(),
  tags: z.array(z.string()).length(1),
  'x-scope': z.string().optional(),
  parameters: z.array(parameter).optional(),
  requestBody: z.object({ required: z.boolean().optional(), content }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: content.optional() })),
});

/** One endpoint. */
export interface Operation extends z.output<typeof operation> {
  readonly method: string;
  readonly path: string;
}

const document = z.object({
  info: z.object({ description: z.string() }),
  tags: z.array(z.object({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), schema) }),
});

export interface ApiDocument {
  readonly description: string;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly operations: readonly Operation[];
  /** Shapes that have a name, by it. */
  readonly shapes: Readonly<Record<string, Schema>>;
}

/** Reads the document that the API serves. @throws where it lacks what the reference needs. */
export function readDocument(json: unknown): ApiDocument {
  const { info, tags, paths, components } = document.parse(json);
  return {
    description: info.description,
    tags,
    operations: Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, each]) => ({ ...each, method: method.toUpperCase(), path })),
    ),
    shapes: components.schemas,
  };
}

/** Name of the shape that a reference leads to; null of a shape without a name. */
export function shapeName(shape: Schema): string | null {
  return shape.$ref?.split('/').at(-1) ?? null;
}
