import { v7 as uuidv7 } from 'uuid';
import { afterEach, describe, expect, it } from 'vitest';
import { processOne } from '../../../activities/outbound/index.ts';
import { scheduleId } from '../../../domain/states/hours.ts';
import type { TestEngine } from '../../support/engine.ts';
import { weekdayAhead } from '../outbound/support/days.ts';
import { startRig } from '../outbound/support/rig.ts';
import { hoursOn, type HoursRig } from './support/hours.ts';

/**
 * Hours are let out before Booksy's were ever read: nothing of ours goes over what nobody has seen, and where both sides say
 * something else a person decides (R8, R13a, decision 0011).
 */

let hours: HoursRig | null = null;

afterEach(async () => {
  await hours?.stop();
  hours = null;
});

const OURS = [[607, 1007]] as const;
/** Public holidays, on which the generated salon has hours of its own. */
const HOLIDAYS = ['01-01', '05-01', '05-03', '11-11', '12-24', '12-25', '12-26'];
const [DATE = '', OTHER_DATE = ''] = Array.from({ length: 12 }, (_, n) => weekdayAhead(20, n)).filter(
  (date) => !HOLIDAYS.includes(date.slice(5)),
);
/** What each case saw before the import. */
interface Early {
  readonly outcomes: readonly unknown[];
  readonly writes: number;
}

/** A salon that is connected and may be pushed to, with hours and a rule of its own; Booksy is not read yet. */
async function opened(
  direction: 'both' | 'out',
): Promise<{ readonly hours: HoursRig; readonly early: Early }> {
  let early: Early = { outcomes: [], writes: -1 };
  const rig = await startRig({}, async (engine, businessId) => {
    await engine.database.pool.query(
      `INSERT INTO sync_rules (business_id, id, name, source_system, priority, conditions, actions, directions, policies)
       VALUES ($1, 'hours', 'Hours', 'both', 50, '{"bufferTimes":{"before":0,"after":0},"maxAdvanceBooking":365}',
               '{"syncAvailability":true,"autoResolveConflicts":false,"notifyAdmin":true}', $2, '{}')`,
      [businessId, { 'hours.*': direction }],
    );
    await engine.database.pool.query(`UPDATE businesses SET push_allowed_at = now() WHERE id = $1`, [
      businessId,
    ]);
    const there = await salonDateThere(engine, businessId, OTHER_DATE);
    expect(there).toBeNull();
    await engine.database.pool.query(
      `INSERT INTO working_hours (id, business_id, owner_kind, owner_id, kind, day_of_week, date, intervals)
       SELECT gen_random_uuid(), $1::uuid, 'business', $1::uuid, 'weekly', d, NULL::date, $2::jsonb FROM generate_series(0, 6) d
       UNION ALL SELECT gen_random_uuid(), $1::uuid, 'business', $1::uuid, 'custom', NULL, d::date, $2::jsonb FROM unnest($3::text[]) d`,
      [businessId, JSON.stringify(OURS), [DATE, OTHER_DATE]],
    );
    const outcomes = [];
    for (const part of ['weekly', 'custom'] as const) {
      const recordId = scheduleId('business', businessId, part);
      const ref = { businessId, entity: 'hours', recordId } as const;
      outcomes.push(await processOne(engine.deps, ref, { runId: uuidv7(), actor: 'sync' }));
    }
    early = { outcomes, writes: await writesOf(engine) };
    // What the salon itself says of one of the two dates, before anybody looked.
    await asSalon(engine, businessId, 'PUT', `custom/${DATE}/`, {
      hours: [{ hour_from: '08:00', hour_till: '09:00' }],
    });
  });
  hours = await hoursOn(rig);
  return { hours, early };
}

describe('both ways open', () => {
  it('nothing goes out before Booksy was read, nor over it then: each day that differs waits for a person', async () => {
    const { hours: own, early } = await opened('both');
    expect(early.writes).toBe(0);
    expect(early.outcomes).toMatchObject([{ writes: 0 }, { writes: 0 }]);
    const { salon } = own;
    const [week, days] = [own.weekOf(salon), own.daysOf(salon)];
    const there = await own.weekThere(salon);
    expect(there[2]).not.toEqual(OURS);
    for (const id of [week, days]) await own.process(id);

    expect(await own.weekThere(salon)).toEqual(there);
    expect(await own.dateThere(salon, DATE)).toEqual([[480, 540]]);
    expect((await own.weekHere(salon))[2]).toEqual(OURS);
    expect(await own.dateHere(salon, DATE)).toEqual(OURS);
    const open = await own.rig.sql<{ record_id: string; groups: string[] }>(
      `SELECT record_id, groups FROM booksy_sync_conflicts WHERE status = 'open' AND record_id = ANY($1::uuid[])`,
      [[week, days]],
    );
    const groupsOf = (id: string) =>
      open.filter(({ record_id }) => record_id === id).flatMap(({ groups }) => groups);
    expect(groupsOf(week).toSorted()).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((day) => `weekday:now:${String(day)}`),
    );
    expect(groupsOf(days)).toContain(`date:${DATE}`);
    // Of a date that Booksy says nothing of ours counts: nothing is written over.
    expect(groupsOf(days)).not.toContain(`date:${OTHER_DATE}`);
    expect(await own.dateThere(salon, OTHER_DATE)).toEqual(OURS);
    // An edit of a day that waits for a person changes nothing there (R10, R10a).
    await own.setWeekday(salon, 2, [[608, 1008]]);
    await own.process(week);
    expect(await own.weekThere(salon)).toEqual(there);
  });
});

describe('only out', () => {
  it('nothing goes out before Booksy was read; then ours goes there over what was read, and nothing comes in', async () => {
    const { hours: own, early } = await opened('out');
    expect(early.writes).toBe(0);
    const { salon } = own;
    for (const id of [own.weekOf(salon), own.daysOf(salon)]) await own.process(id);
    // The owner has said that ours counts: it goes there by an intent, over what was read a moment before.
    expect(await own.conflicts(own.weekOf(salon))).toEqual([]);
    expect((await own.weekThere(salon))[2]).toEqual(OURS);
    expect(await own.dateThere(salon, DATE)).toEqual(OURS);
    const sent = await own.intents(own.daysOf(salon));
    expect(sent.flatMap(({ groups }) => groups).toSorted()).toEqual(
      [`date:${DATE}`, `date:${OTHER_DATE}`].toSorted(),
    );
    expect((await own.weekHere(salon))[2]).toEqual(OURS);
    expect(await own.dateHere(salon, DATE)).toEqual(OURS);
  });
});

async function writesOf(engine: TestEngine): Promise<number> {
  const { calls } = await engine.simulator.counters();
  return Object.entries(calls.byRoute)
    .filter(([route]) => !route.startsWith('GET ') && !route.includes('/oauth/'))
    .reduce((sum, [, count]) => sum + count, 0);
}

async function asSalon(
  engine: TestEngine,
  businessId: string,
  method: string,
  rest: string,
  body?: unknown,
): Promise<unknown> {
  const { rows } = await engine.database.pool.query<{ salon: string }>(
    'SELECT booksy_business_id AS salon FROM businesses WHERE id = $1',
    [businessId],
  );
  return engine.simulator.asSalon(method, `/business/${rows[0]?.salon ?? ''}/schedule/${rest}`, body);
}

async function salonDateThere(engine: TestEngine, businessId: string, date: string): Promise<unknown> {
  const rows = await asSalon(engine, businessId, 'GET', `custom/?date_from=${date}&date_to=${date}`);
  return Array.isArray(rows) && rows.length > 0 ? rows : null;
}
