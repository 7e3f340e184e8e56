import { PrismaPg } from '@prisma/adapter-pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createDatabase,
  inTransaction,
  isDatabaseAway,
  isTimeHeld,
  Prisma,
  PrismaClient,
  sqlState,
  type Database,
  type Tx,
} from '../../../infra/database/index.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { book, openSalon, type Salon } from './support/salon.ts';

let test: TestDatabase;
let db: Database;
let salon: Salon;
beforeAll(async () => {
  test = await createTestDatabase();
  db = test.closing(
    createDatabase({ url: test.url, poolMax: 3, applicationName: 'test', preparedStatements: true }),
  );
  salon = await openSalon(test.pool);
  await test.pool.query('CREATE TABLE sql_test (id int PRIMARY KEY, word text)');
});
afterAll(() => test.drop());

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  );
}

async function words(): Promise<readonly string[]> {
  const { rows } = await test.pool.query<{ word: string }>('SELECT word FROM sql_test ORDER BY id');
  return rows.map(({ word }) => word);
}

describe('a statement past Prisma', () => {
  /** Every type that our statements read, and what is odd about each. */
  const COLUMNS = Prisma.sql`
    SELECT 1 AS i4, 1::int2 AS i2, 9007199254740993::int8 AS i8, 1.5::float8 AS f8, 0.5::float4 AS f4,
           12345678901234567890.123::numeric AS n, true AS b, 'żółw "a" \\ {b}'::text AS t, 'x'::varchar AS v,
           '0192f0c1-2345-7890-abcd-0123456789ab'::uuid AS u, '{"a": [1, null, "ł"]}'::jsonb AS j, '[1.0]'::json AS j1,
           'null'::jsonb AS jn, '\\x00ff10'::bytea AS by, '2030-03-31'::date AS d, '12:34:56.789'::time AS ti,
           '2030-03-31 02:30:00.123456'::timestamp AS ts, '2030-03-31 02:30:00.123456+02'::timestamptz AS tz,
           '1970-01-01'::timestamptz AS ep, NULL::timestamptz AS no, ARRAY[1, 2] AS i4s, ARRAY[1, NULL]::int8[] AS i8s,
           ARRAY['a', NULL, 'b,"c'] AS ts_, ARRAY['0192f0c1-2345-7890-abcd-0123456789ab']::uuid[] AS us,
           ARRAY['2030-01-01 00:00Z']::timestamptz[] AS tzs, ARRAY['{"a":1}']::jsonb[] AS js, ARRAY[]::text[] AS none,
           ARRAY[1.5]::numeric[] AS ns, ARRAY[true] AS bs, ARRAY['2030-01-01']::date[] AS ds, 7::oid AS o, 'n'::name AS na`;

  it('reads every type as Prisma reads it', async () => {
    const plain = new PrismaClient({
      adapter: new PrismaPg({ connectionString: test.url, options: '-c timezone=UTC' }),
    });
    try {
      const own = await db.prisma.$queryRaw<Record<string, unknown>[]>(COLUMNS);
      expect(own).toEqual(await plain.$queryRaw(COLUMNS));
      expect(own[0]).toMatchObject({ i8: 9007199254740993n, j: { a: [1, null, 'ł'] }, jn: null, no: null });
    } finally {
      await plain.$disconnect();
    }
  });

  it('hands over every value as Prisma does', async () => {
    const plain = new PrismaClient({
      adapter: new PrismaPg({ connectionString: test.url, options: '-c timezone=UTC' }),
    });
    const date = new Date('2030-03-31T02:30:00.123Z');
    const query = Prisma.sql`
      SELECT ${date}::timestamptz AS tz, ${date}::timestamp AS ts, ${date}::date AS d, ${5}::int AS i, ${1.25}::float8 AS f,
             ${9007199254740993n}::bigint AS b, ${true}::boolean AS t, ${null}::text AS n, ${'ż"\\{},'}::text AS x,
             ${new Uint8Array([0, 255, 16])}::bytea AS by, ${Buffer.from('ab')}::bytea AS bu,
             ${['a', 'b,"c\\', 'NULL', '']}::text[] AS ta, ${[1, 2]}::int[] AS ia, ${[]}::text[] AS e,
             ${[date]}::timestamptz[] AS da, ${{ a: 1 }}::jsonb AS j, ${new Prisma.Decimal('1.10')}::numeric AS de,
             ${'{"a":[1]}'}::jsonb AS js`;
    try {
      expect(await db.prisma.$queryRaw(query)).toEqual(await plain.$queryRaw(query));
    } finally {
      await plain.$disconnect();
    }
  });

  it('tells how many rows it touched, and says of an error what it is', async () => {
    expect(await db.prisma.$executeRaw`INSERT INTO sql_test VALUES (1, 'one'), (2, 'two')`).toBe(2);
    expect(await db.prisma.$executeRaw`DELETE FROM sql_test`).toBe(2);
    const error = await failureOf(db.prisma.$queryRaw`SELECT 1 / 0 AS one`);
    expect([sqlState(error), isDatabaseAway(error)]).toEqual(['22012', false]);
  });

  it('stays out of a transaction of Prisma, and within it where it is asked of that', async () => {
    await db.prisma
      .$transaction(async (tx) => {
        await tx.$executeRaw`INSERT INTO sql_test VALUES (3, 'inside')`;
        await db.prisma.$executeRaw`INSERT INTO sql_test VALUES (4, 'outside')`;
        throw new Error('taken back');
      })
      .catch(() => undefined);
    expect(await words()).toEqual(['outside']);
    await test.pool.query('DELETE FROM sql_test');
  });
});

describe('a transaction of SQL alone', () => {
  it('commits what was done, also by several at once', async () => {
    await inTransaction(db.prisma, async (tx) => {
      await Promise.all([
        tx.$executeRaw`INSERT INTO sql_test VALUES (1, 'a')`,
        tx.$executeRaw`INSERT /* prepared */ INTO sql_test VALUES (2, 'b')`,
      ]);
    });
    expect(await words()).toEqual(['a', 'b']);
    await test.pool.query('DELETE FROM sql_test');
  });

  it('takes everything back where its work fails', async () => {
    const error = await failureOf(
      inTransaction(db.prisma, async (tx) => {
        await tx.$executeRaw`INSERT INTO sql_test VALUES (1, 'a')`;
        throw new Error('no');
      }),
    );
    expect(error).toMatchObject({ message: 'no' });
    expect(await words()).toEqual([]);
  });

  it('says so where a failure within it was swallowed: nothing was committed', async () => {
    const error = await failureOf(
      inTransaction(db.prisma, async (tx) => {
        await tx.$executeRaw`INSERT INTO sql_test VALUES (1, 'a')`;
        await failureOf(tx.$queryRaw`SELECT 1 / 0 AS one`);
      }),
    );
    expect(error).toMatchObject({ code: 'transaction_over' });
    expect(await words()).toEqual([]);
  });

  it('tells what its commit refuses: time that is held (R21)', async () => {
    const staff = salon.staff[0] ?? '';
    await book(test.pool, salon, { items: [{ from: 0, to: 30, staff }] });
    await book(test.pool, salon, { items: [{ from: 60, to: 90, staff }] });
    const error = await failureOf(
      inTransaction(
        db.prisma,
        (tx) => tx.$executeRaw`
          UPDATE booking_items SET starts_at = starts_at - interval '50 minutes', ends_at = ends_at - interval '50 minutes'
           WHERE booking_id = (SELECT id FROM bookings ORDER BY starts_at DESC LIMIT 1)`,
      ),
    );
    expect(isTimeHeld(error)).toBe(true);
  });

  it('sees one moment where it is told to', async () => {
    const seen = async (isolationLevel: 'ReadCommitted' | 'RepeatableRead') =>
      inTransaction(
        db.prisma,
        async (tx) => {
          const count = async () =>
            (await tx.$queryRaw<{ n: bigint }[]>`SELECT count(*) AS n FROM sql_test`)[0]?.n;
          const first = await count();
          await test.pool.query(`INSERT INTO sql_test VALUES ((SELECT count(*) + 1 FROM sql_test), 'x')`);
          return (await count()) === first;
        },
        { isolationLevel },
      );
    expect(await seen('RepeatableRead')).toBe(true);
    expect(await seen('ReadCommitted')).toBe(false);
    await test.pool.query('DELETE FROM sql_test');
  });

  it('is over at its time: what it held is free, and nothing more is done in it', async () => {
    let late: Tx = db.prisma;
    const error = await failureOf(
      inTransaction(
        db.prisma,
        async (tx) => {
          late = tx;
          await tx.$executeRaw`INSERT INTO sql_test VALUES (1, 'a')`;
          // Waits for its own time to be over: others may write the same key then.
          await test.pool.query(`INSERT INTO sql_test VALUES (1, 'other')`);
          await tx.$executeRaw`INSERT INTO sql_test VALUES (2, 'b')`;
        },
        { timeout: 200 },
      ),
    );
    expect(error).toMatchObject({ code: 'transaction_over' });
    expect(await words()).toEqual(['other']);
    expect(await failureOf(late.$queryRaw`SELECT 1 AS one`)).toMatchObject({
      code: 'transaction_over',
    });
    await test.pool.query('DELETE FROM sql_test');
  });

  it('fails as "the database is away" where its connection is cut, and the pool goes on', async () => {
    const error = await failureOf(
      inTransaction(db.prisma, async (tx) => {
        const [row] = await tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
        await test.pool.query('SELECT pg_terminate_backend($1)', [row?.pid]);
        await tx.$queryRaw`SELECT pg_sleep(1)::text AS slept`;
      }),
    );
    expect(isDatabaseAway(error)).toBe(true);
    for (let n = 0; n < 4; n += 1) {
      expect(await inTransaction(db.prisma, (tx) => tx.$queryRaw`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
    }
  });
});
