import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pollDue, type CalendarDeps, type PollReport } from '../../../activities/calendars/index.ts';
import { createFeedFetcher } from '../../../infra/calendars/fetch.ts';
import {
  addCalendar,
  changeCalendar,
  removeCalendar,
  type NewCalendar,
} from '../../../infra/calendars/store.ts';
import type { Tx } from '../../../infra/database/index.ts';
import { createLogger } from '../../../infra/logger.ts';
import { ownUid } from '../../../domain/calendars/index.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeBusiness, testVault } from '../../support/salon.ts';
import { startFeedServer, type FeedServer } from './support/feed-server.ts';

/** What calendars of others do to the salon's time (R19, SPEC 5.2). */

let database: TestDatabase;
let server: FeedServer;
let deps: CalendarDeps;
let log: string[] = [];
let businessId: string;
let anna: string;
let jan: string;
const feeds = createFeedFetcher({ allowLoopback: true, maxBytes: 1_000_000 });

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startFeedServer();
  deps = {
    db: database.database.prisma,
    vault: testVault,
    logger: createLogger(
      { level: 'debug', dir: null },
      { name: 'test', destination: { write: (line) => log.push(line) } },
    ),
    calendars: { keepHours: 48, maxBytes: 1_000_000, horizonDays: 100 },
    feeds,
  };
});
afterAll(async () => {
  await Promise.all([server.stop(), feeds.close()]);
  await database.drop();
});
beforeEach(async () => {
  await database.pool.query('UPDATE external_calendars SET active = false');
  businessId = (await makeBusiness(deps.db)).id;
  [anna, jan] = await Promise.all([person('Anna Wzorcowa'), person('Jan Wzorcowy')]);
  log = [];
});

async function person(name: string): Promise<string> {
  const id = uuidv7();
  await deps.db.staff.create({ data: { id, businessId, name } });
  return id;
}

async function calendar(more: Partial<NewCalendar> = {}): Promise<string> {
  const id = await inTx((tx) =>
    addCalendar(tx, testVault, {
      businessId,
      ownerKind: 'staff',
      ownerId: anna,
      name: 'Private',
      url: new URL(`${server.url}/secret-path.ics`),
      blocksBooksy: true,
      intervalSeconds: 300,
      ...more,
    }),
  );
  return id ?? '';
}
const inTx = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => deps.db.$transaction(work);

/** An hour of some day from now on, in UTC; the same whatever the clocks of the salon do. */
const day = (ahead: number, hour = 9) => {
  const at = new Date();
  at.setUTCDate(at.getUTCDate() + ahead);
  at.setUTCHours(hour, 0, 0, 0);
  return at.toISOString().replace(/[-:]|\.000/g, '');
};
const entry = (uid: string, ahead: number, ...more: readonly string[]) =>
  ['BEGIN:VEVENT', `UID:${uid}`, `DTSTART:${day(ahead)}`, 'DURATION:PT1H', ...more, 'END:VEVENT'].join(
    '\r\n',
  );
const feed = (...entries: readonly string[]) =>
  `BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${entries.map((each) => `${each}\r\n`).join('')}END:VCALENDAR\r\n`;

const due = () => database.pool.query('UPDATE external_calendars SET due_at = now() WHERE active');
async function poll(): Promise<PollReport> {
  await due();
  return pollDue(deps, () => undefined);
}
async function blocks(): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ owner: string; at: string }>(
    `SELECT CASE owner_id WHEN $2 THEN 'anna' ELSE 'jan' END AS owner, to_char(starts_at AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS"Z"') AS at
       FROM time_off WHERE business_id = $1 AND source = 'calendar' ORDER BY starts_at, owner`,
    [businessId, anna],
  );
  return rows.map(({ owner, at }) => `${owner} ${at}`);
}
async function row(id: string) {
  return deps.db.externalCalendar.findUniqueOrThrow({ where: { id } });
}
async function writes(): Promise<number> {
  const { rows } = await database.pool.query<{ n: string }>(
    `SELECT (SELECT count(*) FROM sync_outbox) + (SELECT coalesce(sum(row_version), 0) FROM time_off)
          + (SELECT count(*) FROM booksy_audit_log) AS n`,
  );
  return Number(rows[0]?.n);
}

describe('polling a calendar', { timeout: 60_000 }, () => {
  it('R19 lays out its events as blocks that hold time, and puts each in the outbox', async () => {
    const id = await calendar();
    server.feed(
      feed(entry('a', 1), entry('b', 2, 'RRULE:FREQ=DAILY;COUNT=2'), entry('c', 5, 'TRANSP:TRANSPARENT')),
      '"1"',
    );
    expect(await poll()).toEqual({ done: true, polled: 1, changed: 1, failed: 0 });
    expect(await blocks()).toEqual([`anna ${day(1)}`, `anna ${day(2)}`, `anna ${day(3)}`]);
    const { rows } = await database.pool.query(
      `SELECT (SELECT count(*)::int FROM occupancy WHERE business_id = $1 AND source = 'block') AS held,
              (SELECT count(*)::int FROM sync_outbox WHERE business_id = $1 AND entity = 'time_off') AS boxed`,
      [businessId],
    );
    expect(rows).toEqual([{ held: 3, boxed: 3 }]);
    expect(await row(id)).toMatchObject({
      state: 'ok',
      events: 3,
      errorCode: null,
      etag: '"1"',
      claimedUntil: null,
    });
  });

  it('an unchanged poll writes no block, no outbox row and no audit entry, with 304 and without', async () => {
    await calendar();
    const text = feed(entry('a', 1), entry('b', 2, 'RRULE:FREQ=DAILY'));
    server.feed(text, '"1"');
    await poll();
    const before = await writes();
    const asked = server.requests.length;
    expect(await poll()).toMatchObject({ polled: 1, changed: 0 });
    expect(server.requests.slice(asked).map(({ headers }) => headers['if-none-match'])).toEqual(['"1"']);
    server.feed(text);
    expect(await poll()).toMatchObject({ polled: 1, changed: 0 });
    expect(await writes()).toBe(before);
  });

  it('writes only what changed', async () => {
    await calendar();
    server.feed(feed(entry('a', 1), entry('b', 2), entry('c', 3)));
    await poll();
    const { rows: before } = await database.pool.query(
      `SELECT id FROM time_off WHERE business_id = $1 ORDER BY starts_at`,
      [businessId],
    );
    const box = await database.pool.query('SELECT max(id) AS last FROM sync_outbox');
    server.feed(feed(entry('a', 1), entry('b', 4), entry('d', 6)));
    expect(await poll()).toMatchObject({ changed: 1 });
    expect(await blocks()).toEqual([`anna ${day(1)}`, `anna ${day(4)}`, `anna ${day(6)}`]);
    const { rows: after } = await database.pool.query(
      `SELECT id FROM time_off WHERE business_id = $1 ORDER BY starts_at`,
      [businessId],
    );
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    const { rows: operations } = await database.pool.query(
      'SELECT operation FROM sync_outbox WHERE id > $1 ORDER BY operation',
      [(box.rows[0] as { last: string }).last],
    );
    expect(operations).toEqual([{ operation: 'delete' }, { operation: 'insert' }, { operation: 'update' }]);
    const audit = await deps.db.booksyAuditLog.findMany({
      where: { businessId, action: 'calendar_laid_out' },
    });
    expect(audit.map(({ reasonCode }) => reasonCode).sort()).toEqual(['blocks +1 ~1 -1', 'blocks +3 ~0 -0']);
  });

  it('lays out new repetitions as time goes on, also while the feed says “as before”', async () => {
    await calendar();
    server.feed(feed(entry('b', 1, 'RRULE:FREQ=WEEKLY')), '"1"');
    await poll();
    const short = (await blocks()).length;
    deps = { ...deps, calendars: { ...deps.calendars, horizonDays: 200 } };
    expect(await poll()).toMatchObject({ changed: 1 });
    expect((await blocks()).length).toBeGreaterThan(short + 10);
    deps = { ...deps, calendars: { ...deps.calendars, horizonDays: 100 } };
  });

  it('a calendar of the salon blocks everybody who works there, from the next poll on also who is new', async () => {
    await calendar({ ownerKind: 'business', ownerId: businessId });
    await deps.db.staff.update({ where: { id: jan }, data: { active: false } });
    server.feed(feed(entry('a', 1)));
    await poll();
    expect(await blocks()).toEqual([`anna ${day(1)}`]);
    await deps.db.staff.update({ where: { id: jan }, data: { active: true } });
    await poll();
    expect(await blocks()).toEqual([`anna ${day(1)}`, `jan ${day(1)}`]);
  });

  it('R19 a block over a visit is no error: both hold their time', async () => {
    const [visit, item] = [uuidv7(), uuidv7()];
    const from = new Date(`${day(1).slice(0, 4)}-${day(1).slice(4, 6)}-${day(1).slice(6, 8)}T09:00:00Z`);
    await database.pool.query(
      `INSERT INTO bookings (id, business_id, zone, starts_local, ends_local, starts_at, ends_at, status, source)
       VALUES ($1, $2, 'UTC', $3::timestamp, $3::timestamp + interval '1 hour', $3, $3::timestamptz + interval '1 hour', 'confirmed', 'platform')`,
      [visit, businessId, from.toISOString()],
    );
    await database.pool.query(
      `INSERT INTO booking_items (id, booking_id, business_id, position, staff_id, zone, starts_local, ends_local, starts_at, ends_at)
       VALUES ($1, $2, $3, 0, $4, 'UTC', $5::timestamp, $5::timestamp + interval '1 hour', $5, $5::timestamptz + interval '1 hour')`,
      [item, visit, businessId, anna, from.toISOString()],
    );
    await calendar();
    server.feed(feed(entry('a', 1)));
    expect(await poll()).toMatchObject({ changed: 1 });
    const { rows } = await database.pool.query('SELECT count(*)::int AS n FROM occupancy_overlaps($1)', [
      businessId,
    ]);
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('our own entries do not block twice; those of another salon do', async () => {
    await calendar();
    server.feed(feed(entry(ownUid(businessId, uuidv7()), 1), entry(ownUid(uuidv7(), uuidv7()), 2)));
    await poll();
    expect(await blocks()).toEqual([`anna ${day(2)}`]);
  });

  it('entries that cannot be understood are told, and the rest counts', async () => {
    const id = await calendar();
    server.feed(feed(entry('a', 1), entry('b', 2).replace('PT1H', '-PT1H')));
    await poll();
    expect(await blocks()).toHaveLength(1);
    expect(await row(id)).toMatchObject({ state: 'ok', errorCode: 'calendar_entries_unread' });
    expect((await row(id)).errorDetail).toContain('(1)');
  });
});

describe('a calendar that cannot be read', { timeout: 60_000 }, () => {
  it('R2 keeps its last copy, then expires: its blocks go, and it says so', async () => {
    const id = await calendar();
    server.feed(feed(entry('a', 1), entry('b', 2)));
    await poll();
    server.serve((_request, response) => void response.writeHead(404).end());
    expect(await poll()).toMatchObject({ failed: 1 });
    expect(await blocks()).toHaveLength(2);
    expect(await row(id)).toMatchObject({ state: 'failing', errorCode: 'calendar_http_status', failures: 1 });
    await database.pool.query(
      `UPDATE external_calendars SET ok_at = now() - interval '47 hours' WHERE id = $1`,
      [id],
    );
    await poll();
    expect(await blocks()).toHaveLength(2);
    await database.pool.query(
      `UPDATE external_calendars SET ok_at = now() - interval '49 hours' WHERE id = $1`,
      [id],
    );
    expect(await poll()).toMatchObject({ failed: 1 });
    expect(await blocks()).toEqual([]);
    expect(await row(id)).toMatchObject({ state: 'expired' });
    // It is asked on, and comes back whole.
    server.feed(feed(entry('a', 1)));
    expect(await poll()).toMatchObject({ changed: 1, failed: 0 });
    expect(await blocks()).toHaveLength(1);
    expect(await row(id)).toMatchObject({ state: 'ok', failures: 0, errorCode: null, failingSince: null });
    const audit = await deps.db.booksyAuditLog.findMany({
      where: { businessId, action: 'calendar_expired' },
    });
    expect(audit).toHaveLength(1);
  });

  it.each([
    ['a page to sign in', '<html>Sign in</html>', 'calendar_not_ical'],
    ['half a feed', feed(entry('a', 1)).slice(0, -20), 'calendar_cut_short'],
    ['a bomb', feed(entry('a', 1, 'RRULE:FREQ=SECONDLY')), 'calendar_too_many_repetitions'],
    ['too much', `${feed(entry('a', 1))}${'X'.repeat(1_100_000)}`, 'calendar_too_large'],
  ])('%s changes nothing', async (_what, body, code) => {
    const id = await calendar();
    server.feed(feed(entry('a', 1), entry('b', 2)));
    await poll();
    const before = await writes();
    server.feed(body);
    await poll();
    expect(await row(id)).toMatchObject({ state: 'failing', errorCode: code });
    expect(await blocks()).toHaveLength(2);
    expect(await writes()).toBe(before);
  });

  it('R41 address, titles and people are in no log, no row in clear and no audit entry', async () => {
    const id = await calendar();
    server.feed(feed(entry('a', 1, 'SUMMARY:Doctor of Zofia', 'ATTENDEE;CN=Zofia:mailto:zofia@example.com')));
    await poll();
    server.serve((_request, response) => void response.writeHead(500).end('Zofia'));
    await poll();
    const held = await row(id);
    const audit = await deps.db.booksyAuditLog.findMany({ where: { businessId } });
    const clear = JSON.stringify(
      [log, audit, { ...held, sealedUrl: null, sealedCopy: null }],
      (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    );
    expect(clear).not.toMatch(/zofia|doctor|secret-path/i);
    expect(log.join()).toContain('calendar_http_status');
    for (const sealed of [held.sealedUrl, held.sealedCopy])
      expect(Buffer.from(sealed ?? []).toString('latin1')).not.toMatch(/secret-path|VEVENT/);
  });

  it('a slow one does not hold the others, and two workers never poll one twice', async () => {
    const slow = await calendar({ url: new URL(`${server.url}/slow`) });
    for (const each of ['1', '2', '3', '4', '5']) await calendar({ url: new URL(`${server.url}/${each}`) });
    const waiting: (() => void)[] = [];
    server.serve((request, response) => {
      const answer = () => response.writeHead(200).end(feed(entry('a', 1)));
      if (request.url === '/slow') waiting.push(answer);
      else answer();
    });
    await due();
    const asked = server.requests.length;
    const both = Promise.all([pollDue(deps, () => undefined), pollDue(deps, () => undefined)]);
    await expect
      .poll(async () => await deps.db.externalCalendar.count({ where: { businessId, state: 'ok' } }), {
        timeout: 20_000,
      })
      .toBe(5);
    expect((await row(slow)).claimedUntil).not.toBeNull();
    for (const answer of waiting) answer();
    const [one, other] = await both;
    expect((one?.polled ?? 0) + (other?.polled ?? 0)).toBe(6);
    expect(server.requests.length - asked).toBe(6);
  });
});

describe('changing a calendar', { timeout: 60_000 }, () => {
  it('taken away, its blocks to come go; what is over stays', async () => {
    const id = await calendar();
    server.feed(feed(entry('a', 1), entry('b', 2)));
    await poll();
    await database.pool.query(
      `UPDATE time_off SET starts_at = now() - interval '3 hours', ends_at = now() - interval '2 hours' WHERE id = (
         SELECT id FROM time_off WHERE external_calendar_id = $1 LIMIT 1)`,
      [id],
    );
    expect(await inTx((tx) => removeCalendar(tx, id))).toBe(true);
    expect(await blocks()).toHaveLength(1);
    expect(await inTx((tx) => removeCalendar(tx, id))).toBe(false);
  });

  it('one taken away while it is fetched leaves no blocks behind', async () => {
    const id = await calendar();
    let answer: (() => void) | null = null;
    server.serve((_request, response) => {
      answer = () => response.writeHead(200).end(feed(entry('a', 1)));
    });
    await due();
    const polling = pollDue(deps, () => undefined);
    await expect.poll(() => answer !== null).toBe(true);
    await inTx((tx) => removeCalendar(tx, id));
    (answer as (() => void) | null)?.();
    expect(await polling).toMatchObject({ polled: 1, changed: 0, failed: 0 });
    expect(await blocks()).toEqual([]);
  });

  it('put to rest it blocks nothing; whether it goes to Booksy makes its blocks new ones', async () => {
    const id = await calendar();
    server.feed(feed(entry('a', 1)), '"1"');
    await poll();
    const ids = async () =>
      (await deps.db.timeOff.findMany({ where: { businessId } })).map((each) => each.id);
    const [before] = await ids();
    await inTx((tx) => changeCalendar(tx, testVault, { id, businessId }, { blocksBooksy: false }));
    const [after] = await ids();
    expect(after).not.toBe(before);
    expect(await blocks()).toHaveLength(1);
    await inTx((tx) => changeCalendar(tx, testVault, { id, businessId }, { active: false }));
    expect(await blocks()).toEqual([]);
    await inTx((tx) => changeCalendar(tx, testVault, { id, businessId }, { active: true }));
    await poll();
    expect(await blocks()).toHaveLength(1);
  });
});
