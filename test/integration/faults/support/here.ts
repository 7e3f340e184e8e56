import { z } from 'zod';
import type { Db } from '../../../../infra/database/index.ts';
import type { Salon } from './salons.ts';

/** What is here, read by SQL of the tests' own and not by the code under test. */

export interface VisitHere {
  readonly externalId: string;
  readonly bookingId: string;
  readonly status: string;
  readonly reason: string | null;
  readonly startsLocal: string;
  readonly profileId: string | null;
  readonly zone: string;
  readonly travels: boolean;
  readonly note: string | null;
  /** Marked as gone on the platform's record. */
  readonly markedGone: boolean;
  /** The mirror knows that Booksy has it no more. */
  readonly gone: boolean;
}

/** Visits of a salon that are here, by their id at Booksy. */
export async function visitsHere(db: Db, { businessId }: Salon): Promise<ReadonlyMap<string, VisitHere>> {
  const rows = await db.$queryRaw<VisitHere[]>`
    SELECT m.external_id AS "externalId", b.id AS "bookingId", b.status, b.status_reason AS reason,
           to_char(b.starts_local, 'YYYY-MM-DD"T"HH24:MI') AS "startsLocal", b.profile_id AS "profileId", b.zone,
           b.traveling IS NOT NULL AS travels, b.client_note AS note, b.gone_at_booksy IS NOT NULL AS "markedGone",
           m.gone_at IS NOT NULL AS gone
      FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
     WHERE m.business_id = ${businessId}::uuid`;
  return new Map(rows.map((row) => [row.externalId, row]));
}

/** Records that the mirror of a salon counts as gone or the platform as cancelled because of it: 0 where nothing was lost. */
export async function lostHere(db: Db, { businessId }: Salon): Promise<number> {
  const rows = await db.$queryRaw<{ lost: number }[]>`
    SELECT (SELECT count(*) FROM external_bookings WHERE business_id = ${businessId}::uuid AND gone_at IS NOT NULL)::int
         + (SELECT count(*) FROM external_clients WHERE business_id = ${businessId}::uuid AND gone_at IS NOT NULL)::int
         + (SELECT count(*) FROM external_staff WHERE business_id = ${businessId}::uuid AND gone_at IS NOT NULL)::int
         + (SELECT count(*) FROM external_rooms WHERE business_id = ${businessId}::uuid AND gone_at IS NOT NULL)::int
         + (SELECT count(*) FROM external_services WHERE business_id = ${businessId}::uuid AND gone_at IS NOT NULL)::int
         + (SELECT count(*) FROM external_time_off WHERE business_id = ${businessId}::uuid AND gone_at IS NOT NULL)::int
         + (SELECT count(*) FROM bookings WHERE business_id = ${businessId}::uuid
              AND (gone_at_booksy IS NOT NULL OR status_reason = 'gone_at_booksy'))::int AS lost`;
  return rows[0]?.lost ?? -1;
}

/** Client cards of a salon that are here. */
export async function cardsHere(db: Db, { businessId }: Salon): Promise<ReadonlySet<string>> {
  const rows = await db.externalClient.findMany({ where: { businessId }, select: { externalId: true } });
  return new Set(rows.map((row) => row.externalId));
}

/** What waits for a person in the quarantine of a salon. */
export async function openQuarantine(db: Db, { businessId }: Salon) {
  return db.quarantine.findMany({
    where: { businessId, releasedAt: null },
    orderBy: [{ entity: 'asc' }, { externalId: 'asc' }],
  });
}

/** Whether the last pass over a list proved anything (R2). */
export async function passWasComplete(db: Db, { businessId }: Salon, windowKey: string): Promise<boolean> {
  const row = await db.integrationSyncStatus.findFirstOrThrow({ where: { businessId, windowKey } });
  return row.complete;
}

const entityCounts = z.object({
  created: z.number(),
  updated: z.number(),
  unchanged: z.number(),
  quarantined: z.number(),
});
const runCounts = z.record(z.string(), entityCounts);

/** Counts of a run's ledger row. */
export function countsOf(run: { readonly counts: unknown }): z.output<typeof runCounts> {
  return runCounts.parse(run.counts);
}
