import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scheduleId } from '../../../domain/states/hours.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { runBooksy } from '../api/support/cli.ts';
import { makeSalon, type TestSalon } from '../bookings/support/salon.ts';
import { badValue, expectRefused, NOT_FOUND } from './support/refused.ts';
import { ADMIN, dateIn, hoursOf, trail, tuples, visit, weekOf } from './support/salon.ts';

/** The own hours of a person or a room are taken away: the salon's count again (SPEC 5.1). */

let api: TestApi;
let salon: TestSalon;
let ada: string;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());
beforeEach(async () => {
  salon = await makeSalon(api.prisma, { rooms: 1 });
  ada = salon.staff[0] ?? '';
});

const path = (rest: string) => `${ADMIN}/businesses/${salon.id}/hours${rest}`;
const put = (rest: string, body: object) =>
  api.send(path(rest), { method: 'PUT', body: { owner: { kind: 'staff', id: ada }, ...body } });
const remove = (rest: string, headers: Record<string, string> = {}) =>
  api.send(path(rest), { method: 'DELETE', headers });
async function starts(date: string): Promise<number> {
  const items = `${salon.variantId}@${ada}`;
  const query = `businessId=${salon.id}&items=${items}&from=${date}`;
  const { json } = await api.send(`/api/availability?${query}`);
  return JSON.stringify(json).split('"startsLocal"').length - 1;
}

/** Ada has a week, a schedule to come, and dates, one of them over. */
async function withHoursOfHerOwn(): Promise<void> {
  expect((await put('/week', { days: weekOf([600, 660]) })).status).toBe(200);
  expect((await put('/week', { appliesFrom: dateIn(20), days: weekOf([720, 780]) })).status).toBe(200);
  expect((await put(`/days/${dateIn(4)}`, { intervals: [] })).status).toBe(200);
  await api.prisma.workingHours.create({
    data: {
      id: randomUUID(),
      businessId: salon.id,
      ownerKind: 'staff',
      ownerId: ada,
      kind: 'custom',
      date: new Date(dateIn(-40)),
      intervals: [],
    },
  });
}

describe('DELETE …/hours/own', () => {
  it('leaves nothing that would close her other days; free times follow at once, and the trail holds what was', async () => {
    const free = await starts(dateIn(7));
    await withHoursOfHerOwn();
    expect([await starts(dateIn(4)), await starts(dateIn(7)), await starts(dateIn(21))]).not.toContain(free);
    const done = await remove(`/own?staff=${ada}`);
    expect([done.status, done.json]).toEqual([
      200,
      { owner: { kind: 'staff', id: ada }, changed: true, visits: { count: 0, ids: [] } },
    ]);
    const shown = await hoursOf(api, salon.id, ada);
    expect([shown.week, shown.schedules, shown.days]).toEqual([null, [], []]);
    expect([await starts(dateIn(4)), await starts(dateIn(7)), await starts(dateIn(21))]).toEqual([
      free,
      free,
      free,
    ]);
    const lines = (await trail(api, salon.id)).filter(({ action }) => action === 'hours_own_removed');
    expect(lines.map(({ recordId, groups }) => [recordId, groups?.length])).toEqual([
      [scheduleId('staff', ada, 'weekly'), 14],
      [scheduleId('staff', ada, 'custom'), 2],
    ]);
    expect(lines[0]?.values).toMatchObject({
      before: { 'weekday:now:3': [[600, 660]], [`weekday:${dateIn(20)}:3`]: [[720, 780]] },
      after: { 'weekday:now:3': null },
    });
  });

  it('names the visits that lie outside of the salon’s hours then, and cancels none', async () => {
    expect((await put('/week', { days: weekOf([0, 1440]) })).status).toBe(200);
    await api.prisma.workingHours.updateMany({
      where: { ownerId: salon.id },
      data: { intervals: [[540, 1020]] },
    });
    await visit(api.prisma, salon.id, { staffId: ada, startsLocal: `${dateIn(3)}T10:00` });
    // Her own hours held it until now, whatever the salon's were.
    const late = await visit(api.prisma, salon.id, { staffId: ada, startsLocal: `${dateIn(3)}T21:00` });
    expect((await remove(`/own?staff=${ada}`)).json).toMatchObject({
      changed: true,
      visits: { count: 1, ids: [late] },
    });
    expect(await api.prisma.booking.count({ where: { businessId: salon.id, status: 'cancelled' } })).toBe(0);
  });

  it('again changes nothing and says so; with its key it acts once', async () => {
    await withHoursOfHerOwn();
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await remove(`/own?staff=${ada}`, headers);
    const before = await tuples(api);
    expect((await remove(`/own?staff=${ada}`, headers)).json).toEqual(first.json);
    expect((await remove(`/own?staff=${ada}`)).json).toMatchObject({ changed: false });
    expect(await tuples(api)).toBe(before);
    // Somebody who never had any.
    expect((await remove(`/own?staff=${salon.staff[1] ?? ''}`)).json).toMatchObject({ changed: false });
    expect(await tuples(api)).toBe(before);
  });

  it('of a room too; a week that is set later is one’s own again', async () => {
    const room = salon.rooms[0] ?? '';
    const owner = { kind: 'room', id: room };
    await api.send(path('/week'), { method: 'PUT', body: { owner, days: weekOf([600, 660]) } });
    expect((await remove(`/own?room=${room}`)).json).toMatchObject({ owner, changed: true });
    expect((await hoursOf(api, salon.id, room)).week).toBeNull();
    await api.send(path('/week'), { method: 'PUT', body: { owner, days: weekOf([610, 660]) } });
    expect((await hoursOf(api, salon.id, room)).week?.days[2]?.intervals).toEqual([[610, 660]]);
    const { rows } = await api.database.pool.query(
      `SELECT follows_salon FROM hours_schedules WHERE owner_id = $1 AND part = 'weekly'`,
      [room],
    );
    expect(rows).toEqual([{ follows_salon: false }]);
  });

  it('is refused for the salon itself, for nobody, for a stranger, and where she changed it meanwhile', async () => {
    await withHoursOfHerOwn();
    const cases = [
      ['/own', badValue('query.staff', 'not taken away')],
      [`/own?staff=${randomUUID()}`, NOT_FOUND],
      ['/own?staff=nonsense', badValue('query.staff')],
      [`/own?staff=${ada}&room=${salon.rooms[0] ?? ''}`, badValue('query.room')],
      [`/own?staff=${ada}&version=x`, { status: 409, code: 'hours_changed', path: null }],
      [`/own?staff=${ada}&from=2027-01-01`, badValue('query.from')],
    ] as const;
    for (const [rest, refusal] of cases) await expectRefused(api, path(rest), { method: 'DELETE' }, refusal);
    const { version = '' } = (await hoursOf(api, salon.id, ada)).week ?? {};
    expect((await remove(`/own?staff=${ada}&version=${version}`)).json).toMatchObject({ changed: true });
  });

  it('by command line', async () => {
    await withHoursOfHerOwn();
    const nobody = await runBooksy(api, 'hours', 'remove-own', '--business', salon.id, '--json');
    expect([nobody.code, nobody.stdout]).toEqual([2, expect.stringContaining('owner_missing')]);
    const done = await runBooksy(api, 'hours', 'remove-own', '--business', salon.id, '--staff', ada);
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('The salon’s hours count.')]);
    expect((await hoursOf(api, salon.id, ada)).week).toBeNull();
  });
});
