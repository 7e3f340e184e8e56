/**
 * One endpoint: its schemas, what it documents, and its handler. The same schema validates a request, types the
 * handler, cuts the answer to what was promised, and makes the OpenAPI document.
 */
import { z } from 'zod';
import type { TokenGrant } from '../../infra/tokens.ts';
import { Problem, type FieldError, type ProblemCode } from './problem.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What came in, before any check of its content. */
export interface RawRequest {
  readonly requestId: string;
  readonly grant: TokenGrant;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** What a handler gets: only what its schemas let through. */
export interface Call<P, Q, B, H> {
  readonly requestId: string;
  /** What the token may do; of a public endpoint: nothing. */
  readonly grant: TokenGrant;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly headers: H;
  /** Of an endpoint with `rawBody` the bytes as they came, else none. */
  readonly raw: Buffer;
}

/** An answer: a JSON body that its schema cuts, or content of another type. */
export type Reply =
  | { readonly status: number; readonly json: unknown; readonly headers?: Readonly<Record<string, string>> }
  | {
      readonly status: number;
      readonly content: string | Buffer;
      readonly contentType: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface ResponseSpec {
  readonly description: string;
  /** Of a JSON answer. */
  readonly schema?: z.ZodType;
  /** Of any other answer. */
  readonly contentType?: string;
}

/** The part of an endpoint that the documentation is made of. */
export interface EndpointDocs {
  readonly method: Method;
  /** As Express writes it: `/api/things/:id`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  /** A JSON body that the handler wants as bytes, because it is signed. The schema documents it and checks nothing. */
  readonly rawBody?: z.ZodType;
  /** Problems it can answer with beyond those every endpoint of its kind has. */
  readonly problems?: readonly ProblemCode[];
}

interface Shapes<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType, H extends z.ZodObject> {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Names in lower case. Headers that are not named here are ignored. */
  readonly headers?: H;
}

/** An endpoint whose types are closed over: all of them fit in one list. */
export interface Endpoint extends EndpointDocs {
  readonly shapes: Shapes<z.ZodObject, z.ZodObject, z.ZodType, z.ZodObject>;
  /** Checks what came in and handles it. @throws {Problem} `bad_request` naming every field that is wrong. */
  handle(request: RawRequest): Promise<Reply>;
}

const NO_BYTES = Buffer.alloc(0);
const nothing = z.object({}).strict();

/** Describes an endpoint. What has no schema must be empty, except a body, which is then not read. */
export function defineEndpoint<
  P extends z.ZodObject = typeof nothing,
  Q extends z.ZodObject = typeof nothing,
  B extends z.ZodType = z.ZodUnknown,
  H extends z.ZodObject = typeof nothing,
>(
  spec: EndpointDocs &
    Shapes<P, Q, B, H> & {
      readonly handler: (call: Call<z.output<P>, z.output<Q>, z.output<B>, z.output<H>>) => Promise<Reply>;
    },
): Endpoint {
  const { handler, params, query, body, headers, ...docs } = spec;
  const shapes = {
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers }),
  };
  return {
    ...docs,
    shapes,
    async handle(request) {
      const errors: FieldError[] = [];
      const read = (where: string, schema: z.ZodType | undefined, value: unknown) =>
        parsePart(errors, where, schema, value);
      const parts = {
        params: read('path', params, request.params),
        query: read('query', query ?? nothing, request.query),
        body: read('body', body, request.body),
        headers: read('header', headers, request.headers),
      };
      if (errors.length > 0) {
        throw new Problem('bad_request', {
          detail: `${errors.length === 1 ? 'One value' : `${errors.length} values`} of the request cannot be used.`,
          nextStep: 'Correct what `errors` names and send it again.',
          errors,
        });
      }
      // Each part was parsed by its own schema above; only the absence of a schema is lost on the compiler.
      const raw = Buffer.isBuffer(request.body) ? request.body : NO_BYTES;
      const call = { requestId: request.requestId, grant: request.grant, ...parts, raw };
      return cut(docs, await handler(call as Call<z.output<P>, z.output<Q>, z.output<B>, z.output<H>>));
    },
  };
}

function parsePart(
  errors: FieldError[],
  where: string,
  schema: z.ZodType | undefined,
  value: unknown,
): unknown {
  if (schema === undefined) return {};
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) errors.push(...fieldErrors(where, issue));
  return {};
}

/** zod names unknown keys in one issue at their parent; a person looks for the key itself. */
function fieldErrors(where: string, issue: z.core.$ZodIssue): FieldError[] {
  const at = (path: readonly PropertyKey[]) => [where, ...path.map(String)].join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: at([...issue.path, key.slice(0, 60)]),
      message: 'is not known here',
    }));
  }
  return [{ path: at(issue.path), message: issue.message }];
}

/** Only what the schema promises leaves: a field nobody documented cannot slip out. */
function cut(docs: EndpointDocs, reply: Reply): Reply {
  if (!('json' in reply)) return reply;
  const schema = docs.responses[reply.status]?.schema;
  if (schema === undefined)
    throw new Error(`${docs.method} ${docs.path} answers ${reply.status}, which it does not document.`);
  return { ...reply, json: schema.parse(reply.json) };
}
