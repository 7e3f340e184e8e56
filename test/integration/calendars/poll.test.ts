import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ownUid } from '../../../domain/calendars/index.ts';
import { day, entry, feed, openCalendarDesk, type CalendarDesk } from './support/desk.ts';

/** What calendars of others do to the salon's time (R19, SPEC 5.2). */

let desk: CalendarDesk;

beforeAll(async () => {
  desk = await openCalendarDesk();
});
afterAll(() => desk.stop());
beforeEach(() => desk.anotherSalon());

describe('polling a calendar', { timeout: 240_000 }, () => {
  it('R19 lays out its events as blocks that hold time, and puts each in the outbox', async () => {
    const id = await desk.calendar();
    desk.server.feed(
      feed(entry('a', 1), entry('b', 2, 'RRULE:FREQ=DAILY;COUNT=2'), entry('c', 5, 'TRANSP:TRANSPARENT')),
      '"1"',
    );
    expect(await desk.poll()).toEqual({ done: true, polled: 1, changed: 1, failed: 0 });
    expect(await desk.blocks()).toEqual([`anna ${day(1)}`, `anna ${day(2)}`, `anna ${day(3)}`]);
    const { rows } = await desk.database.pool.query(
      `SELECT (SELECT count(*)::int FROM occupancy WHERE business_id = $1 AND source = 'block') AS held,
              (SELECT count(*)::int FROM sync_outbox WHERE business_id = $1 AND entity = 'time_off') AS boxed`,
      [desk.businessId],
    );
    expect(rows).toEqual([{ held: 3, boxed: 3 }]);
    expect(await desk.row(id)).toMatchObject({
      state: 'ok',
      events: 3,
      errorCode: null,
      etag: '"1"',
      claimedUntil: null,
    });
  });

  it('an unchanged poll writes no block, no outbox row and no audit entry, with 304 and without', async () => {
    await desk.calendar();
    const text = feed(entry('a', 1), entry('b', 2, 'RRULE:FREQ=DAILY'));
    desk.server.feed(text, '"1"');
    await desk.poll();
    const before = await desk.writes();
    const asked = desk.server.requests.length;
    expect(await desk.poll()).toMatchObject({ polled: 1, changed: 0 });
    expect(desk.server.requests.slice(asked).map(({ headers }) => headers['if-none-match'])).toEqual(['"1"']);
    desk.server.feed(text);
    expect(await desk.poll()).toMatchObject({ polled: 1, changed: 0 });
    expect(await desk.writes()).toBe(before);
  });

  it('writes only what changed', async () => {
    await desk.calendar();
    desk.server.feed(feed(entry('a', 1), entry('b', 2), entry('c', 3)));
    await desk.poll();
    const { rows: before } = await desk.database.pool.query(
      `SELECT id FROM time_off WHERE business_id = $1 ORDER BY starts_at`,
      [desk.businessId],
    );
    const box = await desk.database.pool.query('SELECT max(id) AS last FROM sync_outbox');
    desk.server.feed(feed(entry('a', 1), entry('b', 4), entry('d', 6)));
    expect(await desk.poll()).toMatchObject({ changed: 1 });
    expect(await desk.blocks()).toEqual([`anna ${day(1)}`, `anna ${day(4)}`, `anna ${day(6)}`]);
    const { rows: after } = await desk.database.pool.query(
      `SELECT id FROM time_off WHERE business_id = $1 ORDER BY starts_at`,
      [desk.businessId],
    );
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    const { rows: operations } = await desk.database.pool.query(
      'SELECT operation FROM sync_outbox WHERE id > $1 ORDER BY operation',
      [(box.rows[0] as { last: string }).last],
    );
    expect(operations).toEqual([{ operation: 'delete' }, { operation: 'insert' }, { operation: 'update' }]);
    const audit = await desk.deps.db.booksyAuditLog.findMany({
      where: { businessId: desk.businessId, action: 'calendar_laid_out' },
    });
    expect(audit.map(({ reasonCode }) => reasonCode).sort()).toEqual(['blocks +1 ~1 -1', 'blocks +3 ~0 -0']);
  });

  it('lays out new repetitions as time goes on, also while the feed says “as before”', async () => {
    await desk.calendar();
    desk.server.feed(feed(entry('b', 1, 'RRULE:FREQ=WEEKLY')), '"1"');
    await desk.poll();
    const short = (await desk.blocks()).length;
    desk.deps = { ...desk.deps, calendars: { ...desk.deps.calendars, horizonDays: 200 } };
    expect(await desk.poll()).toMatchObject({ changed: 1 });
    expect((await desk.blocks()).length).toBeGreaterThan(short + 10);
    desk.deps = { ...desk.deps, calendars: { ...desk.deps.calendars, horizonDays: 100 } };
  });

  it('a calendar of the salon blocks everybody who works there, from the next poll on also who is new', async () => {
    await desk.calendar({ ownerKind: 'business', ownerId: desk.businessId });
    await desk.deps.db.staff.update({ where: { id: desk.jan }, data: { active: false } });
    desk.server.feed(feed(entry('a', 1)));
    await desk.poll();
    expect(await desk.blocks()).toEqual([`anna ${day(1)}`]);
    await desk.deps.db.staff.update({ where: { id: desk.jan }, data: { active: true } });
    await desk.poll();
    expect(await desk.blocks()).toEqual([`anna ${day(1)}`, `jan ${day(1)}`]);
  });

  it('R19 a block over a visit is no error: both hold their time', async () => {
    const [visit, item] = [uuidv7(), uuidv7()];
    const from = new Date(`${day(1).slice(0, 4)}-${day(1).slice(4, 6)}-${day(1).slice(6, 8)}T09:00:00Z`);
    await desk.database.pool.query(
      `INSERT INTO bookings (id, business_id, zone, starts_local, ends_local, starts_at, ends_at, status, source)
       VALUES ($1, $2, 'UTC', $3::timestamp, $3::timestamp + interval '1 hour', $3, $3::timestamptz + interval '1 hour', 'confirmed', 'platform')`,
      [visit, desk.businessId, from.toISOString()],
    );
    await desk.database.pool.query(
      `INSERT INTO booking_items (id, booking_id, business_id, position, staff_id, zone, starts_local, ends_local, starts_at, ends_at)
       VALUES ($1, $2, $3, 0, $4, 'UTC', $5::timestamp, $5::timestamp + interval '1 hour', $5, $5::timestamptz + interval '1 hour')`,
      [item, visit, desk.businessId, desk.anna, from.toISOString()],
    );
    await desk.calendar();
    desk.server.feed(feed(entry('a', 1)));
    expect(await desk.poll()).toMatchObject({ changed: 1 });
    const { rows } = await desk.database.pool.query('SELECT count(*)::int AS n FROM occupancy_overlaps($1)', [
      desk.businessId,
    ]);
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('our own entries do not block twice; those of another salon do', async () => {
    await desk.calendar();
    desk.server.feed(feed(entry(ownUid(desk.businessId, uuidv7()), 1), entry(ownUid(uuidv7(), uuidv7()), 2)));
    await desk.poll();
    expect(await desk.blocks()).toEqual([`anna ${day(2)}`]);
  });

  it('entries that cannot be understood are told, and the rest counts', async () => {
    const id = await desk.calendar();
    desk.server.feed(feed(entry('a', 1), entry('b', 2).replace('PT1H', '-PT1H')));
    await desk.poll();
    expect(await desk.blocks()).toHaveLength(1);
    expect(await desk.row(id)).toMatchObject({ state: 'ok', errorCode: 'calendar_entries_unread' });
    expect((await desk.row(id)).errorDetail).toContain('(1)');
  });
});
