import { v7 as uuidv7 } from 'uuid';
import type { ApplyScope } from '../apply/scope.ts';
import { pointCard } from './point-card.ts';
import { lockCard, lockProfile } from './profiles.ts';

interface MergedRow {
  external_id: string;
  into_external_id: string;
  into_profile_id: string;
}

/**
 * Cards that Booksy merged into others (R38): gone by id, while all visits that came with them are shown under one other
 * card. What is left of such a card here goes to that card's profile; an un-merge can take it apart again. One cheap
 * statement where there is none.
 *
 * @returns how many were merged
 */
export async function mergedCards(scope: ApplyScope): Promise<number> {
  if (scope.plan !== null) return 0;
  const rows = await scope.tx.$queryRaw<MergedRow[]>`
    SELECT c.external_id, min(t.external_id) AS into_external_id, min(t.profile_id::text) AS into_profile_id
      FROM external_clients c
      JOIN external_bookings m ON m.business_id = c.business_id AND m.source_client_external_id = c.external_id
       AND m.source_client_external_id <> m.client_external_id AND m.gone_at IS NULL
      JOIN external_clients t ON t.business_id = m.business_id AND t.external_id = m.client_external_id
       AND t.gone_at IS NULL AND t.profile_id IS NOT NULL
     WHERE c.business_id = ${scope.businessId}::uuid AND c.gone_at IS NOT NULL AND c.merged_into IS NULL
       AND c.profile_id IS NOT NULL
     GROUP BY c.external_id, c.profile_id
    HAVING count(DISTINCT t.external_id) = 1
       -- A visit that is still to come under the card itself: then only the others were given to somebody else.
       AND NOT EXISTS (
         SELECT FROM bookings b JOIN external_bookings own ON own.business_id = b.business_id AND own.booking_id = b.id
          WHERE b.profile_id = c.profile_id AND own.client_external_id = c.external_id AND own.gone_at IS NULL
            AND b.status <> 'cancelled')
     ORDER BY c.external_id`;
  for (const row of rows) await mergeCard(scope, row);
  return rows.length;
}

async function mergeCard(scope: ApplyScope, row: MergedRow): Promise<void> {
  const card = await lockCard(scope, row.external_id);
  if (card === null) return;
  const from = await lockProfile(scope, card.profileId);
  const to = await lockProfile(scope, row.into_profile_id);
  if (from !== null && to !== null && from.id !== to.id) {
    await pointCard(scope, {
      mappingId: await mappingOf(scope, row),
      card,
      from,
      to,
      reasonCode: 'merged_at_booksy',
      actor: 'sync',
    });
  }
  await scope.tx.$executeRaw`
    UPDATE external_clients SET merged_into = ${row.into_external_id}, is_primary = false, updated_at = now()
     WHERE business_id = ${scope.businessId}::uuid AND external_id = ${row.external_id}`;
}

/** The merge stands in the mapping list like any other link, so that a person can take it apart. */
async function mappingOf(scope: ApplyScope, row: MergedRow): Promise<string> {
  const rows = await scope.tx.$queryRaw<{ id: string }[]>`
    INSERT INTO mappings AS m (id, business_id, entity, external_id, record_id, state, reason, version)
    VALUES (${uuidv7()}::uuid, ${scope.businessId}::uuid, 'profile', ${row.external_id},
            ${row.into_profile_id}::uuid, 'linked', 'merged_at_booksy', 1)
    ON CONFLICT (business_id, entity, external_id) DO UPDATE
       SET record_id = excluded.record_id, state = 'linked', reason = excluded.reason, decision = NULL,
           decision_record_id = NULL, applied_at = NULL, version = m.version + 1, updated_at = now()
    RETURNING m.id`;
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('The mapping of a merged card was neither made nor found.');
  return id;
}
