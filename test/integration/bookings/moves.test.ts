/** Changes of visits that meet: each is decided as if it had come alone, and no time is held twice (R13, R17, R21). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type Answer, type TestApi } from '../api/support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { dateIn, makeSalon, overlaps, type TestSalon } from './support/salon.ts';
import { bookVisit, heldBy, refusal, visitAnswer } from './support/visits.ts';

let api: TestApi;
let salon: TestSalon;
beforeAll(async () => {
  api = await startTestApi();
  salon = await makeSalon(api.prisma, { staff: 3, open: [8 * 60, 20 * 60] });
});
afterAll(() => api.stop());

const patch = (id: string, body: unknown, more: { token?: string } = {}): Promise<Answer> =>
  api.send(`/api/bookings/${id}`, { method: 'PATCH', body, ...more });
const cancel = (id: string): Promise<Answer> =>
  api.send(`/api/bookings/${id}/cancel`, { method: 'POST', body: {} });
const show = async (id: string) => visitAnswer.parse((await api.send(`/api/bookings/${id}`)).json).booking;
const actionsOn = async (id: string) =>
  (await api.prisma.booksyAuditLog.findMany({ where: { recordId: id }, orderBy: { id: 'asc' } })).map(
    ({ action }) => action,
  );
const withStaff = (place: number) => [{ variantId: salon.variantId, staffId: salon.staff[place] }];

describe('two moves of one visit', () => {
  it('are carried out one after the other: the last one stands, and nothing else is held', async () => {
    const date = dateIn(3);
    const visit = await bookVisit(api, salon, `${date}T09:00`);
    const hours = ['11:00', '13:00', '15:00', '17:00'];
    const answers = await Promise.all(hours.map((at) => patch(visit.id, { startsLocal: `${date}T${at}` })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const now = await show(visit.id);
    expect(hours.map((at) => `${date}T${at}`)).toContain(now.startsLocal);
    const held = await heldBy(api, visit.id);
    expect(held).toHaveLength(1);
    const moves = (await actionsOn(visit.id)).filter((action) => action === 'moved');
    expect(moves).toHaveLength(4);
    expect(await overlaps(api.prisma, salon.id)).toBe(0);
  });

  it('of which each says what it saw: one is carried out, the others are told that it has changed', async () => {
    const date = dateIn(4);
    const { id, version } = await bookVisit(api, salon, `${date}T09:00`);
    const answers = await Promise.all(
      ['11:00', '13:00', '15:00'].map((at) => patch(id, { startsLocal: `${date}T${at}`, version })),
    );
    const done = answers.filter(({ status }) => status === 200);
    expect(done).toHaveLength(1);
    for (const { status, json } of answers.filter((each) => !done.includes(each)))
      expect([status, refusal.parse(json).code]).toEqual([409, 'visit_changed']);
    expect((await show(id)).startsLocal).toBe(visitAnswer.parse(done[0]?.json).booking.startsLocal);
    expect((await actionsOn(id)).filter((action) => action === 'moved')).toHaveLength(1);
  });

  it('is refused with an old version although the time would be free, and nothing is written', async () => {
    const date = dateIn(5);
    const { id, version } = await bookVisit(api, salon, `${date}T09:00`);
    expect((await patch(id, { note: 'Nowa' })).status).toBe(200);
    const before = await show(id);
    expect(await patch(id, { startsLocal: `${date}T12:00`, note: 'Inna', version })).toMatchObject({
      status: 409,
      json: { code: 'visit_changed' },
    });
    expect(await show(id)).toEqual(before);
    expect((await patch(id, { startsLocal: `${date}T12:00`, version: before.version })).status).toBe(200);
  });
});

describe('a move against a cancel', () => {
  it('ends cancelled with nothing held, whichever came first', async () => {
    const date = dateIn(6);
    for (let round = 0; round < 8; round += 1) {
      const visit = await bookVisit(api, salon, `${date}T09:00`);
      const move = () => patch(visit.id, { startsLocal: `${date}T12:00` });
      const [first, second] =
        round % 2 === 0
          ? await Promise.all([move(), cancel(visit.id)])
          : await Promise.all([cancel(visit.id), move()]).then(([b, a]) => [a, b] as const);
      expect(second.status).toBe(200);
      if (first.status !== 200)
        expect([first.status, refusal.parse(first.json).code]).toEqual([409, 'visit_over']);
      expect((await show(visit.id)).status).toBe('cancelled');
      expect(await heldBy(api, visit.id)).toEqual([]);
      const actions = await actionsOn(visit.id);
      expect(actions.at(-1)).toBe('cancelled');
      expect(actions.includes('moved')).toBe(first.status === 200);
    }
  });
});

describe('a move into a time that was taken meanwhile', () => {
  it('is 409 with the next free times of the same person, and the visit stays where it was', async () => {
    const date = dateIn(7);
    const visit = await bookVisit(api, salon, `${date}T09:00`);
    await bookVisit(api, salon, `${date}T12:00`);
    const lost = await patch(visit.id, { startsLocal: `${date}T12:00` });
    expect([lost.status, refusal.parse(lost.json)]).toMatchObject([
      409,
      {
        code: 'slot_taken',
        reason: 'busy',
        nextFree: [{ startsLocal: `${date}T13:00`, items: [{ staffId: salon.staff[0] }] }, {}, {}, {}, {}],
      },
    ]);
    expect((await show(visit.id)).startsLocal).toBe(`${date}T09:00`);
  });

  it('is told times of who was asked for, and its own time is not in its way', async () => {
    const date = dateIn(8);
    const visit = await bookVisit(api, salon, `${date}T09:00`);
    await bookVisit(api, salon, `${date}T09:30`, withStaff(1));
    // Half an hour later overlaps the visit itself: that is no reason.
    const moved = await patch(visit.id, { startsLocal: `${date}T08:30` });
    expect(moved.status).toBe(200);
    const lost = await patch(visit.id, { startsLocal: `${date}T09:00`, staffId: salon.staff[1] });
    expect([lost.status, refusal.parse(lost.json)]).toMatchObject([
      409,
      {
        code: 'slot_taken',
        nextFree: [{ startsLocal: `${date}T10:30`, items: [{ staffId: salon.staff[1] }] }, {}, {}, {}, {}],
      },
    ]);
    // Late in the evening only its own time is left that day: it may be moved by a quarter of an hour.
    const late = await bookVisit(api, salon, `${date}T19:00`, withStaff(2));
    const closed = await patch(late.id, { startsLocal: `${date}T18:10` });
    expect([closed.status, refusal.parse(closed.json)]).toMatchObject([
      422,
      { code: 'time_off_step', nextFree: [{ startsLocal: `${date}T18:15` }, {}, {}, {}, {}] },
    ]);
  });

  it('has one winner where many want it, by move or as a new visit', async () => {
    const date = dateIn(9);
    const visits = await Promise.all(
      [0, 1, 2].flatMap((place) =>
        ['08:00', '09:00', '10:00'].map((at) => bookVisit(api, salon, `${date}T${at}`, withStaff(place))),
      ),
    );
    const wish = { businessId: salon.id, items: withStaff(0), startsLocal: `${date}T15:00` };
    const answers = await Promise.all([
      ...visits.map(({ id }) => patch(id, { startsLocal: `${date}T15:00`, staffId: salon.staff[0] })),
      ...[1, 2, 3].map(() => api.send('/api/bookings', { method: 'POST', body: wish })),
    ]);
    const won = answers.filter(({ status }) => status < 300);
    expect(won).toHaveLength(1);
    for (const { status, json } of answers.filter((each) => !won.includes(each))) {
      const { code, nextFree = [] } = refusal.parse(json);
      expect([status, code]).toEqual([409, 'slot_taken']);
      expect(nextFree.length).toBeGreaterThanOrEqual(3);
    }
    expect(await overlaps(api.prisma, salon.id)).toBe(0);
    const moved = await Promise.all(visits.map(({ id }) => heldBy(api, id)));
    expect(moved.map((held) => held.length)).toEqual(visits.map(() => 1));
  });

  it('exchanges places only over a third: of two that want each other’s, none is lost', async () => {
    const date = dateIn(10);
    const [a, b] = [
      await bookVisit(api, salon, `${date}T09:00`),
      await bookVisit(api, salon, `${date}T11:00`),
    ];
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all([
        patch(a.id, { startsLocal: `${date}T11:00` }),
        patch(b.id, { startsLocal: `${date}T09:00` }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([409, 409]);
    }
    expect([(await show(a.id)).startsLocal, (await show(b.id)).startsLocal]).toEqual([
      `${date}T09:00`,
      `${date}T11:00`,
    ]);
  });
});

describe('what the database decides for others', () => {
  it('tries again where it was chosen to give way in a deadlock', async () => {
    const date = dateIn(11);
    const visit = await bookVisit(api, salon, `${date}T09:00`);
    const other = await api.database.pool.connect();
    let startsLocal = '';
    try {
      // The other way round: first the person’s time, then the visit’s row. Who waits first finds out first and gives way,
      // unless the machine let a second pass between the two: then once more.
      let moveGaveWay = false;
      for (let hour = 12; !moveGaveWay && hour < 19; hour += 1) {
        startsLocal = `${date}T${String(hour)}:00`;
        await other.query('BEGIN');
        await other.query('SELECT occupancy_lock(ARRAY[$1::uuid])', [salon.staff[0]]);
        const moving = patch(visit.id, { startsLocal });
        await waitsForLock();
        moveGaveWay = await other.query('SELECT FROM bookings WHERE id = $1 FOR UPDATE', [visit.id]).then(
          () => true,
          () => false,
        );
        await other.query(moveGaveWay ? 'COMMIT' : 'ROLLBACK');
        expect((await moving).status).toBe(200);
      }
      expect(moveGaveWay).toBe(true);
    } finally {
      other.release(true);
    }
    // A session hands its numbers in a moment later.
    await eventually(async () => {
      const { rows } = await api.database.pool.query<{ deadlocks: string }>(
        'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
      );
      return Number(rows[0]?.deadlocks) >= 1;
    });
    expect((await show(visit.id)).startsLocal).toBe(startsLocal);
  });
});

/** Until somebody waits for a lock that was not granted. */
async function waitsForLock(): Promise<void> {
  for (;;) {
    const { rows } = await api.database.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE NOT l.granted AND a.datname = current_database()`,
    );
    if ((rows[0]?.n ?? 0) > 0) return;
  }
}

describe('overbooking by a move', () => {
  it('needs the flag and the scope, and says so in the audit trail', async () => {
    const date = dateIn(12);
    const visit = await bookVisit(api, salon, `${date}T09:00`);
    await bookVisit(api, salon, `${date}T12:00`);
    const forced = { startsLocal: `${date}T12:00`, overbook: true };
    const { token } = await api.token(['bookings:write'], 'all');
    expect(await patch(visit.id, forced, { token })).toMatchObject({
      status: 403,
      json: { code: 'forbidden' },
    });
    expect(await patch(visit.id, forced)).toMatchObject({
      status: 200,
      json: { booking: { overbooked: true } },
    });
    expect((await actionsOn(visit.id)).at(-1)).toBe('overbooked');
    expect(await api.prisma.occupancy.count({ where: { businessId: salon.id, exempt: true } })).toBe(2);
    // Free again, it is no overbooking any more.
    expect(await patch(visit.id, { startsLocal: `${date}T15:00` })).toMatchObject({
      status: 200,
      json: { booking: { overbooked: false } },
    });
    expect(await api.prisma.occupancy.count({ where: { businessId: salon.id, exempt: true } })).toBe(0);
  });
});
