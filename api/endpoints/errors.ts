/** GET /api/admin/booksy/errors and …/errors/:id: what is wrong and not mended, and what to do about it. */
import { z } from 'zod';
import { reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { findError, listErrors } from '../errors/list.ts';
import { ERROR_KINDS, errorSchema } from '../errors/schema.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { cursorKind, limitSchema } from '../http/pagination.ts';
import { notFound } from '../http/problem.ts';
import { businessId, errorParams, note } from '../wire.ts';

const cursor = cursorKind(z.tuple([z.boolean(), z.iso.datetime(), z.string().max(80)]));

const query = z
  .object({
    businessId: businessId.optional().meta({ description: 'Only this business' }),
    kind: z
      .enum(ERROR_KINDS, `must be one of ${ERROR_KINDS.join(', ')}`)
      .optional()
      .meta({ description: 'Only this kind of error', example: 'quarantine' }),
    cursor: cursor.schema.optional(),
    limit: limitSchema(200, 50),
  })
  .strict();

const page = z
  .object({
    errors: z.array(errorSchema).meta({ description: 'Urgent ones first, then what was seen last' }),
    nextCursor: z.string().nullable().meta({ description: 'Null on the last page' }),
    notes: z.array(note),
  })
  .meta({ id: 'ErrorPage' });

type Deps = Pick<ApiDeps, 'prisma' | 'reads' | 'launcher' | 'logger'>;

export function errorsEndpoint(deps: Deps) {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/errors',
    tag: 'Errors',
    summary: 'What is wrong and not mended',
    description:
      'Records in quarantine, runs that failed and that no later run has mended (several failures of one run in a row are one), and runs under way whose step fails and is tried again; each with the reason and the next step. ' +
      'While Temporal does not answer, the failing steps are missing and `notes` says so.',
    query,
    responses: { 200: { description: 'A page', schema: page } },
    problems: ['not_found'],
    async handler({ query: asked, grant }) {
      const businesses = await reachableBusinesses(
        deps.prisma,
        grant,
        asked.businessId === undefined ? undefined : [asked.businessId],
      );
      const after =
        asked.cursor === undefined
          ? undefined
          : { urgent: asked.cursor[0], lastSeenAt: new Date(asked.cursor[1]), id: asked.cursor[2] };
      const found = await deps.reads((db) =>
        listErrors({ ...deps, db }, businesses, asked.kind, { after, limit: asked.limit }),
      );
      const { next } = found;
      return {
        status: 200,
        json: {
          errors: found.errors,
          nextCursor:
            next === null ? null : cursor.encode([next.urgent, next.lastSeenAt.toISOString(), next.id]),
          notes: found.notes,
        },
      };
    },
  });
}

const one = z.object({ error: errorSchema, notes: z.array(note) }).meta({ id: 'ErrorAnswer' });

export function errorEndpoint(deps: Deps) {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/errors/:id',
    tag: 'Errors',
    summary: 'One error',
    params: errorParams,
    responses: { 200: { description: 'The error as it is now', schema: one } },
    problems: ['not_found'],
    async handler({ params: { id }, grant }) {
      const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
      const error = await findError({ ...deps, db: deps.prisma }, businesses, id);
      if (error === null) throw notFound('This error');
      return { status: 200, json: { error, notes: [] } };
    },
  });
}
