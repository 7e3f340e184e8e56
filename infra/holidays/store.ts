import { v7 as uuidv7 } from 'uuid';
import { publicHolidays, HolidayPlaceError } from '../../domain/holidays/index.ts';
import type { Db, Tx } from '../database/index.ts';

export type HolidayState = 'suggested' | 'closed' | 'open';
/** Code of a day that the owner added. */
export const OWN_DAY = 'own';

/** A holiday of a salon. Only `closed` and `open` count; of several rows of one date all say the same. */
export interface StoredHoliday {
  readonly date: string;
  readonly code: string;
  readonly name: string;
  readonly state: HolidayState;
  /** Minutes from midnight, where it is open. */
  readonly intervals: readonly (readonly [number, number])[];
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
}

/** Holidays between two dates, both in it. */
export async function listHolidays(
  db: Pick<Db, '$queryRaw'>,
  businessId: string,
  from: string,
  to: string,
): Promise<readonly StoredHoliday[]> {
  return db.$queryRaw<StoredHoliday[]>`
    SELECT date::text AS date, code, name, state, intervals, decided_at AS "decidedAt", decided_by AS "decidedBy"
      FROM holidays WHERE business_id = ${businessId}::uuid AND date BETWEEN ${from}::date AND ${to}::date
     ORDER BY date, code`;
}

/** Which holidays a business is suggested. */
export interface HolidayPlace {
  readonly country: string;
  readonly region: string | null;
}

/**
 * Suggests the public holidays of these years; what was decided stays as it is, and suggestions of another place go.
 *
 * @returns how many are new
 * @throws HolidayPlaceError
 */
export async function suggestHolidays(
  tx: Tx | Db,
  businessId: string,
  place: HolidayPlace,
  years: readonly number[],
): Promise<number> {
  const rows = years
    .flatMap((year) => publicHolidays(place.country, place.region, year))
    .map((holiday) => ({ id: uuidv7(), ...holiday }));
  const wanted = JSON.stringify(rows);
  await tx.$executeRaw`
    DELETE FROM holidays h
     WHERE h.business_id = ${businessId}::uuid AND h.state = 'suggested' AND h.code <> ${OWN_DAY}
       AND extract(year FROM h.date)::int = ANY (${[...years]}::int[])
       AND NOT EXISTS (SELECT FROM jsonb_to_recordset(${wanted}::jsonb) AS w(date date, code text)
                        WHERE w.date = h.date AND w.code = h.code)`;
  return tx.$executeRaw`
    INSERT INTO holidays (id, business_id, date, code, name, country, region)
    SELECT w.id, ${businessId}::uuid, w.date, w.code, w.name, ${place.country.toUpperCase()}, ${place.region}
      FROM jsonb_to_recordset(${wanted}::jsonb) AS w(id uuid, date date, code text, name text)
    ON CONFLICT (business_id, date, code) DO NOTHING`;
}

/** Suggests this and the next year's where that was not done yet; businesses in countries without data are left out. */
export async function suggestMissing(db: Db): Promise<number> {
  const rows = await db.$queryRaw<{ id: string; country: string; region: string | null; year: number }[]>`
    SELECT b.id::text AS id, coalesce(b.holiday_country, b.country) AS country,
           CASE WHEN b.holiday_country IS NULL THEN NULL ELSE b.holiday_region END AS region, extract(year FROM now())::int AS year
      FROM businesses b
     WHERE NOT EXISTS (SELECT FROM holidays h WHERE h.business_id = b.id AND h.code <> ${OWN_DAY}
                        AND h.date >= make_date(extract(year FROM now())::int + 1, 1, 1))
     ORDER BY b.id LIMIT 200`;
  let made = 0;
  for (const { id, country, region, year } of rows) {
    try {
      made += await suggestHolidays(db, id, { country, region }, [year, year + 1]);
    } catch (error) {
      if (!(error instanceof HolidayPlaceError)) throw error;
    }
  }
  return made;
}

export interface Decision {
  readonly date: string;
  readonly state: HolidayState;
  readonly intervals: readonly (readonly [number, number])[];
  /** For a day that nobody suggested. */
  readonly name: string | null;
}

/**
 * Decides about a date: closed, open at certain hours, or undone (`suggested`). A date that nobody suggested becomes a day of
 * the owner's own; undone, it goes.
 *
 * @returns false where it is undone, or has no name, and there is no such day
 */
export async function decideHoliday(
  tx: Tx,
  businessId: string,
  { date, state, intervals, name }: Decision,
  actor: string,
): Promise<boolean> {
  const undone = state === 'suggested';
  if (undone) {
    const gone = await tx.$executeRaw`
      DELETE FROM holidays WHERE business_id = ${businessId}::uuid AND date = ${date}::date AND code = ${OWN_DAY}`;
    if (gone > 0) return true;
  }
  const changed = await tx.$executeRaw`
    UPDATE holidays
       SET state = ${state}, intervals = ${JSON.stringify(state === 'open' ? intervals : [])}::jsonb,
           name = CASE WHEN code = ${OWN_DAY} THEN coalesce(${name}, name) ELSE name END,
           decided_at = CASE WHEN ${undone} THEN NULL ELSE now() END, decided_by = CASE WHEN ${undone} THEN NULL ELSE ${actor} END,
           updated_at = now()
     WHERE business_id = ${businessId}::uuid AND date = ${date}::date`;
  if (changed > 0) return true;
  if (undone || name === null) return false;
  await tx.$executeRaw`
    INSERT INTO holidays (id, business_id, date, code, name, state, intervals, decided_at, decided_by)
    VALUES (${uuidv7()}::uuid, ${businessId}::uuid, ${date}::date, ${OWN_DAY}, ${name}, ${state},
            ${JSON.stringify(state === 'open' ? intervals : [])}::jsonb, now(), ${actor})`;
  return true;
}
