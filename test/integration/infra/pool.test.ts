import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../../infra/config.ts';
import { createDatabase, isDatabaseAway, sqlState } from '../../../infra/database/index.ts';
import { databaseOfThisTest } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';

/** The pool as the environment describes it. */
async function poolOf(env: Readonly<Record<string, string>>) {
  const database = await databaseOfThisTest();
  const config = loadConfig({
    DATABASE_URL: database.url,
    BOOKSY_BASE_URL: 'http://127.0.0.1:1/',
    BOOKSY_API_KEY: 'k',
    BOOKSY_API_SECRET: 's',
    ENCRYPTION_KEY: Buffer.alloc(32, 3).toString('base64'),
    ...env,
  });
  const pool = createDatabase({ ...config.database, applicationName: 'pool-of-this-test' });
  onTestFinished(() => pool.close());
  /** Its connections, or those that wait for something. */
  const open = async (waiting: string | null = null) => {
    const { rows } = await database.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE application_name = 'pool-of-this-test' AND datname = current_database()
          AND ($1::text IS NULL OR wait_event = $1)`,
      [waiting],
    );
    return rows[0]?.n ?? 0;
  };
  return { db: pool.prisma, open, others: database.pool };
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  );
}

it('ends a statement that runs too long, and only that', async () => {
  const { db } = await poolOf({ DATABASE_STATEMENT_TIMEOUT_MS: '3000' });
  const error = await failureOf(db.$queryRaw`SELECT pg_sleep(30)::text`);
  expect(sqlState(error)).toBe('57014');
  expect(isDatabaseAway(error)).toBe(false);
  expect(await db.$queryRaw`SELECT current_setting('timezone') AS zone`).toEqual([{ zone: 'UTC' }]);
});

it('does not wait longer than it may for a free connection', async () => {
  const { db, open, others } = await poolOf({ DATABASE_POOL_MAX: '2', DATABASE_ACQUIRE_TIMEOUT_MS: '4000' });
  const holder = await others.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT pg_advisory_xact_lock(7)');
  const busy = [1, 2].map(() => failureOf(db.$queryRaw`SELECT pg_advisory_xact_lock(7)::text`));
  await eventually(async () => (await open('advisory')) === 2);
  const error = await failureOf(db.$queryRaw`SELECT 1 AS one`);
  expect(isDatabaseAway(error)).toBe(true);
  await holder.query('COMMIT');
  holder.release();
  expect(await Promise.all(busy)).toEqual([null, null]);
});

it('closes what nobody uses, down to what it is to keep', async () => {
  const { db, open } = await poolOf({ DATABASE_POOL_MIN: '1', DATABASE_IDLE_TIMEOUT_MS: '1000' });
  const used = Promise.all([1, 2, 3, 4].map(() => db.$queryRaw`SELECT pg_sleep(5)::text`));
  await eventually(async () => (await open()) === 4);
  await used;
  await eventually(async () => (await open()) === 1);
});
