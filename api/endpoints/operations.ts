/** GET /api/admin/booksy/operations and …/operations/:id: what runs and what ran (R31). */
import { z } from 'zod';
import { reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { cursorSchema, encodeCursor, limitSchema } from '../http/pagination.ts';
import { notFound } from '../http/problem.ts';
import { findOperation, listOperations } from '../sync/operations.ts';
import { OPERATION_STATUSES, operationDetailSchema, operationSchema } from '../sync/runs.ts';
import { businessId, note, operationParams, syncMode, within } from '../wire.ts';

const query = z
  .object({
    business: businessId.optional().meta({ description: 'Only this business' }),
    kind: z
      .string()
      .regex(/^[a-z][a-z_-]{1,40}$/i, 'must be a kind of run, such as full_sync')
      .optional()
      .meta({ description: 'Only this kind of run', example: 'full_sync' }),
    mode: syncMode.optional().meta({ description: 'Only runs of this mode' }),
    status: z.enum(OPERATION_STATUSES, `must be one of ${OPERATION_STATUSES.join(', ')}`).optional(),
    cursor: cursorSchema.optional(),
    limit: limitSchema(200, 50),
  })
  .strict();

const page = z
  .object({
    operations: z.array(operationSchema).meta({ description: 'Newest first' }),
    nextCursor: z.string().nullable().meta({ description: 'Null on the last page' }),
    notes: z.array(note),
  })
  .meta({ id: 'OperationPage' });

type Deps = Pick<ApiDeps, 'prisma' | 'reads' | 'launcher' | 'temporal' | 'logger'>;

export function operationsEndpoint(deps: Deps) {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/operations',
    tag: 'Synchronisation',
    summary: 'What runs and what ran',
    description:
      'Open operations come from Temporal, ended ones from the ledger (24 months). While Temporal does not answer, the ledger answers alone and `notes` says so.',
    query,
    responses: { 200: { description: 'A page, newest first', schema: page } },
    problems: ['not_found'],
    async handler({ query: asked, grant }) {
      const businesses = await reachableBusinesses(
        deps.prisma,
        grant,
        asked.business === undefined ? undefined : [asked.business],
      );
      const filter = {
        businessIds: businesses.map(({ id }) => id),
        kind: asked.kind,
        mode: asked.mode,
        status: asked.status,
      };
      const found = await deps.reads((prisma) =>
        listOperations({ ...deps, prisma }, filter, { after: asked.cursor, limit: asked.limit }),
      );
      return {
        status: 200,
        json: {
          operations: found.operations,
          nextCursor: found.next === null ? null : encodeCursor(found.next),
          notes: found.notes,
        },
      };
    },
  });
}

const detail = z
  .object({ operation: operationDetailSchema, notes: z.array(note) })
  .meta({ id: 'OperationAnswer' });

const QUERY_TIMEOUT_MS = 2000;

export function operationEndpoint(deps: Deps) {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/operations/:id',
    tag: 'Synchronisation',
    summary: 'One operation',
    description: 'With its progress while it is a full sync that runs.',
    params: operationParams,
    responses: { 200: { description: 'The operation', schema: detail } },
    problems: ['not_found'],
    async handler({ params: { id }, grant }) {
      const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
      const found = await findOperation(
        deps,
        businesses.map((business) => business.id),
        id,
      );
      if (found === null) throw notFound('This operation');
      const { operation, notes } = found;
      const running = operation.status === 'running' && operation.businessId !== null;
      return {
        status: 200,
        json: {
          operation: {
            ...operation,
            progress: running ? await progressOf(deps, operation.businessId) : null,
          },
          notes,
        },
      };
    },
  });
}

async function progressOf(deps: Deps, business: string | null) {
  if (business === null) return null;
  try {
    return await within(QUERY_TIMEOUT_MS, deps.launcher.fullSyncProgress(business));
  } catch (error) {
    deps.logger.warn({ err: error, businessId: business }, 'progress could not be asked');
    return null;
  }
}
