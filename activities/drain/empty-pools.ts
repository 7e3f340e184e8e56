import { openConflicts } from '../apply/conflicts.ts';
import { NO_LINKS } from '../apply/links.ts';
import { poolsAround } from '../apply/pools.ts';
import { emptyPoolsOf } from '../apply/visit-trouble.ts';
import { inStep, type RunBusiness } from '../inbound/run.ts';
import type { BoxRecord } from './boxes.ts';
import type { DrainDeps, DrainRun } from './deps.ts';

/**
 * R24: a visit, time off or a change of the staff that was made here may take the last one who was free for a visit that anybody
 * may do. That visit stays as it is, and a person finds somebody. What is made at Booksy is looked at where it is taken in.
 */
export async function reportEmptyPools(
  deps: DrainDeps,
  business: RunBusiness,
  run: DrainRun,
  records: readonly BoxRecord[],
): Promise<void> {
  const changed = changedBy(records);
  if (changed.length === 0) return;
  const look = await lookAtWaiting(deps, business.id, changed);
  // Mostly nobody waits for anybody: then nothing is locked.
  if (!look.waits) return;
  const around = look.removed ? 'all' : changed;
  // The instant is the database's own.
  if ((await poolsAround({ tx: deps.db, businessId: business.id, now: 'now' }, around)).length === 0) return;
  await inStep(deps, business, run, NO_LINKS, async (scope) =>
    openConflicts(scope, await emptyPoolsOf(scope, around)),
  );
}

/** Whether anybody is waited for, and whether one of the records is no longer there to tell what time it has freed. */
async function lookAtWaiting(
  { db }: DrainDeps,
  businessId: string,
  changed: readonly string[] | 'all',
): Promise<{ readonly waits: boolean; readonly removed: boolean }> {
  const ids = changed === 'all' ? [] : changed;
  const [row] = await db.$queryRaw<{ waits: boolean; removed: boolean }[]>`
    SELECT /* prepared */ w.waits, w.waits AND EXISTS (
             SELECT FROM unnest(${[...ids]}::uuid[]) AS r (id)
              WHERE NOT EXISTS (SELECT FROM bookings b WHERE b.id = r.id)
                AND NOT EXISTS (SELECT FROM time_off t WHERE t.id = r.id)) AS removed
      FROM (SELECT EXISTS (SELECT FROM booking_items i
                            WHERE i.business_id = ${businessId}::uuid AND i.any_staff AND i.staff_id IS NULL
                              AND i.starts_at > now() - interval '1 day') AS waits) w`;
  return row ?? { waits: false, removed: false };
}

/** Whether a change of a record of this kind can leave a visit without staff. */
export function movesPools({ entity }: BoxRecord): boolean {
  return changesStaff(entity) || takesTime(entity);
}

function changesStaff(entity: string): boolean {
  return entity === 'staff' || entity === 'variant';
}

function takesTime(entity: string): boolean {
  return entity === 'booking' || entity === 'time_off';
}

/** Visits and blocks, or all where somebody may have left, or no longer does what was booked. */
function changedBy(records: readonly BoxRecord[]): readonly string[] | 'all' {
  if (records.some(({ entity }) => changesStaff(entity))) return 'all';
  return records.filter(({ entity }) => takesTime(entity)).map(({ recordId }) => recordId);
}
