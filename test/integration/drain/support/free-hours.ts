import { resolveLocal } from '../../../../domain/local-time.ts';
import type { TestEngine } from '../../../support/engine.ts';

/** Two who can be booked, and hours at which nothing of the generated salon stands in the way, whatever day it is. */
export interface FreeHours {
  /** Both ids of each. */
  readonly people: readonly [Person, Person];
  readonly zone: string;
  /** Local start of an hour that is free for both, as are the same hour on the next day and a week later. Each once. */
  next(): string;
}

export interface Person {
  readonly id: string;
  readonly externalId: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export async function freeHoursOf(engine: TestEngine, businessId: string): Promise<FreeHours> {
  const { pool } = engine.database;
  const { rows: staff } = await pool.query<{ id: string; external_id: string; zone: string }>(
    `SELECT s.id, m.external_id, b.zone FROM staff s JOIN external_staff m ON m.staff_id = s.id
       JOIN businesses b ON b.id = s.business_id
      WHERE s.business_id = $1 AND s.bookable AND s.active AND m.gone_at IS NULL ORDER BY s.id LIMIT 2`,
    [businessId],
  );
  const [one, other] = staff.map(({ id, external_id: externalId }) => ({
    id,
    externalId: Number(externalId),
  }));
  const zone = staff[0]?.zone;
  if (one === undefined || other === undefined || zone === undefined)
    throw new Error('Nobody can be booked here.');
  const { rows: taken } = await pool.query<{ starts: Date; ends: Date }>(
    `SELECT lower(o.during) AS starts, upper(o.during) AS ends FROM occupancy o
      WHERE o.resource_id = ANY($1) AND upper(o.during) > now()
     UNION ALL SELECT t.starts_at, t.ends_at FROM time_off t WHERE t.owner_id = ANY($1) AND t.ends_at > now()`,
    [[one.id, other.id]],
  );
  const isFree = (local: string) => {
    const at = Date.parse(resolveLocal(local, zone).instant);
    return !taken.some(
      ({ starts, ends }) => starts.getTime() < at + 2 * HOUR_MS && ends.getTime() > at - HOUR_MS,
    );
  };
  let day = Date.now() + 10 * DAY_MS;
  return {
    people: [one, other],
    zone,
    next() {
      for (;;) {
        day += DAY_MS;
        // Clocks change on Sundays: neither this day nor the next is one.
        const weekday = new Date(day).getUTCDay();
        if (weekday === 0 || weekday === 6) continue;
        const days = [0, 1, 7].map((more) => new Date(day + more * DAY_MS).toISOString().slice(0, 10));
        if (days.every((each) => isFree(`${each}T05:00`))) return `${days[0] ?? ''}T05:00`;
      }
    },
  };
}
