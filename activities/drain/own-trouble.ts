import { openConflicts } from '../apply/conflicts.ts';
import { NO_LINKS } from '../apply/links.ts';
import { overlapsOf } from '../apply/overlaps.ts';
import { poolsAround } from '../apply/pools.ts';
import { emptyPoolsOf } from '../apply/visit-trouble.ts';
import { inStep, type RunBusiness } from '../inbound/run.ts';
import type { BoxRecord } from './boxes.ts';
import type { DrainDeps, DrainRun } from './deps.ts';

/**
 * What a change of ours leaves for a person, as what comes from Booksy does where it is taken in:
 *
 * - time off over a visit: both stay, and somebody moves the visit (R19). A block of a calendar only blocks: it may be that very
 *   visit, come back from another program;
 * - a visit that anybody may do and for which nobody is left, because of a visit, time off, or a change of the staff (R24).
 */
export async function reportOwnTrouble(
  deps: DrainDeps,
  business: RunBusiness,
  run: DrainRun,
  records: readonly BoxRecord[],
): Promise<void> {
  if (!records.some(makesTrouble)) return;
  const ids = records.filter(({ entity }) => takesTime(entity)).map(({ recordId }) => recordId);
  const look = await lookAtTrouble(deps, business.id, ids);
  // Whoever may have left, or no longer does what was booked, concerns everybody who waits.
  const around = look.removed || records.some(({ entity }) => changesStaff(entity)) ? 'all' : ids;
  // Mostly everybody is served: then nothing is locked. The instant is the database's own.
  const looking = { tx: deps.db, businessId: business.id, now: 'now' };
  const isWithout = look.waits && (await poolsAround(looking, around)).some((item) => item.isWithout);
  if (!isWithout && look.over.length === 0) return;
  await inStep(deps, business, run, NO_LINKS, async (scope) =>
    openConflicts(scope, [
      ...(await overlapsOf(scope, look.over)),
      ...(isWithout ? await emptyPoolsOf(scope, around) : []),
    ]),
  );
}

interface Trouble {
  /** Somebody's visit waits for whoever is free. */
  readonly waits: boolean;
  /** One of the records is no longer there to tell what time it has freed. */
  readonly removed: boolean;
  /** Time off that lies over something else. */
  readonly over: readonly string[];
}

async function lookAtTrouble(
  { db }: DrainDeps,
  businessId: string,
  ids: readonly string[],
): Promise<Trouble> {
  const [row] = await db.$queryRaw<Trouble[]>`
    SELECT /* prepared */ w.waits, w.waits AND EXISTS (
             SELECT FROM unnest(${[...ids]}::uuid[]) AS r (id)
              WHERE NOT EXISTS (SELECT FROM bookings b WHERE b.id = r.id)
                AND NOT EXISTS (SELECT FROM time_off t WHERE t.id = r.id)) AS removed,
           ARRAY(SELECT t.id::text FROM time_off t
                  WHERE t.id = ANY(${[...ids]}::uuid[]) AND t.external_calendar_id IS NULL
                    AND EXISTS (SELECT FROM occupancy o WHERE o.time_off_id = t.id AND o.exempt)) AS over
      FROM (SELECT EXISTS (SELECT FROM booking_items i
                            WHERE i.business_id = ${businessId}::uuid AND i.any_staff AND i.staff_id IS NULL
                              AND i.starts_at > now() - interval '1 day') AS waits) w`;
  return row ?? { waits: false, removed: false, over: [] };
}

/** Whether a change of a record of this kind can leave something for a person. */
export function makesTrouble({ entity }: BoxRecord): boolean {
  return changesStaff(entity) || takesTime(entity);
}

function changesStaff(entity: string): boolean {
  return entity === 'staff' || entity === 'variant';
}

function takesTime(entity: string): boolean {
  return entity === 'booking' || entity === 'time_off';
}
