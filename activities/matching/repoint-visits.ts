import { Prisma } from '../../infra/database/index.ts';
import { noteAudit } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';

/** Groups of a visit that share one edit counter here: who it is for (see booksy_sync_count_bookings). */
const CLIENT_GROUPS = ['client', 'clientName', 'clientPhone', 'clientEmail'] as const;

export interface RepointVisits {
  readonly externalId: string;
  /** Only visits that are this profile's: one that a person gave to somebody else stays there. */
  readonly from: string;
  readonly to: string;
  /**
   * `source`: visits that came with this card, whatever card Booksy shows them under now.
   * `shown`: also visits that are shown under it now.
   */
  readonly whose: 'source' | 'shown';
  readonly reasonCode: string;
  readonly actor: string;
}

/**
 * Gives the visits of a card to another profile. What the base holds of our side moves along, and the edit counters with
 * it: nobody has edited these visits, so nothing may look changed here (R7a) and nothing is pushed.
 *
 * @returns how many visits moved
 */
export async function repointVisits(scope: ApplyScope, move: RepointVisits): Promise<number> {
  const shown =
    move.whose === 'shown' ? Prisma.sql`OR m.client_external_id = ${move.externalId}` : Prisma.empty;
  const rows = await scope.tx.$queryRaw<{ booking_id: string; external_id: string }[]>`
    WITH moved AS (
      UPDATE bookings b SET profile_id = ${move.to}::uuid
        FROM external_bookings m
       WHERE m.business_id = ${scope.businessId}::uuid AND m.booking_id = b.id
         AND b.business_id = ${scope.businessId}::uuid AND b.profile_id = ${move.from}::uuid
         AND (coalesce(m.source_client_external_id, m.client_external_id) = ${move.externalId} ${shown})
      RETURNING b.id
    )
    UPDATE external_bookings m
       SET base_ours = CASE WHEN m.base_ours ->> 'client' = ${move.from}
                            THEN m.base_ours || jsonb_build_object('client', ${move.to}::text) ELSE m.base_ours END,
           base_counters = m.base_counters || (
             SELECT jsonb_object_agg(g, coalesce((m.base_counters ->> g)::int, 0) + 1)
               FROM unnest(${[...CLIENT_GROUPS]}::text[]) AS g),
           updated_at = now()
      FROM moved
     WHERE m.business_id = ${scope.businessId}::uuid AND m.booking_id = moved.id
    RETURNING m.booking_id, m.external_id`;
  noteAudit(
    scope,
    rows.map((row) => ({
      action: 'updated',
      entity: 'booking',
      recordId: row.booking_id,
      externalId: row.external_id,
      reasonCode: move.reasonCode,
      groups: ['client'],
      actor: move.actor,
    })),
  );
  return rows.length;
}
