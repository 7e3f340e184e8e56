import type { Db } from '../../infra/database/index.ts';
import type { ProcessReport } from '../../domain/protocol/port.ts';
import type { ProcessRef } from './context.ts';

/** Reservations found among Booksy's visits are blocks here (R19), but not time off there: there is no way to write them. */

/** Whether a block came from the visit list. */
export async function isReservation(db: Db, ref: ProcessRef): Promise<boolean> {
  const rows = await db.$queryRaw<{ found: number }[]>`
    SELECT 1 AS found FROM external_time_off
     WHERE business_id = ${ref.businessId}::uuid AND time_off_id = ${ref.recordId}::uuid AND source = 'reservation'`;
  return rows.length > 0;
}

/** Its news come in only: the box rows say nothing that could go out. */
export async function leaveReservation(db: Db, ref: ProcessRef): Promise<ProcessReport> {
  await db.$executeRaw`
    DELETE FROM sync_outbox
     WHERE business_id = ${ref.businessId}::uuid AND entity = 'time_off' AND record_id = ${ref.recordId}::uuid`;
  return { outcome: 'held', rounds: 0, writes: 0, conflicts: 0, dueAt: null };
}
