import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import {
  createDatabase,
  isTimeHeld,
  sqlState,
  type Database,
  type ModelTx,
} from '../../../infra/database/index.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { book, openSalon, type Salon } from './support/salon.ts';

let test: TestDatabase;
let db: Database;
let salon: Salon;
beforeAll(async () => {
  test = await createTestDatabase();
  db = test.closing(createDatabase({ url: test.url, poolMax: 3, applicationName: 'test' }));
  salon = await openSalon(test.pool);
});
afterAll(() => test.drop());

/** Books eight to half past by Prisma's models. */
async function bookByModel(tx: ModelTx, staffId: string): Promise<string> {
  const startsAt = new Date('2030-03-04T08:00:00Z');
  const endsAt = new Date('2030-03-04T08:30:00Z');
  const time = { zone: 'UTC', startsAt, endsAt, startsLocal: startsAt, endsLocal: endsAt };
  const { id } = await tx.booking.create({
    data: { id: randomUUID(), businessId: salon.businessId, ...time },
  });
  await tx.bookingItem.create({
    data: { id: randomUUID(), bookingId: id, businessId: salon.businessId, staffId, ...time },
  });
  return id;
}

describe('createDatabase', () => {
  it('reads and writes with the models, counters included', async () => {
    const id = await db.prisma.$transaction((tx) => bookByModel(tx, salon.staff[0] ?? ''));
    await db.prisma.booking.update({ where: { id }, data: { status: 'completed' } });
    const booking = await db.prisma.booking.findUniqueOrThrow({ where: { id }, include: { items: true } });
    expect(booking).toMatchObject({ status: 'completed', statusEdits: 1, rowVersion: 2n, zone: 'UTC' });
    expect(booking.startsAt).toEqual(new Date('2030-03-04T08:00:00Z'));
    expect(booking.items).toHaveLength(1);
  });

  it('tells a held time from other errors, though it comes with the commit', async () => {
    const staff = salon.staff[1] ?? '';
    await book(test.pool, salon, { items: [{ from: 15, to: 45, staff }] });
    const held = await db.prisma
      .$transaction((tx) => bookByModel(tx, staff))
      .catch((error: unknown) => error);
    expect(isTimeHeld(held)).toBe(true);
    const early = await db.prisma
      .$transaction(async (tx) => {
        await bookByModel(tx, staff);
        await tx.$executeRaw`SET CONSTRAINTS ALL IMMEDIATE`;
      })
      .catch((error: unknown) => error);
    expect(isTimeHeld(early)).toBe(true);
    const other = await db.prisma.$queryRaw`SELECT 1 / 0`.catch((error: unknown) => error);
    expect([isTimeHeld(other), sqlState(other)]).toEqual([false, '22012']);
    expect([isTimeHeld(new Error('no')), sqlState(null)]).toEqual([false, undefined]);
  });

  it('keeps instants whatever zone the server is set to', async () => {
    await test.pool.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Kathmandu''', current_database()); END $$`,
    );
    const other = createDatabase({ url: test.url, poolMax: 1, applicationName: 'test' });
    try {
      const rows = await other.prisma.$queryRaw<{ zone: string; text: string }[]>`
        SELECT current_setting('timezone') AS zone, ('2030-03-04T08:00:00Z'::timestamptz)::text AS text`;
      expect(rows).toEqual([{ zone: 'UTC', text: '2030-03-04 08:00:00+00' }]);
    } finally {
      await other.close();
      await other.close();
    }
  });
});

describe('generate-client', () => {
  const run = promisify(execFile);

  /** A copy of what the script needs, beside the installed packages. */
  async function copy(): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'generate-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await mkdir(path.join(folder, 'scripts'));
    await mkdir(path.join(folder, 'infra/database'), { recursive: true });
    for (const file of ['scripts/generate-client.mjs', 'prisma', 'prisma.config.ts', 'package.json']) {
      await cp(file, path.join(folder, file), { recursive: true });
    }
    return folder;
  }

  it('makes the client without a network, and says nothing', async () => {
    const folder = await copy();
    await symlink(path.resolve('node_modules'), path.join(folder, 'node_modules'));
    const { stdout, stderr } = await run(process.execPath, ['scripts/generate-client.mjs'], { cwd: folder });
    expect([stdout, stderr]).toEqual(['', '']);
    await cp(path.join(folder, 'infra/database/generated/client.ts'), path.join(folder, 'client.ts'));
  }, 240_000);

  it('says what is wrong and what to do', async () => {
    const folder = await copy();
    await expect(
      run(process.execPath, ['scripts/generate-client.mjs'], { cwd: folder }),
    ).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/"prisma" is not installed[\s\S]*npm ci/) as string,
    });
    await symlink(path.resolve('node_modules'), path.join(folder, 'node_modules'));
    await cp('package.json', path.join(folder, 'prisma/schema.prisma'));
    await expect(
      run(process.execPath, ['scripts/generate-client.mjs'], { cwd: folder }),
    ).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('could not generate') as string,
    });
  }, 240_000);
});
