import { directionFor, type SyncRule } from '../../domain/rules/rules.ts';
import { RULE_GROUPS } from '../../domain/rules/groups.ts';
import type { Db, Tx } from '../../infra/database/index.ts';

/** Kinds of the catalog that are written at Booksy where a rule has opened the way out (R8). */
type CatalogEntity = 'service' | 'variant';

export interface LackingCatalog {
  readonly entity: CatalogEntity;
  readonly recordId: string;
  /** A variant whose service Booksy lacks too: it follows once that is there. */
  readonly waits: boolean;
}

/**
 * What of the catalog Booksy lacks (R18): active services and variants that were never linked, of the kinds that the rule lets
 * out; by default none.
 *
 * @param dryRunId what this dry run would link does not count
 */
export async function lackingCatalog(
  db: Pick<Db | Tx, '$queryRaw'>,
  businessId: string,
  rule: SyncRule,
  dryRunId: string | null = null,
): Promise<readonly LackingCatalog[]> {
  const open = (['service', 'variant'] as const).filter((entity) => goesOut(rule, entity));
  if (open.length === 0) return [];
  const rows = await db.$queryRaw<{ entity: CatalogEntity; id: string; waits: boolean }[]>`
    WITH linked AS (
      SELECT record_id AS id FROM external_services WHERE business_id = ${businessId}::uuid AND record_id IS NOT NULL
      UNION ALL
      SELECT left(external_id, 36)::uuid FROM sync_pass_rows
       WHERE run_id = ${dryRunId}::uuid AND window_key IN ('would:service', 'would:variant')
    )
    SELECT 'service' AS entity, s.id::text, false AS waits FROM services s
     WHERE s.business_id = ${businessId}::uuid AND s.active AND NOT EXISTS (SELECT FROM linked l WHERE l.id = s.id)
       AND 'service' = ANY(${open})
    UNION ALL
    SELECT 'variant', v.id::text, NOT EXISTS (SELECT FROM linked l WHERE l.id = v.service_id)
      FROM service_variants v JOIN services s ON s.id = v.service_id
     WHERE v.business_id = ${businessId}::uuid AND v.active AND s.active
       AND NOT EXISTS (SELECT FROM linked l WHERE l.id = v.id) AND 'variant' = ANY(${open})
     ORDER BY 1, 2`;
  return rows.map(({ entity, id: recordId, waits }) => ({ entity, recordId, waits }));
}

function goesOut(rule: SyncRule, entity: CatalogEntity): boolean {
  return RULE_GROUPS[entity].some((group) => {
    const direction = directionFor(rule, entity, group);
    return direction === 'both' || direction === 'out';
  });
}
