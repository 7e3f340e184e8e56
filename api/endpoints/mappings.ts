/** GET /api/admin/booksy/mappings and …/mappings/:id: which record of Booksy is which of ours, and what waits for a person. */
import { z } from 'zod';
import { reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { cursorKind, limitSchema } from '../http/pagination.ts';
import { notFound } from '../http/problem.ts';
import { findMapping, listMappings } from '../mappings/list.ts';
import { entityName, mappingSchema, MAPPING_STATES } from '../mappings/schema.ts';
import { businessId, note } from '../wire.ts';

const cursor = cursorKind(z.tuple([z.guid()]));

const query = z
  .object({
    businessId: businessId.optional().meta({ description: 'Only this business' }),
    entity: entityName.optional().meta({ description: 'Only this kind of record' }),
    state: z
      .enum(MAPPING_STATES, `must be one of ${MAPPING_STATES.join(', ')}`)
      .optional()
      .meta({ description: '`unsure`: what waits for a person', example: 'unsure' }),
    cursor: cursor.schema.optional(),
    limit: limitSchema(200, 50),
  })
  .strict();

const page = z
  .object({
    mappings: z.array(mappingSchema).meta({ description: 'Newest first' }),
    nextCursor: z.string().nullable().meta({ description: 'Null on the last page' }),
    notes: z.array(note),
  })
  .meta({ id: 'MappingPage' });

type Deps = Pick<ApiDeps, 'prisma' | 'reads' | 'vault' | 'logger'>;

export function mappingsEndpoint(deps: Deps) {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/mappings',
    tag: 'Mappings',
    summary: 'Which record of Booksy is which of ours',
    description:
      'With `state=unsure`: what the matcher was not sure of and a person decides. Holds what Booksy shows of a record, ' +
      'the records of ours that it could be, and why. Personal data: give the scope only to who needs it.',
    query,
    responses: { 200: { description: 'A page, newest first', schema: page } },
    problems: ['not_found'],
    async handler({ query: asked, grant }) {
      const businesses = await reachableBusinesses(
        deps.prisma,
        grant,
        asked.businessId === undefined ? undefined : [asked.businessId],
      );
      const { mappings, next, notes } = await deps.reads((db) =>
        listMappings({ ...deps, db }, businesses, asked, { after: asked.cursor?.[0], limit: asked.limit }),
      );
      return {
        status: 200,
        json: { mappings, nextCursor: next === null ? null : cursor.encode([next]), notes },
      };
    },
  });
}

const params = z.object({
  id: z
    .guid('must be a mapping id (uuid)')
    .transform((id) => id.toLowerCase())
    .meta({ description: 'Id of the mapping', example: '0199c0de-0000-7000-8000-0000000000bb' }),
});

const one = z.object({ mapping: mappingSchema, notes: z.array(note) }).meta({ id: 'MappingAnswer' });

export function mappingEndpoint(deps: Deps) {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/mappings/:id',
    tag: 'Mappings',
    summary: 'One mapping',
    params,
    responses: { 200: { description: 'The mapping as it is now', schema: one } },
    problems: ['not_found'],
    async handler({ params: { id }, grant }) {
      const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
      const found = await findMapping({ ...deps, db: deps.prisma }, businesses, id);
      if (found === null) throw notFound('This mapping');
      return { status: 200, json: found };
    },
  });
}
