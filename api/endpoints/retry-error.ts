/** POST /api/admin/booksy/errors/:id/retry: try again what is wrong. */
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { retryError } from '../errors/retry.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { idempotencyHeaders, idempotent } from '../http/idempotency.ts';
import { errorParams, operationPath } from '../wire.ts';

const answer = z
  .object({
    state: z.enum(['started', 'alreadyRunning', 'mended', 'still_failing']).meta({
      description: '`mended` and `still_failing`: it has ended already, within two seconds',
    }),
    operation: z
      .string()
      .nullable()
      .meta({ description: 'Where to watch it', example: operationPath('…') }),
  })
  .meta({ id: 'Retried' });

export function retryErrorEndpoint(deps: Pick<ApiDeps, 'prisma' | 'launcher' | 'logger'>) {
  return defineEndpoint({
    method: 'POST',
    path: '/api/admin/booksy/errors/:id/retry',
    tag: 'Errors',
    summary: 'Try again what is wrong',
    description:
      'A record in quarantine is read again by its id and applied; where a record cannot be read alone, and for a run that failed, the full sync is started.',
    params: errorParams,
    headers: idempotencyHeaders,
    responses: {
      200: { description: 'Tried, and this came of it', schema: answer },
      202: { description: 'Started, or under way already', schema: answer },
    },
    problems: [
      'not_found',
      'not_retryable',
      'business_paused',
      'idempotency_in_progress',
      'idempotency_key_reused',
      'temporal_unavailable',
    ],
    handler: ({ params: { id }, grant, headers }) =>
      idempotent(
        deps.prisma,
        { tokenId: grant.tokenId, key: headers['idempotency-key'], request: ['retry-error', id] },
        async () => {
          const retried = await retryError(deps, grant, id);
          const ended = retried.state === 'mended' || retried.state === 'still_failing';
          return { status: ended ? 200 : 202, json: retried };
        },
      ),
  });
}
