import { afterAll, beforeAll, expect, it } from 'vitest';
import { createVault } from '../../../infra/crypto.ts';
import { removeOwn } from '../../../infra/hours/write.ts';
import { weekdayAhead } from '../outbound/support/days.ts';
import { startHoursRig, type HoursRig, type OwnerOf } from './support/hours.ts';

/** A week that was taken away on purpose: at Booksy, which has a week of everybody, it is made like the salon's (decision 0024). */

let hours: HoursRig;

beforeAll(async () => {
  hours = await startHoursRig();
  await hours.rule({ 'hours.*': 'both' });
});

afterAll(() => hours.stop());

const vault = createVault({ key: Buffer.alloc(32, 7), keyId: 'test' });

function takeAway(owner: OwnerOf) {
  const { kind, id } = owner;
  const businessId = hours.rig.businessId;
  return hours.rig.engine.deps.db.$transaction((tx) =>
    removeOwn({ tx, vault, actor: 'test', businessId, owner: { kind, id } }, {}),
  );
}

/** Everybody who changed is processed, as the relay does it. */
async function processAll(): Promise<readonly string[]> {
  const rows = await hours.rig.sql<{ id: string }>(
    `SELECT DISTINCT record_id AS id FROM sync_outbox WHERE entity = 'hours' AND business_id = $1 ORDER BY 1`,
    [hours.rig.businessId],
  );
  for (const { id } of rows) await hours.process(id);
  return rows.map(({ id }) => id);
}

it('gets the salon’s week there, later sets and dates too, and follows it', async () => {
  const { staff, salon } = hours;
  const date = weekdayAhead(5, 1);
  await hours.setDate(staff, date, [[602, 702]]);
  await processAll();
  expect(await hours.dateThere(staff, date)).toEqual([[602, 702]]);
  const own = await hours.weekThere(staff);
  const salonWeek = await hours.weekHere(salon);
  // The generated salon has a set that begins later.
  const [{ later } = { later: '' }] = await hours.rig.sql<{ later: string }>(
    'SELECT applies_from::text AS later FROM working_hours WHERE owner_id = $1 AND applies_from IS NOT NULL LIMIT 1',
    [salon.id],
  );
  expect(own).not.toEqual(salonWeek);

  expect(await takeAway(staff)).toMatchObject({ changed: true });
  await processAll();
  expect(closedLeftOut(await hours.weekThere(staff))).toEqual(closedLeftOut(salonWeek));
  expect(later).not.toBe('');
  expect(closedLeftOut(await hours.weekThere(staff, later))).toEqual(
    closedLeftOut(await hours.weekHere(salon, later)),
  );
  expect(await hours.dateThere(staff, date)).toEqual(salonWeek[weekdayOf(date)] ?? []);
  expect(await hours.weekHere(staff)).toEqual({});
  expect(await hours.conflicts(hours.weekOf(staff))).toEqual([]);

  // The salon's week changes: theirs with it.
  const day = weekdayOf(date);
  await hours.setWeekday(salon, day, [[611, 1111]]);
  const told = await processAll();
  expect(told).toEqual(expect.arrayContaining([hours.weekOf(staff), hours.daysOf(staff)]));
  expect((await hours.weekThere(staff))[day]).toEqual([[611, 1111]]);
  expect(await hours.dateThere(staff, date)).toEqual([[611, 1111]]);

  // A look at Booksy, and one at ourselves, find nothing to do (I4).
  const before = await hours.writes();
  await hours.rig.engine.fullSync(hours.rig.businessId);
  await processAll();
  expect(await hours.weekHere(staff)).toEqual({});
  expect(await hours.writes()).toBe(before);
});

it('ends with a day that the salon changes for them at Booksy: the other days stay as they were', async () => {
  const { staff } = hours;
  const there = await hours.weekThere(staff);
  await hours.setWeekdayThere(staff, 3, [[622, 722]]);
  await hours.rig.engine.fullSync(hours.rig.businessId);
  await processAll();
  const week = { ...there, 3: [[622, 722]] };
  expect(closedLeftOut(await hours.weekHere(staff))).toEqual(closedLeftOut(week));
  expect(closedLeftOut(await hours.weekThere(staff))).toEqual(closedLeftOut(week));
  const before = await hours.writes();
  await hours.setWeekday(hours.salon, 4, [[633, 1133]]);
  await processAll();
  expect((await hours.weekThere(staff))[4]).toEqual(there[4]);
  expect(await hours.writes()).toBe(before + 1);
});

it('and with a date: the week that was followed stands beside it', async () => {
  const { staff } = hours;
  const date = weekdayAhead(5, 5);
  await takeAway(staff);
  await processAll();
  const there = await hours.weekThere(staff);
  await hours.setDateThere(staff, date, [[644, 744]]);
  await hours.rig.engine.fullSync(hours.rig.businessId);
  await processAll();
  expect(await hours.dateHere(staff, date)).toEqual([[644, 744]]);
  expect(closedLeftOut(await hours.weekHere(staff))).toEqual(closedLeftOut(there));
  expect(closedLeftOut(await hours.weekThere(staff))).toEqual(closedLeftOut(there));
});

it('of which no day is stated by accident still closes nobody (R3)', async () => {
  const { room } = hours;
  const there = await hours.weekThere(room);
  await hours.rig.sql('DELETE FROM working_hours WHERE owner_id = $1', [room.id]);
  await processAll();
  expect(await hours.weekThere(room)).toEqual(there);
  // Said on purpose afterwards, it is meant.
  expect(await takeAway(room)).toMatchObject({ changed: true });
  await processAll();
  expect(closedLeftOut(await hours.weekThere(room))).toEqual(
    closedLeftOut(await hours.weekHere(hours.salon)),
  );
});

function weekdayOf(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay();
}

/** A day without hours may be left out. */
function closedLeftOut<T extends readonly unknown[]>(week: Readonly<Record<number, T>>) {
  return Object.fromEntries(Object.entries(week).filter(([, intervals]) => intervals.length > 0));
}
