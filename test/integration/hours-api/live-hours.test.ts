import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { openLiveSalon, type LiveSalon } from './support/live.ts';
import { ADMIN, dateIn, hoursAnswer, weekdayOf } from './support/salon.ts';

/** Hours by API through the whole product, once a person has opened that way (R8): worker, Temporal, and Booksy's simulator. */

let engine: LiveSalon['engine'];
let owner: LiveSalon['owner'];
let path: LiveSalon['path'];

beforeAll(async () => {
  ({ engine, owner, path } = await openLiveSalon());
});
afterAll(() => engine.stop());

const wireDay = z.looseObject({
  day_of_week: z.number(),
  hours: z.array(z.object({ hour_from: z.string(), hour_till: z.string() })),
  hours_apply_from: z.string().nullable(),
});
const text = (hours: z.output<typeof wireDay>['hours']) =>
  hours.map(({ hour_from: from, hour_till: till }) => `${from}-${till}`).join(' ');
/** A week at Booksy by weekday. */
async function weekThere(appliesFrom: string | null) {
  const days = z.array(wireDay).parse(await engine.simulator.asSalon('GET', path('default/')));
  const own = days.filter((day) => day.hours_apply_from === appliesFrom);
  return Object.fromEntries(own.map((day) => [day.day_of_week, text(day.hours)]));
}
async function dayThere(date: string) {
  const rows = await engine.simulator.asSalon('GET', path(`custom/?date_from=${date}&date_to=${date}`));
  const [day] = z.array(wireDay.pick({ hours: true })).parse(rows);
  return day === undefined ? null : text(day.hours);
}
const hours = (rest = '') => `${ADMIN}/businesses/${engine.businessId}/hours${rest}`;
const put = (rest: string, body: object) =>
  engine.api.send('PUT', hours(rest), { owner: { kind: 'staff', id: owner.id }, ...body });
async function mine() {
  const { owners } = hoursAnswer.parse((await engine.api.send('GET', hours())).body);
  const found = owners.find(({ id }) => id === owner.id);
  if (found?.week == null) throw new Error('The person has no week.');
  return { ...found, week: found.week };
}
const become = (what: string, probe: () => Promise<boolean>) =>
  eventually(probe, { timeoutMs: 60_000, intervalMs: 100, what });

describe('hours by API', () => {
  it('stay here while they only come in, and go to Booksy once the rule opens them', async () => {
    const before = await weekThere(null);
    const { week } = await mine();
    const days = week.days.map((day) => ({
      ...day,
      intervals: [
        [541, 721],
        [781, 1081],
      ],
    }));
    expect((await put('/week', { days, version: week.version })).status).toBe(200);
    await engine.quiet();
    expect(await weekThere(null)).toEqual(before);
    expect((await engine.api.send('GET', hours())).body).toMatchObject({ weeks: { direction: 'in' } });

    // As a person does it by `booksy rules`.
    const opened = await engine.deps.db.syncRule.updateMany({
      where: { businessId: engine.businessId },
      data: { directions: { 'hours.*': 'both' } },
    });
    expect(opened.count).toBe(1);
    expect((await engine.api.send('GET', hours())).body).toMatchObject({
      weeks: { direction: 'both', provenAt: expect.any(String) as string },
    });
    const openOn = (...interval: [number, number]) =>
      days.map((day) => ({ ...day, intervals: day.dayOfWeek === 0 ? [] : [interval] }));
    expect((await put('/week', { days: openOn(542, 722) })).status).toBe(200);
    await become('the week at Booksy', async () => (await weekThere(null))[3] === '09:02-12:02');
    // A day that is missing there is closed.
    expect((await weekThere(null))[0] ?? '').toBe('');

    const from = dateIn(60);
    expect((await put('/week', { appliesFrom: from, days: openOn(1321, 1501) })).status).toBe(200);
    await become('the schedule at Booksy', async () => (await weekThere(from))[1] === '22:01-01:01');
    expect((await weekThere(null))[3]).toBe('09:02-12:02');

    let date = dateIn(30);
    if (weekdayOf(date) === 0) date = dateIn(31);
    expect((await put(`/days/${date}`, { intervals: [[603, 663]] })).status).toBe(200);
    await become('the date at Booksy', async () => (await dayThere(date)) === '10:03-11:03');
    const cleared = await engine.api.send('DELETE', hours(`/days/${date}?staff=${owner.id}`));
    expect(cleared.status).toBe(200);
    // Booksy's API takes no custom day away: the date gets the hours of its week.
    await become('the week’s hours on the date', async () => (await dayThere(date)) === '09:02-12:02');

    const gone = await engine.api.send('DELETE', hours(`/week?staff=${owner.id}&appliesFrom=${from}`));
    expect(gone.status).toBe(200);
    await become('the schedule gone at Booksy', async () => Object.keys(await weekThere(from)).length === 0);
    await engine.quiet();
    expect(await engine.openConflicts()).toEqual([]);

    // What went out comes back as it is here: no news, no conflict.
    await engine.fullSync(engine.businessId);
    const now = await mine();
    expect(now.week.days[3]?.intervals).toEqual([[542, 722]]);
    expect(now.schedules).toEqual([]);
    expect(await engine.openConflicts()).toEqual([]);
  });
});
