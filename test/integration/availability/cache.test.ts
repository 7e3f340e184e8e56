/** What is kept of a salon's time is dropped by whoever changes it, by plain SQL too; while nobody listens nothing is kept. */
import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAvailability, type TimeChanges } from '../../../infra/availability/cache.ts';
import { startTimeListener, type TimeListener } from '../../../infra/availability/listen.ts';
import { createSalesDesk } from '../../../infra/bookings/sales-desk.ts';
import { createDatabase, type PrismaClient } from '../../../infra/database/index.ts';
import { createLogger } from '../../../infra/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { dateIn, makeSalon, type TestSalon } from '../bookings/support/salon.ts';

let database: TestDatabase;
let prisma: PrismaClient;
let listener: TimeListener;
let salon: TestSalon;
let other: TestSalon;
const date = dateIn(7);
const told = new Set<string | null>();

beforeAll(async () => {
  database = await createTestDatabase();
  ({ prisma } = database.closing(createDatabase({ url: database.url, poolMax: 3, applicationName: 'test' })));
  [salon, other] = [await makeSalon(prisma), await makeSalon(prisma)];
  listener = startTimeListener(
    database.url,
    createLogger({ level: 'silent', dir: null }, { name: 'test', destination: { write: () => true } }),
  );
  listener.onChange((businessId) => told.add(businessId));
  await allTold();
});
// What a test changed is undone, and told of before the next one counts.
afterEach(async () => {
  await open();
  await allTold();
});
afterAll(async () => {
  await listener.stop();
  await database.drop();
});

/** Waits until the listener was told of all that has happened: what comes later is told later. */
async function allTold(): Promise<void> {
  await eventually(() => listener.listens(), { timeoutMs: 30_000, what: 'the listener' });
  const last = randomUUID();
  await database.pool.query(`SELECT pg_notify('booksy_sync_time', $1)`, [last]);
  await eventually(() => told.has(last), { what: 'the last change being told' });
}

/** Availability that counts how often it reads a salon. */
function counted(changes: TimeChanges | null, now?: () => number) {
  let statements = 0;
  const counting = new Proxy(prisma, {
    get(target, name) {
      if (name === '$queryRaw') statements += 1;
      const value: unknown = Reflect.get(target, name, target);
      return value;
    },
  });
  const availability = createAvailability(counting, changes, now);
  return {
    availability,
    statements: () => statements,
    starts: async (which = salon) => {
      const read = await availability.salon(which.id, date, date);
      if (read === null) throw new Error('There is no such salon.');
      const query = { items: [{ variantId: which.variantId, staffId: null }], fromDate: date, toDate: date };
      return availability.slots(read, query).map(({ startsLocal }) => startsLocal);
    },
  };
}

async function hours(intervals: string): Promise<void> {
  await database.pool.query(
    `UPDATE working_hours SET intervals = $2::jsonb
      WHERE business_id = $1 AND owner_kind = 'business' AND intervals <> $2::jsonb`,
    [salon.id, intervals],
  );
}
const close = () => hours('[[600, 720]]');
const open = () => hours('[[540, 1020]]');
describe('free time that is kept', { timeout: 240_000 }, () => {
  it('is not read twice', async () => {
    const { starts, statements } = counted(listener);
    const first = await starts();
    expect(first[0]).toBe(`${date}T09:00`);
    const once = statements();
    expect(once).toBeGreaterThan(0);
    expect(await starts()).toEqual(first);
    expect(statements()).toBe(once);
  });

  it('R27 is dropped by a change in plain SQL, of that salon and of no other', async () => {
    const { starts, statements } = counted(listener);
    const before = await starts();
    await starts(other);
    const once = statements();
    await close();
    const after = await eventually(
      async () => {
        const now = await starts();
        return now[0] === before[0] ? null : now;
      },
      { timeoutMs: 5_000, what: 'the new hours' },
    );
    expect(after[0]).toBe(`${date}T10:00`);
    const twice = statements();
    expect(twice).toBeGreaterThan(once);
    await starts(other);
    expect(statements()).toBe(twice);
  });

  it('is kept for a minute, and no longer', async () => {
    let moment = Date.now();
    const { starts, statements } = counted(listener, () => moment);
    await starts();
    const once = statements();
    moment += 59_000;
    await starts();
    expect(statements()).toBe(once);
    moment += 2_000;
    await starts();
    expect(statements()).toBe(2 * once);
  });

  it.each([
    ['nobody listens', null],
    ['the listener is away', { listens: () => false, onChange: () => undefined }],
  ])('is not kept at all while %s', async (_what, changes) => {
    const { starts, statements } = counted(changes);
    const [before] = await starts();
    const once = statements();
    await close();
    const [after] = await starts();
    expect([before, after]).toEqual([`${date}T09:00`, `${date}T10:00`]);
    expect(statements()).toBe(2 * once);
  });

  it('is dropped when its connection is lost, and the listener comes back by itself', async () => {
    const { starts } = counted(listener);
    expect((await starts())[0]).toBe(`${date}T09:00`);
    const { rowCount } = await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'booksy-sync-time' AND datname = current_database()`,
    );
    expect(rowCount).toBe(1);
    await close();
    await eventually(async () => (await starts())[0] === `${date}T10:00`, { what: 'the new hours' });
    await eventually(() => listener.listens(), { timeoutMs: 30_000, what: 'the listener being back' });
    await open();
    await eventually(async () => (await starts())[0] === `${date}T09:00`, { what: 'the hours as before' });
  });
});

describe('a booking made here', { timeout: 240_000 }, () => {
  /** A desk beside what it keeps; how often what is kept was dropped is how often the salon is read again. */
  function selling() {
    const { availability, starts, statements } = counted(listener);
    const desk = createSalesDesk({ prisma, kept: availability });
    const make = (startsLocal: string) =>
      desk.make(salon.id, {
        kind: 'booking',
        id: uuidv7(),
        time: { items: [{ variantId: salon.variantId, staffId: salon.staff[0] ?? null }], startsLocal },
        client: null,
        note: null,
        overbook: false,
        asker: { actor: 'test', tokenId: uuidv7() },
      });
    return { starts, statements, make };
  }
  it('drops what is kept once: it is seen at once, and what was read then stays when PostgreSQL tells of it', async () => {
    const { starts, statements, make } = selling();
    const at = `${date}T12:00`;
    await starts();
    const once = statements();
    await make(at);
    await starts();
    const again = statements();
    expect(again).toBe(2 * once);
    await allTold();
    await starts();
    expect(statements()).toBe(again);
  });

  it('that was refused drops nothing', async () => {
    const { starts, statements, make } = selling();
    const at = `${date}T14:00`;
    await make(at);
    await allTold();
    await starts();
    const once = statements();
    await expect(make(at)).rejects.toMatchObject({ code: 'slot_taken' });
    await allTold();
    await starts();
    expect(statements()).toBe(once);
  });

  it('drops it by what PostgreSQL tells in every other process', async () => {
    const { make } = selling();
    const elsewhere = counted(listener);
    const two = `${date}T15:00`;
    await elsewhere.starts();
    const once = elsewhere.statements();
    await make(two);
    await allTold();
    await elsewhere.starts();
    expect(elsewhere.statements()).toBe(2 * once);
  });
});
