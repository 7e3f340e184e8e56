import { Prisma } from '../../infra/database/index.ts';
import { MAPPED_TABLES, type MappedEntity } from '../../infra/mappings.ts';
import type { ApplyScope } from '../apply/scope.ts';

/** What a complete list showed: the ids themselves, or the key of the walk whose rows are noted. */
export type Listed = { readonly ids: readonly string[] } | { readonly windowKey: string };

/**
 * Closes what waits in the mapping list without need: records that came to be linked by other means, and records that
 * Booksy no longer lists. One that is listed again is asked about again.
 *
 * @param listed null where the list was not complete: then absence proves nothing (R2)
 * @returns how many were closed
 */
export async function settleWaiting(
  scope: ApplyScope,
  entity: MappedEntity,
  listed: Listed | null,
): Promise<number> {
  if (scope.plan !== null) return 0;
  const { mirror, linkColumn, mirrorEntity } = MAPPED_TABLES[entity];
  const kind = mirrorEntity === null ? Prisma.empty : Prisma.sql`AND x.entity = ${mirrorEntity}`;
  return scope.tx.$executeRaw`
    UPDATE mappings m
       SET state = CASE WHEN done.own IS NULL THEN 'rejected' ELSE 'linked' END, record_id = done.own,
           reason = CASE WHEN done.own IS NULL THEN 'not_listed' ELSE 'linked_otherwise' END, candidates = '[]',
           score = NULL, decision = NULL, decision_record_id = NULL, version = m.version + 1, updated_at = now()
      FROM (
        SELECT w.id, x.own
          FROM mappings w
          LEFT JOIN (SELECT x.external_id, x.${Prisma.raw(linkColumn)} AS own FROM ${Prisma.raw(mirror)} x
                      WHERE x.business_id = ${scope.businessId}::uuid ${kind}) AS x ON x.external_id = w.external_id
         WHERE w.business_id = ${scope.businessId}::uuid AND w.entity = ${entity} AND w.state = 'unsure'
           AND (x.own IS NOT NULL OR ${isAbsent(scope, listed)})
      ) AS done
     WHERE m.id = done.id`;
}

function isAbsent(scope: ApplyScope, listed: Listed | null): Prisma.Sql {
  if (listed === null) return Prisma.sql`false`;
  if ('ids' in listed) return Prisma.sql`NOT w.external_id = ANY(${listed.ids}::text[])`;
  return Prisma.sql`NOT EXISTS (SELECT FROM sync_pass_rows p WHERE p.run_id = ${scope.runId}::uuid
    AND p.window_key = ${listed.windowKey} AND p.external_id = w.external_id)`;
}
