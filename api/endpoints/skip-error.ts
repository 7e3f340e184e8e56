/** POST /api/admin/booksy/errors/:id/skip: leave a record that failed alone until it changes again (R29). */
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { skipError } from '../errors/skip.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { idempotencyHeaders, idempotent } from '../http/idempotency.ts';
import { errorParams, operationPath } from '../wire.ts';

const answer = z
  .object({
    state: z.enum(['skipped', 'already_skipped', 'asked']).meta({
      description: '`asked`: its workflow was told and has not written it down within two seconds',
    }),
    operation: z
      .string()
      .nullable()
      .meta({ description: 'The run that tried it', example: operationPath('…') }),
  })
  .meta({ id: 'Skipped' });

export function skipErrorEndpoint(deps: Pick<ApiDeps, 'prisma' | 'launcher' | 'logger'>) {
  return defineEndpoint({
    method: 'POST',
    path: '/api/admin/booksy/errors/:id/skip',
    tag: 'Errors',
    summary: 'Leave a record that failed alone',
    description:
      'Of kind `record` only. Its workflow ends, what waits for the record goes from the boxes, and both sides keep what they hold: it is looked at again when either side changes it.',
    params: errorParams,
    headers: idempotencyHeaders,
    responses: {
      200: { description: 'It is left', schema: answer },
      202: { description: 'Its workflow was told', schema: answer },
    },
    problems: [
      'not_found',
      'not_skippable',
      'error_closed',
      'idempotency_in_progress',
      'idempotency_key_reused',
      'temporal_unavailable',
    ],
    handler: ({ params: { id }, grant, headers }) =>
      idempotent(
        deps.prisma,
        { tokenId: grant.tokenId, key: headers['idempotency-key'], request: ['skip-error', id] },
        async () => {
          const skipped = await skipError(deps, grant, id);
          return { status: skipped.state === 'asked' ? 202 : 200, json: skipped };
        },
      ),
  });
}
