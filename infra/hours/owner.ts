import { addDays } from '../../domain/local-time.ts';
import type { Tx } from '../database/index.ts';
import { HoursError, unusable, type HoursOwner } from './words.ts';

/** A salon at this moment, by the database's clock. */
export interface SalonNow {
  readonly businessId: string;
  readonly zone: string;
  /** Its local date. */
  readonly today: string;
  /** ISO instant. */
  readonly now: string;
}

/** @throws {HoursError} `unknown_owner` where there is no such business */
export async function salonNow(db: Pick<Tx, '$queryRaw'>, businessId: string): Promise<SalonNow> {
  const rows = await db.$queryRaw<{ zone: string; today: string; now: Date }[]>`
    SELECT zone, (now() AT TIME ZONE zone)::date::text AS today, now() AS now
      FROM businesses WHERE id = ${businessId}::uuid`;
  const [found] = rows;
  if (found === undefined) throw unknownOwner('A business of the request');
  return { businessId, zone: found.zone, today: found.today, now: found.now.toISOString() };
}

/**
 * Makes sure that the owner is of this business, and that writers of its hours go one after the other until the commit.
 *
 * @throws {HoursError} `unknown_owner`, the same for one of another business
 */
export async function lockOwner(tx: Tx, businessId: string, owner: HoursOwner): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('hours:' || ${owner.id}, 0))`;
  await requireOwner(tx, businessId, owner);
}

/** @throws {HoursError} `unknown_owner`, the same for one of another business */
export async function requireOwner(
  db: Pick<Tx, '$queryRaw'>,
  businessId: string,
  { kind, id }: HoursOwner,
): Promise<void> {
  const rows = await db.$queryRaw<{ found: boolean }[]>`
    SELECT CASE ${kind} WHEN 'staff' THEN EXISTS (SELECT FROM staff WHERE id = ${id}::uuid AND business_id = ${businessId}::uuid)
                        WHEN 'room' THEN EXISTS (SELECT FROM rooms WHERE id = ${id}::uuid AND business_id = ${businessId}::uuid)
                        ELSE ${id}::uuid = ${businessId}::uuid END AS found`;
  if (rows[0]?.found === true) return;
  throw unknownOwner(kind === 'room' ? 'A room of the request' : 'A member of staff of the request');
}

function unknownOwner(what: string): HoursError {
  return new HoursError('unknown_owner', {
    message: what,
    next: 'Check the id, or use a token of that business.',
  });
}

/** @throws {HoursError} `time_past`, `time_too_far` for a date that is not from today on and within so many days */
export function requireDate(
  { today, zone }: Pick<SalonNow, 'today' | 'zone'>,
  name: string,
  date: string,
  mostDays: number,
): void {
  if (date < today)
    throw unusable(
      name,
      `is over: today is ${today} at the salon (${zone})`,
      'time_past',
      'Give today or a later date; what is over stays as it was.',
    );
  const last = addDays(today, mostDays);
  if (date > last)
    throw unusable(
      name,
      `is too far ahead: at most ${String(mostDays)} days, to ${last}`,
      'time_too_far',
      'Give an earlier date, and set it again when it is nearer.',
    );
}
