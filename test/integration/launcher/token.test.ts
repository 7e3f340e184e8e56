import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { authenticateToken } from '../../../infra/tokens.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

/** `booksy token` on a real database: an installation without `up` gets to its API by it. */

const CLI = fileURLToPath(new URL('../../../cli/booksy.mjs', import.meta.url));
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

function booksy(...args: readonly string[]): Promise<{ code: number; json: unknown }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [CLI, ...args, '--json'],
      { cwd: path.dirname(CLI), env: { ...process.env, DATABASE_URL: database.url } },
      (error, stdout) => {
        const last = stdout.trim().split('\n').at(-1) ?? '';
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, json: JSON.parse(last) });
      },
    );
  });
}

const minted = z.object({ ok: z.literal(true), tokenId: z.guid(), token: z.string() });
const listed = z.object({ tokens: z.array(z.looseObject({ tokenId: z.string(), state: z.string() })) });

describe('booksy token', { timeout: 240_000 }, () => {
  it('mints one that opens what it was minted for, lists it without itself, and ends it', async () => {
    const { prisma } = database.database;
    const { tokenId, token } = minted.parse(
      (await booksy('token', 'mint', '--name', 'front desk', '--scope', 'sync:read', '--expires', '30')).json,
    );
    expect(await authenticateToken(prisma, token)).toMatchObject({
      scopes: ['sync:read'],
      businesses: 'all',
    });

    const list = await booksy('token', 'list');
    expect(listed.parse(list.json).tokens).toMatchObject([{ tokenId, state: 'alive', name: 'front desk' }]);
    expect(JSON.stringify(list.json)).not.toContain(token);

    expect(await booksy('token', 'revoke', tokenId)).toMatchObject({ code: 0, json: { ok: true, tokenId } });
    expect(await authenticateToken(prisma, token)).toBeNull();
    expect(listed.parse((await booksy('token', 'list')).json).tokens).toMatchObject([{ state: 'revoked' }]);
  });

  it('says what was wrong with what it was asked', async () => {
    expect(await booksy('token', 'mint', '--name', 'x', '--scope', 'everything')).toMatchObject({ code: 2 });
    expect(await booksy('token', 'mint', '--name', 'x', '--expires', '0')).toMatchObject({ code: 2 });
    expect(await booksy('token', 'revoke', 'front desk')).toMatchObject({ code: 2 });
    expect(await booksy('token', 'revoke', '018f0000-0000-7000-8000-000000000000')).toMatchObject({
      code: 1,
      json: { ok: false, error: { code: 'not_found' } },
    });
  });
});
