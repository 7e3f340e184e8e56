import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError, keyIdOf, loadConfig, renderEnvExample } from '../../../infra/config.ts';
import { settingMeta } from '../../../infra/config/notes.ts';
import { SETTING_NAMES } from '../../../infra/config/settings.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');

const least = {
  DATABASE_URL: 'postgresql://app:hunter2@127.0.0.1:5432/booksy_sync',
  BOOKSY_BASE_URL: 'https://pl.booksy.com/public-api/pl',
  BOOKSY_API_KEY: 'key-of-the-test',
  BOOKSY_API_SECRET: 'secret-of-the-test',
  ENCRYPTION_KEY: KEY,
};

function refusal(env: NodeJS.ProcessEnv): ConfigError {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('loadConfig', () => {
  it('fills the defaults', () => {
    const config = loadConfig(least);
    expect(config.booksy).toMatchObject({
      baseUrl: 'https://pl.booksy.com/public-api/pl/',
      authUrl: 'https://pl.booksy.com',
      accountKey: 'default',
      rate: { limit: 200, windowMs: 60_000, tokenLimit: 10 },
      timeoutMs: 15_000,
      credentials: { strategy: 'client_credentials', apiKey: 'key-of-the-test' },
      capabilities: { listRowsFull: true, listFilter: 'start', limitScope: 'partner' },
    });
    expect(config.database).toEqual({
      url: least.DATABASE_URL,
      directUrl: least.DATABASE_URL,
      replicaUrl: null,
      poolMax: 10,
      poolMin: 0,
      replicaPoolMax: 5,
      idleTimeoutMs: 30_000,
      acquireTimeoutMs: 10_000,
      statementTimeoutMs: 120_000,
      preparedStatements: true,
    });
    expect(config.cache).toEqual({ redisUrl: null });
    expect(config.encryption.key.equals(Buffer.alloc(32, 7))).toBe(true);
    expect(config.encryption.keyId).toBe(keyIdOf(Buffer.alloc(32, 7)));
    expect(config.temporal).toEqual({
      address: '127.0.0.1:7233',
      namespace: 'default',
      taskQueue: 'booksy-sync',
      uiUrl: null,
    });
    expect(config.api).toMatchObject({ host: '127.0.0.1', port: 0, trustedProxyHops: 0, corsOrigins: [] });
    expect(config.log).toEqual({
      level: 'info',
      dir: null,
      files: { maxBytes: 10 * 1024 * 1024, kept: 14, maxAgeDays: 14 },
    });
  });

  it('knows no webhook secret unless one is set, and then every one of a rotation, newest first', () => {
    expect(loadConfig(least).webhooks).toEqual({ secrets: [], tokens: [] });
    const config = loadConfig({
      ...least,
      BOOKSY_WEBHOOK_SECRET: 'whsec_MTIzNDU2Nzg5MGFiY2RlZg==, the-one-before-that',
      BOOKSY_WEBHOOK_TOKEN: '0123456789abcdef012345',
    });
    expect(config.webhooks).toEqual({
      secrets: ['whsec_MTIzNDU2Nzg5MGFiY2RlZg==', 'the-one-before-that'],
      tokens: ['0123456789abcdef012345'],
    });
  });

  it('treats an empty value as not set', () => {
    expect(loadConfig({ ...least, LOG_LEVEL: '', BOOKSY_RATE_LIMIT: '  ' }).booksy.rate.limit).toBe(200);
  });

  const bad: readonly (readonly [name: string, value: string | undefined, problem: RegExp])[] = [
    ['DATABASE_URL', undefined, /is missing/],
    ['DATABASE_URL', 'mysql://root@db/app', /postgresql:\/\//],
    ['DATABASE_URL', 'postgresql://127.0.0.1:5432', /database name/],
    ['DATABASE_URL', 'postgresql://app:pw@db.salon.example/booksy_sync', /sslmode=verify-full/],
    ['DATABASE_URL', 'postgresql://app:pw@10.1.2.3/app?sslmode=no-verify', /sslmode=verify-full/],
    ['DATABASE_URL', 'postgresql://app:pw@10.1.2.3/app?sslmode=disable', /sslmode=verify-full/],
    ['DATABASE_URL', 'postgresql://app@10.1.2.3/app?sslmode=require&uselibpqcompat=true', /verify-full/],
    ['DATABASE_URL', 'postgresql://app@127.0.0.1/app?host=db.salon.example', /verify-full/],
    ['DATABASE_DIRECT_URL', 'nonsense', /postgresql:\/\//],
    ['DATABASE_DIRECT_URL', 'postgresql://app:pw@127.0.0.1:6432/app?pgbouncer=true', /around the pooler/],
    ['DATABASE_REPLICA_URL', 'http://replica', /postgresql:\/\//],
    ['DATABASE_REPLICA_URL', 'postgresql://other:pw@127.0.0.1/booksy_sync', /another server/],
    ['DATABASE_POOL_MAX', '1', /from 2 to 100/],
    ['DATABASE_POOL_MAX', 'ten', /whole number/],
    ['DATABASE_POOL_MIN', '11', /not be above DATABASE_POOL_MAX \(10\)/],
    ['DATABASE_POOL_MIN', '1.5', /whole number/],
    ['DATABASE_REPLICA_POOL_MAX', '0', /from 1 to 100/],
    ['DATABASE_IDLE_TIMEOUT_MS', '5', /from 1000/],
    ['DATABASE_ACQUIRE_TIMEOUT_MS', '1s', /whole number/],
    ['DATABASE_STATEMENT_TIMEOUT_MS', '-1', /whole number/],
    ['DATABASE_PREPARED_STATEMENTS', 'yes', /auto, on, off/],
    ['REDIS_URL', 'http://127.0.0.1:6379', /redis:\/\//],
    ['REDIS_URL', 'redis://:pw@cache.salon.example:6379', /must begin with rediss/],
    ['REDIS_URL', 'redis://127.0.0.1/zero', /number of a database/],
    ['BOOKSY_BASE_URL', undefined, /is missing/],
    ['BOOKSY_BASE_URL', 'pl.booksy.com', /http/],
    ['BOOKSY_BASE_URL', 'http://pl.booksy.com/public-api/pl/', /must be https/],
    ['BOOKSY_BASE_URL', 'https://user:pass@pl.booksy.com/', /without user/],
    ['BOOKSY_AUTH_URL', 'http://10.1.2.3/', /must be https/],
    ['BOOKSY_AUTH_STRATEGY', 'password', /client_credentials, partner_jwt/],
    ['BOOKSY_API_KEY', undefined, /is missing.*client_credentials/],
    ['BOOKSY_API_SECRET', undefined, /is missing.*client_credentials/],
    ['BOOKSY_PARTNER_UUID', 'not-a-uuid', /uuid/],
    ['BOOKSY_PARTNER_PRIVATE_KEY', 'MIIE', /PEM/],
    ['BOOKSY_ACCOUNT_KEY', 'two words', /letters/],
    ['BOOKSY_RATE_LIMIT', '0', /from 10/],
    ['BOOKSY_RATE_WINDOW_MS', '-5', /whole number/],
    ['BOOKSY_TOKEN_RATE_LIMIT', '1.5', /whole number/],
    ['BOOKSY_TIMEOUT_MS', '999999999', /from 100 to 120000/],
    ['BOOKSY_UNANSWERED_MS', '10', /whole number from/],
    ['BOOKSY_UNANSWERED_LOOK_MS', 'soon', /whole number from/],
    ['BOOKSY_CREATE_WAIT_MS', '0', /whole number from/],
    ['CONFLICT_REMIND_HOURS', '0', /whole number from/],
    ['CONFLICT_ESCALATE_HOURS', 'a day', /whole number from/],
    ['CALENDAR_KEEP_HOURS', '0', /whole number from 1 to 720/],
    ['CALENDAR_MAX_MB', '51', /whole number from 1 to 50/],
    ['CALENDAR_HORIZON_DAYS', 'a year', /whole number from 7 to 730/],
    ['CALENDAR_ALLOW_LOOPBACK', 'yes', /true or false/],
    ['BOOKSY_LIST_ROWS_FULL', 'yes', /true or false/],
    ['BOOKSY_LIST_FILTER', 'end', /start, overlap/],
    ['BOOKSY_LIST_ORDER', 'random', /one of/],
    ['BOOKSY_CAP_WEBHOOKS', '1', /true or false/],
    ['BOOKSY_CAP_APPOINTMENT_WRITES', 'on', /true or false/],
    ['BOOKSY_CAP_CANCELLED_LISTED', 'no', /true or false/],
    ['BOOKSY_CAP_CREATE_NOTIFIES', 'TRUE', /true or false/],
    ['BOOKSY_CAP_STATUS_OPTIONAL_IN_PUT', 'yes', /true or false/],
    ['BOOKSY_CAP_LIMIT_SCOPE', 'salon', /partner, business/],
    ['BOOKSY_WEBHOOK_SECRET', 'too-short', /16 characters/],
    ['BOOKSY_WEBHOOK_SECRET', 'long-enough-for-a-secret,short', /16 characters/],
    ['BOOKSY_WEBHOOK_SECRET', 'whsec_not/base64?', /base64/],
    ['BOOKSY_WEBHOOK_TOKEN', 'guess-me', /22 to 200/],
    ['BOOKSY_WEBHOOK_TOKEN', 'a/slash/has/no/place/here/at/all', /22 to 200/],
    ['ENCRYPTION_KEY', undefined, /is missing/],
    ['ENCRYPTION_KEY', Buffer.alloc(16, 1).toString('base64'), /32 bytes/],
    ['TEMPORAL_ADDRESS', 'localhost', /host:port/],
    ['TEMPORAL_NAMESPACE', 'a b', /letters/],
    ['TEMPORAL_TASK_QUEUE', 'a/b', /letters/],
    ['TEMPORAL_UI_URL', 'javascript:alert(1)', /http/],
    ['API_HOST', 'any where', /address/],
    ['API_PORT', '70000', /65535/],
    ['API_TRUSTED_PROXY_HOPS', 'all', /whole number/],
    ['API_CORS_ORIGINS', '*', /exact origins/],
    ['API_CORS_ORIGINS', 'https://a.example/path', /exact origins/],
    ['SIMULATOR_URL', 'file:///etc/passwd', /http/],
    ['LOG_LEVEL', 'loud', /one of fatal/],
    ['LOG_FILE_MAX_MB', '0', /from 1 to 1024/],
    ['LOG_FILES_KEPT', 'all', /whole number/],
    ['LOG_MAX_AGE_DAYS', '0.5', /whole number/],
    ['POSTGRES_PORT', '-1', /whole number|0/],
    ['TEMPORAL_PORT', 'x', /whole number/],
    ['TEMPORAL_UI_PORT', '99999', /65535/],
    ['SIMULATOR_PORT', '4010.5', /whole number/],
    ['BOOKSY_SYNC_API', 'ftp://127.0.0.1', /http/],
    ['BOOKSY_SYNC_TOKEN', 'secret', /bks_/],
  ];

  it.each(bad)('%s=%s is refused by name', (name, value, problem) => {
    const error = refusal({ ...least, [name]: value });
    expect(error.code).toBe('config_invalid');
    expect(error.problems.map((each) => each.name)).toEqual([name]);
    expect(error.problems[0]?.problem).toMatch(problem);
    expect(error.message).toContain(`Example: ${name}=${settingMeta(name).example}`);
  });

  it('has a bad value in the table for every name that can be wrong', () => {
    // Any text is a folder or a partner's name, so those cannot be wrong in form.
    const free = ['BOOKSY_PARTNER_NAME', 'LOG_DIR', 'BOOKSY_SYNC_CACHE_DIR', 'WORKFLOW_BUNDLE_DIR'];
    const tried = new Set(bad.map(([name]) => name));
    expect(SETTING_NAMES.filter((name) => !tried.has(name))).toEqual(free);
  });

  it.each([
    'postgresql://app:pw@db.salon.example:5432/app?sslmode=verify-full',
    'postgresql://app:pw@db.salon.example/app?sslmode=require',
    'postgresql://app:pw@db.salon.example/app?ssl=true',
    'postgresql://app:pw@postgres:5432/app',
    'postgresql:///app?host=/run/postgresql',
  ])('takes a database whose certificate is verified, or that is near: %s', (url) => {
    expect(loadConfig({ ...least, DATABASE_URL: url }).database.url).toBe(url);
  });

  it.each(['redis://127.0.0.1:6379/0', 'redis://redis:6379', 'rediss://u:p@cache.salon.example:6380/2'])(
    'takes a Redis: %s',
    (url) => {
      expect(loadConfig({ ...least, REDIS_URL: url }).cache.redisUrl).toBe(url);
    },
  );

  it.each([
    'postgresql://app:pw@127.0.0.1:6432/app?pgbouncer=true',
    'postgresql://app.x:pw@aws-0-eu.pooler.supabase.com:6543/postgres?sslmode=verify-full',
  ])('wants a direct address beside a transaction pooler: %s', (url) => {
    const error = refusal({ ...least, DATABASE_URL: url });
    expect(error.problems.map((each) => each.name)).toEqual(['DATABASE_DIRECT_URL']);
    expect(error.message).toMatch(/is missing \(DATABASE_URL leads to a transaction pooler/);
    const direct = 'postgresql://app:pw@127.0.0.1:5432/app';
    expect(loadConfig({ ...least, DATABASE_URL: url, DATABASE_DIRECT_URL: direct }).database).toMatchObject({
      url,
      directUrl: direct,
    });
  });

  it('lists several problems at once, those between fields too', () => {
    const error = refusal({
      ...least,
      API_PORT: 'x',
      LOG_LEVEL: 'loud',
      BOOKSY_AUTH_STRATEGY: 'partner_jwt',
    });
    expect(error.problems.map((each) => each.name).sort()).toEqual([
      'API_PORT',
      'BOOKSY_PARTNER_NAME',
      'BOOKSY_PARTNER_PRIVATE_KEY',
      'BOOKSY_PARTNER_UUID',
      'LOG_LEVEL',
    ]);
  });

  it('never prints the value of a secret, and does print a plain one', () => {
    const secrets = SETTING_NAMES.filter((name) => settingMeta(name).secret);
    expect(secrets).toEqual(
      expect.arrayContaining([
        'DATABASE_URL',
        'BOOKSY_API_SECRET',
        'ENCRYPTION_KEY',
        'BOOKSY_PARTNER_PRIVATE_KEY',
      ]),
    );
    const wrong = Object.fromEntries(secrets.map((name) => [name, `${'wrong-S3CRET'.repeat(60)}-${name}`]));
    const error = refusal({ ...least, ...wrong, LOG_LEVEL: 'loud' });
    expect(error.problems.map((each) => each.name)).toEqual(expect.arrayContaining(secrets));
    expect(`${error.message}${JSON.stringify(error)}${error.stack ?? ''}`).not.toContain('S3CRET');
    expect(error.message).toContain('but is "loud"');
  });

  it('reads a key whose line ends are written as \\n', () => {
    const pem = '-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----';
    const { credentials } = loadConfig({
      ...least,
      BOOKSY_AUTH_STRATEGY: 'partner_jwt',
      BOOKSY_PARTNER_NAME: 'platform',
      BOOKSY_PARTNER_UUID: '3f6d3c0e-6c1b-4c39-9a0f-6f1f3a2b9d10',
      BOOKSY_PARTNER_PRIVATE_KEY: pem,
    }).booksy;
    expect(credentials).toMatchObject({ strategy: 'partner_jwt', privateKey: pem.replaceAll('\\n', '\n') });
  });

  it.each([
    'http://127.0.0.1:4010/public-api/pl/',
    'http://localhost:1/',
    'http://[::1]:1/',
    'http://simulator:4010/',
  ])('lets plain http stay inside: %s', (url) => {
    expect(loadConfig({ ...least, BOOKSY_BASE_URL: url }).booksy.baseUrl).toBe(url);
  });
});

describe('.env.example', () => {
  const text = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');

  it('has every name of the schema and no other', () => {
    expect(Object.keys(parseEnv(text)).sort()).toEqual([...SETTING_NAMES].sort());
  });

  it('is what the schema says', () => {
    expect(text).toBe(renderEnvExample());
  });

  it('is accepted once the empty values are filled, and changes no default', () => {
    const filled = Object.entries(parseEnv(text)).filter(([, value]) => value !== '');
    expect(loadConfig({ ...least, ...Object.fromEntries(filled) })).toEqual(loadConfig(least));
  });

  it('shows examples that are accepted', () => {
    const examples = parseEnv(SETTING_NAMES.map((name) => `${name}=${settingMeta(name).example}`).join('\n'));
    expect(loadConfig(examples).booksy.authUrl).toBe('https://pl.booksy.com');
  });
});
