import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../booksy/clock.ts';
import { createPacer, pacePlan, type Lane, type Pacer } from '../../../booksy/pacer/index.ts';
import { createDatabase, type Database } from '../../../infra/database/index.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';

/** The real limit, five times faster: one call every 62 ms. */
const RATE = { limit: 200, windowMs: 12_000 };

let database: TestDatabase;
const processes: Database[] = [];
const pacers: Pacer[] = [];
let accounts = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  for (const name of ['one', 'two']) {
    processes.push(createDatabase({ url: database.url, poolMax: 3, applicationName: name }));
  }
});
afterEach(() => {
  for (const pacer of pacers.splice(0)) pacer.close();
});
afterAll(async () => {
  for (const process of processes) await process.close();
  await database.drop();
});

/** One pacer per process, each with its own pool, all of one account. */
function pacersOf(rate = RATE): [Pacer, Pacer] {
  accounts += 1;
  const accountKey = `account-${String(accounts)}`;
  const make = (index: number): Pacer => {
    const sql = processes[index]?.prisma;
    if (sql === undefined) throw new Error('no such process');
    const pacer = createPacer({ sql, clock: systemClock, random: () => 0.5, accountKey, rate });
    pacers.push(pacer);
    return pacer;
  };
  return [make(0), make(1)];
}

interface Departure {
  readonly at: number;
  readonly lane: Lane;
  readonly who: string;
}

/** A caller that always wants to call, until the time is over. Lateness is noted as a server would see it. */
async function busy(pacer: Pacer, lane: Lane, who: string, untilMs: number, log: Departure[]): Promise<void> {
  while (performance.now() < untilMs) {
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(untilMs - performance.now())));
    const grant = await pacer.acquire({ lane, businessKey: who, signal }).catch(() => null);
    if (grant === null) return;
    log.push({ at: performance.now(), lane, who });
  }
}

function mostInAnyWindow(log: readonly Departure[], windowMs: number): number {
  const times = log.map((entry) => entry.at).sort((a, b) => a - b);
  let first = 0;
  return times.reduce((most, time, index) => {
    while (time - (times[first] ?? time) > windowMs) first += 1;
    return Math.max(most, index - first + 1);
  }, 0);
}

const share = (log: readonly Departure[], lanes: readonly Lane[]) =>
  log.filter((entry) => lanes.includes(entry.lane)).length / log.length;

describe('the pacer across processes', () => {
  it('never lets more leave than the limit in any window, and uses most of it', async () => {
    const [one, two] = pacersOf();
    const log: Departure[] = [];
    const untilMs = performance.now() + 1.5 * RATE.windowMs;
    await Promise.all(
      [0, 1, 2, 3, 4, 5].flatMap((n) => [
        busy(one, 3, `a${String(n)}`, untilMs, log),
        busy(two, 4, `b${String(n)}`, untilMs, log),
      ]),
    );
    expect(mostInAnyWindow(log, RATE.windowMs)).toBeLessThanOrEqual(RATE.limit);
    // The arithmetic allows 97 % (see the unit tests); a machine that is busy with other things loses some of it.
    expect(log.length).toBeGreaterThan(0.4 * 1.5 * RATE.limit);
  });

  it('after a pause lets a small burst go, not what was saved up', async () => {
    const [one] = pacersOf({ limit: 200, windowMs: 60_000 });
    const log: Departure[] = [];
    await Promise.all([...Array(30).keys()].map(() => busy(one, 3, 'a', performance.now() + 400, log)));
    expect(log.length).toBeGreaterThanOrEqual(pacePlan({ limit: 200, windowMs: 60_000 }).burst);
    expect(log.length).toBeLessThanOrEqual(6);
  });

  it('urgent lanes of one process go before the lower ones of another; 10 % stay for lanes 4 and 5', async () => {
    const [one, two] = pacersOf();
    const log: Departure[] = [];
    const untilMs = performance.now() + 3000;
    await Promise.all(
      [0, 1, 2, 3, 4, 5, 6, 7].flatMap((n) => [
        busy(one, 2, `a${String(n)}`, untilMs, log),
        busy(two, 5, `b${String(n)}`, untilMs, log),
      ]),
    );
    expect(share(log, [5])).toBeGreaterThan(0.07);
    expect(share(log, [5])).toBeLessThan(0.35);
  });

  it('lane 1 goes before lane 3, and lane 4 before lane 5, whoever asks', async () => {
    const [one, two] = pacersOf();
    const log: Departure[] = [];
    const untilMs = performance.now() + 2000;
    await Promise.all(
      [0, 1, 2, 3].flatMap((n) => [
        busy(one, 3, `a${String(n)}`, untilMs, log),
        busy(two, 1, `b${String(n)}`, untilMs, log),
        busy(one, 5, `c${String(n)}`, untilMs, log),
        busy(two, 4, `d${String(n)}`, untilMs, log),
      ]),
    );
    expect(share(log, [1])).toBeGreaterThan(0.75);
    expect(share(log, [4, 5])).toBeGreaterThan(0.05);
    expect(share(log, [4])).toBeGreaterThan(share(log, [5]));
  });

  it('a lane that has nobody waiting leaves its share to the others', async () => {
    const [one] = pacersOf();
    const log: Departure[] = [];
    await Promise.all([0, 1, 2].map(() => busy(one, 5, 'a', performance.now() + 2000, log)));
    expect(log.length).toBeGreaterThan(0.4 * RATE.limit * (2000 / RATE.windowMs));
  });

  it('businesses of a lane take turns', async () => {
    const [one] = pacersOf();
    const log: Departure[] = [];
    const untilMs = performance.now() + 1500;
    await Promise.all([
      ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(() => busy(one, 4, 'big', untilMs, log)),
      busy(one, 4, 'small', untilMs, log),
    ]);
    expect(log.filter((entry) => entry.who === 'small').length / log.length).toBeGreaterThan(0.35);
  });
});

describe('a 429', () => {
  it('keeps every process away for as long as was asked, and then lets them start one by one', async () => {
    const [one, two] = pacersOf();
    await one.acquire({ lane: 3, businessKey: 'a' });
    const blockedAt = performance.now();
    const blockedMs = await one.block(400);
    expect(blockedMs).toBeGreaterThanOrEqual(400);
    expect(blockedMs).toBeLessThanOrEqual(501);
    const log: Departure[] = [];
    const untilMs = blockedAt + 700;
    await Promise.all(
      [0, 1, 2].flatMap(() => [busy(one, 1, 'a', untilMs, log), busy(two, 5, 'b', untilMs, log)]),
    );
    expect(log.length).toBeGreaterThan(0);
    expect((log[0]?.at ?? 0) - blockedAt).toBeGreaterThanOrEqual(400);
  });

  it('answers of one burst count once; one after the block waits twice as long', async () => {
    const [one, two] = pacersOf({ limit: 200, windowMs: 60_000 });
    await one.acquire({ lane: 3, businessKey: 'a' });
    const first = await one.block(null);
    expect(first).toBeGreaterThan(1900);
    expect(await two.block(null)).toBeLessThanOrEqual(first);
    await database.pool.query("UPDATE booksy_pacer SET blocked_until = clock_timestamp() - interval '1 ms'");
    const later = await two.block(null);
    expect(later / first).toBeGreaterThan(1.8);
  });
});

describe('trouble', () => {
  it('a caller who gives up frees its place', async () => {
    const [one] = pacersOf();
    await one.acquire({ lane: 3, businessKey: 'a' });
    await one.block(300);
    const giveUp = new AbortController();
    const left = one.acquire({ lane: 3, businessKey: 'a', signal: giveUp.signal });
    const stays = one.acquire({ lane: 3, businessKey: 'a' });
    giveUp.abort();
    await expect(left).rejects.toMatchObject({ code: 'cancelled' });
    expect((await stays).databaseNowMs).toBeGreaterThan(0);
  });

  it('a row that is lost is made again; a clock that was set back does not stop the calls for long', async () => {
    const [one] = pacersOf({ limit: 400, windowMs: 1000 });
    await one.acquire({ lane: 3, businessKey: 'a' });
    await database.pool.query('DELETE FROM booksy_pacer');
    await one.acquire({ lane: 3, businessKey: 'a' });
    await database.pool.query("UPDATE booksy_pacer SET tat = clock_timestamp() + interval '1 hour'");
    const startedAt = performance.now();
    await one.acquire({ lane: 3, businessKey: 'a' });
    await database.pool.query("UPDATE booksy_pacer SET blocked_until = clock_timestamp() + interval '1 day'");
    const giveUp = AbortSignal.timeout(200);
    await one.acquire({ lane: 3, businessKey: 'a', signal: giveUp }).catch(() => undefined);
    const { rows } = await database.pool.query<{ ahead: boolean }>(
      "SELECT blocked_until > clock_timestamp() + interval '15 minutes' AS ahead FROM booksy_pacer",
    );
    expect(rows).toEqual([{ ahead: false }]);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('a closed pacer sends everybody home', async () => {
    const [one] = pacersOf();
    await one.acquire({ lane: 3, businessKey: 'a' });
    await one.block(60_000);
    const waiting = one.acquire({ lane: 3, businessKey: 'a' }).catch((error: unknown) => error);
    one.close();
    expect(await waiting).toMatchObject({ code: 'cancelled' });
    await expect(one.acquire({ lane: 3, businessKey: 'a' })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('a database that answers late makes calls fewer, and never more than the limit', async () => {
    accounts += 1;
    let lateMs = 90;
    const slow = {
      $queryRaw: async (query: TemplateStringsArray, ...values: unknown[]) => {
        const answer = await processes[0]?.prisma.$queryRaw(query, ...values);
        await systemClock.sleep(lateMs);
        return answer;
      },
    };
    // Every answer comes too late for the plain pace.
    const rate = { limit: 20, windowMs: 1000 };
    expect(pacePlan(rate).staleAfterMs).toBeLessThan(lateMs);
    const accountKey = `account-${String(accounts)}`;
    const pacer = createPacer({ sql: slow, clock: systemClock, random: () => 0, accountKey, rate });
    pacers.push(pacer);
    const log: Departure[] = [];
    await Promise.all([0, 1, 2, 3].map(() => busy(pacer, 3, 'a', performance.now() + 3000, log)));
    expect(log.length).toBeGreaterThan(1);
    expect(mostInAnyWindow(log, rate.windowMs)).toBeLessThanOrEqual(rate.limit);
    lateMs = 0;
    await pacer.acquire({ lane: 1, businessKey: 'a' });
  });

  it('its statements can be told from others, one per grant while calls are not held up', async () => {
    await database.pool.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
    await database.pool.query('SELECT pg_stat_statements_reset()');
    const [one] = pacersOf({ limit: 1_000_000, windowMs: 60_000 });
    for (let call = 0; call < 20; call += 1) await one.acquire({ lane: 3, businessKey: 'a' });
    const counted = await eventually(async () => {
      const { rows } = await database.pool.query<{ calls: string }>(
        `SELECT sum(calls) AS calls FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
         WHERE d.datname = current_database() AND query LIKE '%/* pacer */%' AND query NOT LIKE '%pg_stat%'`,
      );
      const calls = Number(rows[0]?.calls);
      return calls >= 20 ? calls : null;
    });
    // The first one finds no row, makes it and asks again.
    expect(counted).toBe(22);
  });
});
