import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../infra/config.ts';
import { createStatementNames } from '../../../infra/database/prepared.ts';

const marked = (text: string) => ({ sql: `SELECT /* prepared */ ${text}` });

describe('names of prepared statements', () => {
  it('names what is marked, the same text always the same', () => {
    const nameOf = createStatementNames();
    expect(nameOf(marked('1'))).toMatch(/^bs_[0-9a-f]{24}$/);
    expect(nameOf(marked('1'))).toBe(nameOf(marked('1')));
    expect(nameOf(marked('1'))).not.toBe(nameOf(marked('2')));
    expect(createStatementNames()(marked('1'))).toBe(nameOf(marked('1')));
  });

  it('names nothing else', () => {
    expect(createStatementNames()({ sql: 'SELECT 1' })).toBe('');
  });

  it('names no text without end: the server would keep a plan of each', () => {
    const nameOf = createStatementNames();
    const names = Array.from({ length: 300 }, (_, n) => nameOf(marked(String(n)))).filter(
      (name) => name !== '',
    );
    expect(new Set(names).size).toBe(200);
    expect(nameOf(marked('0'))).toBe(names[0]);
  });
});

describe('whether statements are prepared', () => {
  const url = 'postgresql://app:pw@127.0.0.1:5432/app';
  const prepared = (env: Readonly<Record<string, string>>) =>
    loadConfig({
      DATABASE_URL: url,
      BOOKSY_BASE_URL: 'https://pl.booksy.com/public-api/pl',
      BOOKSY_API_KEY: 'key-of-the-test',
      BOOKSY_API_SECRET: 'secret-of-the-test',
      ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      ...env,
    }).database.preparedStatements;

  it.each([
    ['without a pooler', {}, true],
    ['with the same address as the direct one', { DATABASE_DIRECT_URL: `${url}?application_name=x` }, true],
    [
      'with another address than the direct one',
      { DATABASE_DIRECT_URL: 'postgresql://app:pw@127.0.0.1:5433/app' },
      false,
    ],
    ['with a marked pooler', { DATABASE_URL: `${url}?pgbouncer=true`, DATABASE_DIRECT_URL: url }, false],
    [
      'with a pooler that keeps them',
      {
        DATABASE_URL: `${url}?pgbouncer=true`,
        DATABASE_DIRECT_URL: url,
        DATABASE_PREPARED_STATEMENTS: 'on',
      },
      true,
    ],
    ['switched off', { DATABASE_PREPARED_STATEMENTS: 'off' }, false],
  ] as const)('%s', (_what, env, expected) => {
    expect(prepared(env)).toBe(expected);
  });
});
