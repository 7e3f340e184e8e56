/** POST /api/admin/booksy/errors/:id/release: permit the removals that a window holds back (R3). */
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { releaseError } from '../errors/release.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import { errorParams, note } from '../wire.ts';

const body = z
  .object({
    affected: z
      .int('must be the whole number that the error shows')
      .min(1)
      .max(10_000_000)
      .meta({ description: '`affected` of the error that was looked at' }),
  })
  .strict()
  .meta({ id: 'Release', example: { affected: 14 } });

const answer = z
  .object({
    released: z.object({ affected: z.int() }),
    operation: z.string().nullable().meta({ description: 'The full sync that makes use of it' }),
    notes: z.array(note),
  })
  .meta({ id: 'Released' });

export function releaseErrorEndpoint(deps: Pick<ApiDeps, 'prisma' | 'launcher' | 'logger'>) {
  return defineEndpoint({
    method: 'POST',
    path: '/api/admin/booksy/errors/:id/release',
    tag: 'Errors',
    summary: 'Release removals that are held back',
    description:
      'So many records of a list were missing at Booksy at once that nothing was removed here. Who has looked in Booksy and found them really gone releases their number; a full sync then reads each of them by its id and removes what is gone. Permits that many, once, for a day.',
    params: errorParams,
    body,
    headers: idempotencyHeaders,
    responses: { 202: { description: 'Released; the full sync is started', schema: answer } },
    problems: ['not_found', 'not_releasable', 'release_changed', ...KEYED],
    handler: ({ params: { id }, body: { affected }, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['release-error', id, affected], async () => ({
        status: 202,
        json: await releaseError(deps, grant, id, affected),
      })),
  });
}
