/** GET …/conflicts, GET …/conflicts/:id, POST …/conflicts/:id/resolve (SPEC 4.2). */
import { z } from 'zod';
import { reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import { cursorSchema, encodeCursor, limitSchema } from '../http/pagination.ts';
import { notFound } from '../http/problem.ts';
import { businessId, instant, note } from '../wire.ts';
import { conflictCardOf } from './card.ts';
import { listConflicts } from './list.ts';
import { resolve } from './resolve.ts';
import {
  conflictCard,
  conflictPage,
  conflictParams,
  entityName,
  kindName,
  resolveAnswer,
  resolveBody,
  statusName,
} from './schema.ts';

type Deps = Pick<ApiDeps, 'prisma' | 'reads' | 'vault' | 'logger' | 'conflicts'>;

export function conflictEndpoints(deps: Deps): readonly Endpoint[] {
  return [conflictsEndpoint(deps), conflictEndpoint(deps), resolveEndpoint(deps)];
}

const query = z
  .object({
    businessId: businessId.optional().meta({ description: 'Only this business' }),
    kind: kindName.optional(),
    status: statusName.optional(),
    entity: entityName.optional(),
    recordId: z
      .guid('must be a record id (uuid)')
      .transform((id) => id.toLowerCase())
      .optional()
      .meta({ description: 'Only those about this record of ours' }),
    from: instant.optional().meta({ description: 'Opened at or after' }),
    till: instant.optional().meta({ description: 'Opened before' }),
    escalated: z
      .enum(['true', 'false'], 'must be true or false')
      .transform((text) => text === 'true')
      .optional()
      .meta({ description: 'Only those whose visit is near, or only the others' }),
    notifyAdmin: z
      .enum(['true', 'false'], 'must be true or false')
      .transform((text) => text === 'true')
      .optional()
      .meta({ description: 'Only those of which a rule wants an admin to be told, or only the others' }),
    cursor: cursorSchema.optional(),
    limit: limitSchema(200, 50),
  })
  .strict();

function conflictsEndpoint(deps: Deps): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/conflicts',
    tag: 'Conflicts',
    summary: 'What waits for a decision, and what was decided',
    description:
      'With `status=open`: the inbox. Everything else of these records stays in step meanwhile. Names are personal data: give the scope only to who needs it.',
    query,
    responses: { 200: { description: 'A page, newest first', schema: conflictPage } },
    problems: ['not_found'],
    async handler({ query: asked, grant }) {
      const businesses = await reachableBusinesses(
        deps.prisma,
        grant,
        asked.businessId === undefined ? undefined : [asked.businessId],
      );
      const { conflicts, counts, next } = await deps.reads((db) =>
        listConflicts(db, businesses, asked, { after: asked.cursor, limit: asked.limit }),
      );
      return {
        status: 200,
        json: { conflicts, counts, nextCursor: next === null ? null : encodeCursor(next), notes: [] },
      };
    },
  });
}

const one = z.object({ conflict: conflictCard, notes: z.array(note) }).meta({ id: 'ConflictAnswer' });

function conflictEndpoint(deps: Deps): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/conflicts/:id',
    tag: 'Conflicts',
    summary: 'One conflict',
    description:
      'Booksy as last observed, the platform now, and what both last agreed on, side by side; what may be chosen and what each choice does; for times, free ones.',
    params: conflictParams,
    responses: { 200: { description: 'The conflict as it is now', schema: one } },
    problems: ['not_found'],
    async handler({ params: { id }, grant }) {
      const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
      const found = await conflictCardOf({ ...deps, db: deps.prisma }, businesses, id);
      if (found === null) throw notFound('This conflict');
      return { status: 200, json: found };
    },
  });
}

function resolveEndpoint(deps: Deps): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: '/api/admin/booksy/conflicts/:id/resolve',
    tag: 'Conflicts',
    summary: 'Resolve a conflict',
    description:
      'Checked, stored, then carried out by the conflict’s workflow; the answer waits up to two seconds for that. Refused where one side has changed since the conflict was shown. `keep-both` of an overlap is an explicit, audited overbooking.',
    params: conflictParams,
    body: resolveBody,
    headers: idempotencyHeaders,
    responses: {
      200: { description: 'Carried out', schema: resolveAnswer },
      202: { description: 'Recorded; it is carried out in the background', schema: resolveAnswer },
    },
    problems: [
      'not_found',
      'conflict_closed',
      'conflict_changed',
      'conflict_busy',
      'conflict_choice_not_offered',
      'conflict_choice_incomplete',
      'conflict_needs_mapping',
      'conflict_move_refused',
      'conflict_time_taken',
      'conflict_not_possible',
      ...KEYED,
    ],
    handler: ({ params: { id }, body: asked, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['resolve-conflict', id, asked], async () => {
        const resolved = await resolve(deps, grant, id, asked);
        return { status: resolved.state === 'resolved' ? 200 : 202, json: resolved };
      }),
  });
}
