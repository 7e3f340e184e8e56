/** POST /api/admin/booksy/errors/:id/…: what a person does about one error, told in one frame. */
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import type { ProblemCode } from '../http/problem.ts';
import { errorParams, operationPath } from '../wire.ts';
import type { TokenGrant } from '../../infra/tokens.ts';

export type ErrorDeps = Pick<ApiDeps, 'prisma' | 'launcher' | 'logger'>;

/** One thing that can be done about an error; `S` are the states that it can leave it in. */
export interface ErrorDeed<S extends string> {
  /** Last part of the path, and of the name under which its idempotency keys are kept. */
  readonly name: 'retry' | 'skip';
  readonly summary: string;
  readonly description: string;
  readonly answer: {
    /** Name of the answer's schema. */
    readonly id: string;
    readonly states: readonly [S, ...S[]];
    readonly aboutState: string;
    readonly aboutOperation: string;
  };
  /** Problems of its own. */
  readonly problems: readonly ProblemCode[];
  /** What the answers 200 and 202 say. */
  readonly ended: string;
  readonly accepted: string;
  /** States in which it is still to happen: 202. */
  readonly underWay: readonly S[];
  readonly act: (
    deps: ErrorDeps,
    grant: TokenGrant,
    id: string,
  ) => Promise<{ readonly state: S; readonly operation: string | null }>;
}

/** The endpoint of one deed. */
export function errorDeedEndpoint<S extends string>(deps: ErrorDeps, deed: ErrorDeed<S>): Endpoint {
  const answer = z
    .object({
      state: z.enum(deed.answer.states).meta({ description: deed.answer.aboutState }),
      operation: z
        .string()
        .nullable()
        .meta({ description: deed.answer.aboutOperation, example: operationPath('…') }),
    })
    .meta({ id: deed.answer.id });
  return defineEndpoint({
    method: 'POST',
    path: `/api/admin/booksy/errors/:id/${deed.name}`,
    tag: 'Errors',
    summary: deed.summary,
    description: deed.description,
    params: errorParams,
    headers: idempotencyHeaders,
    responses: {
      200: { description: deed.ended, schema: answer },
      202: { description: deed.accepted, schema: answer },
    },
    problems: ['not_found', ...deed.problems, ...KEYED, 'temporal_unavailable'],
    handler: ({ params: { id }, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, [`${deed.name}-error`, id], async () => {
        const done = await deed.act(deps, grant, id);
        return { status: deed.underWay.includes(done.state) ? 202 : 200, json: done };
      }),
  });
}
