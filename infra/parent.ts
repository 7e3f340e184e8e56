import type { Db, Tx } from './database/index.ts';

/** Booksy's id of the service that a variant belongs to there: without it a variant has no address. Null where it was never seen. */
export async function serviceOfVariant(
  db: Pick<Db | Tx, '$queryRaw'>,
  businessId: string,
  externalId: string,
): Promise<string | null> {
  const [parent] = await db.$queryRaw<{ id: string | null }[]>`
    SELECT coalesce(
      (SELECT parent_external_id FROM mappings
        WHERE business_id = ${businessId}::uuid AND entity = 'variant' AND external_id = ${externalId}),
      (SELECT remote ->> 'service' FROM external_services
        WHERE business_id = ${businessId}::uuid AND entity = 'variant' AND external_id = ${externalId})) AS id`;
  return parent?.id ?? null;
}
