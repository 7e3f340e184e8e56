import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLogger, LogDirError, metricsLog } from '../../../infra/logger.ts';
import { isSensitiveName, maskText } from '../../../infra/logging/redact.ts';
import { RotatingFile } from '../../../infra/logging/rotating-file.ts';
import { startSampling } from '../../../infra/logging/sample.ts';

const made: string[] = [];
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'booksy-log-'));
  made.push(dir);
  return dir;
}

function capture(level: 'info' | 'trace' = 'trace') {
  const lines: string[] = [];
  const logger = createLogger(
    { level, dir: null },
    { name: 'test', destination: { write: (line) => lines.push(line) } },
  );
  const parsed = (): unknown => JSON.parse(lines.at(-1) ?? '');
  return { logger, lines, parsed };
}

const CANARY = 'canary-7f3a';

describe('redaction', () => {
  const names = [
    'password',
    'apiSecret',
    'api_secret',
    'webhookSecret',
    'adminToken',
    'authorization',
    'Set-Cookie',
    'privateKey',
    'databaseUrl',
    'givenName',
    'family_name',
    'clientName',
    'email',
    'phoneE164',
    'cell_phone',
    'birthday',
    'clientNote',
    'ipAddress',
    'userAgent',
  ];

  it.each(names)('takes the value of %s, at the top, deep inside, in lists and in bindings', (name) => {
    const { logger, lines } = capture();
    logger.info({ [name]: CANARY }, 'top');
    logger.info({ a: { b: [{ c: { d: { e: { [name]: { inner: CANARY } } } } }] } }, 'deep');
    logger.child({ [name]: CANARY }).info('binding');
    logger.child({ wrapped: { [name]: CANARY } }).info('nested binding');
    expect(lines).toHaveLength(4);
    expect(lines.join('')).not.toContain(CANARY);
    for (const line of lines) expect(line).toContain('[redacted]');
  });

  it('leaves what an operator needs', () => {
    const { logger, parsed } = capture();
    const fields = {
      businessId: 'b1',
      entity: 'visit',
      counts: { created: 3 },
      token_count: 2,
      address: 'host:7233',
    };
    logger.info(fields, 'page applied');
    expect(parsed()).toMatchObject({ ...fields, name: 'test', level: 'info', msg: 'page applied' });
  });

  it.each([
    ['token bks_AbCdEf0123456789 used', 'token bks_[redacted] used'],
    ['Authorization: Bearer abc.def.ghi-jkl', 'Authorization: Bearer [redacted]'],
    ['connect postgresql://app:hunter2@db/x', 'connect postgresql://[redacted]@db/x'],
    ['mail to zofia.żak+x@salon.example now', 'mail to [email] now'],
    ['call +48 600 000 001 now', 'call [phone] now'],
    ['GET /api/webhooks/booksy/abc123?x=1', 'GET /api/webhooks/booksy/[redacted]?x=1'],
    ['GET /x?token=abc&y=1', 'GET /x?token=[redacted]&y=1'],
    ['window 2026-03-01T10:00+01:00 kept', 'window 2026-03-01T10:00+01:00 kept'],
  ])('masks inside text: %s', (text, masked) => {
    expect(maskText(text)).toBe(masked);
    const { logger, parsed } = capture();
    logger.info(text);
    expect(parsed()).toMatchObject({ msg: masked });
  });

  it('keeps type, code and message of an error and no value it carries', () => {
    const { logger, lines, parsed } = capture();
    const cause = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: `Key (email)=(${CANARY})`,
    });
    const error = Object.assign(new Error('apply failed for a@b.example', { cause }), {
      code: 'apply_failed',
      parameters: [CANARY],
    });
    logger.error({ err: error }, 'boom');
    logger.error({ nested: { reason: error } }, 'boom');
    logger.error(error);
    expect(lines.join('')).not.toContain(CANARY);
    expect(lines.join('')).not.toContain('a@b.example');
    expect(parsed()).toMatchObject({
      err: {
        type: 'Error',
        code: 'apply_failed',
        message: 'apply failed for [email]',
        cause: { code: '23505', message: 'duplicate key' },
      },
    });
    expect(lines[0]).toContain('logger.test.ts');
  });

  it('keeps only the last line of what Prisma says, which repeats the call', () => {
    const { logger, lines } = capture();
    const error = new Error(`\nInvalid call:\n{ data: { note: "${CANARY}" } }\nUnique constraint failed`);
    error.name = 'PrismaClientKnownRequestError';
    logger.error({ err: error }, 'boom');
    expect(lines.join('')).not.toContain(CANARY);
    expect(lines.join('')).toContain('Unique constraint failed');
  });

  it('always writes one line of valid JSON, whatever is logged', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 4 }), fc.string(), (fields, text) => {
        const { logger, lines } = capture();
        logger.info({ fields, text }, `token=${text}`);
        expect(lines).toHaveLength(1);
        expect(() => void JSON.parse(lines[0] ?? '')).not.toThrow();
      }),
      { numRuns: 200 },
    );
  });

  it('is quick on a long line that holds nothing', () => {
    const before = process.cpuUsage();
    maskText('a'.repeat(200_000));
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(2000);
  });

  it('knows its names', () => {
    expect(['status', 'entity', 'tokenCount', 'serviceName', 'key'].filter(isSensitiveName)).toEqual([]);
  });
});

describe('files', () => {
  it('writes everything, errors and metrics to their own files', () => {
    const dir = tempDir();
    const lines: string[] = [];
    const logger = createLogger(
      { level: 'info', dir },
      { name: 'test', destination: { write: (line) => lines.push(line) } },
    );
    logger.info({ email: CANARY }, 'plain');
    logger.error('broken');
    logger.debug('too quiet');
    metricsLog(logger).info({ lagSeconds: 3 }, 'sample');
    logger.info('a text that says "channel":"metrics" is no metric');
    const read = (name: string) =>
      readFileSync(join(dir, name), 'utf8')
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line));
    expect(read('booksy-sync.log')).toMatchObject([{ msg: 'plain' }, { msg: 'broken' }, { level: 'info' }]);
    expect(read('booksy-errors.log')).toMatchObject([{ msg: 'broken', level: 'error' }]);
    expect(read('booksy-metrics.log')).toMatchObject([{ lagSeconds: 3 }]);
    expect(readFileSync(join(dir, 'booksy-sync.log'), 'utf8')).not.toContain(CANARY);
    expect(lines).toHaveLength(3);
  });

  it('holds a line a minute of how the process is, in a quiet log too', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const dir = tempDir();
    const lines: string[] = [];
    const logger = createLogger(
      { level: 'error', dir },
      { name: 'test', destination: { write: (line) => lines.push(line) } },
    );
    let asked = 0;
    const sampling = startSampling({
      log: metricsLog(logger),
      read: () => {
        asked += 1;
        if (asked === 2) throw new Error('for owner@salon.example');
        return { cacheHits: asked };
      },
    });
    vi.advanceTimersByTime(120_000);
    sampling.stop();
    vi.advanceTimersByTime(120_000);
    const written = readFileSync(join(dir, 'booksy-metrics.log'), 'utf8')
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    const whole = {
      channel: 'metrics',
      rssBytes: expect.any(Number) as number,
      heapBytes: expect.any(Number) as number,
      cpuShare: expect.any(Number) as number,
      loopDelayP99Ms: expect.any(Number) as number,
    };
    expect(written).toMatchObject([
      { ...whole, cacheHits: 1 },
      { ...whole, unreadable: { message: 'for [email]' } },
      { ...whole, cacheHits: 3 },
    ]);
    expect(lines).toEqual([]);
    expect(readFileSync(join(dir, 'booksy-sync.log'), 'utf8')).toBe('');
  });

  it('names the folder that cannot be written', () => {
    const file = join(tempDir(), 'taken');
    writeFileSync(file, '');
    expect(() => createLogger({ level: 'info', dir: join(file, 'logs') }, { name: 'test' })).toThrow(
      LogDirError,
    );
    expect(() => createLogger({ level: 'info', dir: join(file, 'logs') }, { name: 'test' })).toThrow(
      /set LOG_DIR/,
    );
  });

  it('rotates, keeps as many as asked, and loses no line of two writers', () => {
    const dir = tempDir();
    const options = { dir, base: 'x', maxBytes: 200, keep: 40 };
    const writers = [new RotatingFile(options), new RotatingFile(options)];
    for (let line = 0; line < 60; line += 1) writers[line % 2]?.write(`line ${line} ${'.'.repeat(40)}\n`);
    const files = readdirSync(dir);
    expect(files.length).toBeGreaterThan(3);
    expect(files).toContain('x.log');
    expect(files.filter((name) => name.endsWith('.lock'))).toEqual([]);
    const all = files.map((name) => readFileSync(join(dir, name), 'utf8')).join('');
    for (let line = 0; line < 60; line += 1) expect(all).toContain(`line ${line} `);
    for (const writer of writers) writer.end();
  });

  it('puts a file aside after its time, and deletes what is too old or too many', () => {
    const dir = tempDir();
    const options = { dir, base: 'x', maxBytes: 1_000, keep: 5 };
    for (const [name, age] of [
      ['x.3.log', 10],
      ['x.4.log', 1],
      ['x.9.log', 1],
      ['xy.9.log', 10],
      ['x.old.log', 10],
    ] as const) {
      writeFileSync(join(dir, name), name);
      const at = Date.now() / 1000 - age * 86_400;
      utimesSync(join(dir, name), at, at);
    }
    let aheadMs = 0;
    const file = new RotatingFile({
      ...options,
      maxSpanMs: 3_600_000,
      maxAgeMs: 5 * 86_400_000,
      now: () => Date.now() + aheadMs,
    });
    expect(readdirSync(dir).sort()).toEqual(['x.4.log', 'x.log', 'x.old.log', 'xy.9.log']);
    file.write('first\n');
    aheadMs = 3_500_000;
    file.write('second\n');
    expect(readdirSync(dir)).not.toContain('x.1.log');
    aheadMs = 3_700_000;
    file.write('third\n');
    expect(readFileSync(join(dir, 'x.1.log'), 'utf8')).toBe('first\nsecond\n');
    expect(readFileSync(join(dir, 'x.log'), 'utf8')).toBe('third\n');
    aheadMs = 6 * 86_400_000;
    file.write('fourth\n');
    file.end();
    expect(readdirSync(dir).filter((name) => name.startsWith('x.'))).not.toContain('x.2.log');
    expect(readFileSync(join(dir, 'x.log'), 'utf8')).toBe('fourth\n');
  });

  it('takes size and number from the configuration', () => {
    const dir = tempDir();
    const files = { maxBytes: 400, kept: 2, maxAgeDays: 1 };
    const quiet = { write: () => undefined };
    const logger = createLogger({ level: 'info', dir, files }, { name: 'test', destination: quiet });
    for (let line = 0; line < 40; line += 1) logger.info({ line }, '.'.repeat(60));
    expect(
      readdirSync(dir)
        .filter((name) => name.startsWith('booksy-sync'))
        .sort(),
    ).toEqual(['booksy-sync.1.log', 'booksy-sync.2.log', 'booksy-sync.log']);
  });

  it('throws away the oldest file', () => {
    const dir = tempDir();
    const file = new RotatingFile({ dir, base: 'x', maxBytes: 20, keep: 2 });
    for (const text of ['first', 'second', 'third', 'fourth', 'fifth']) file.write(`${text.padEnd(25)}\n`);
    file.end();
    expect(readdirSync(dir).sort()).toEqual(['x.1.log', 'x.2.log', 'x.log']);
    expect(readdirSync(dir).map((name) => readFileSync(join(dir, name), 'utf8').trim())).not.toContain(
      'first',
    );
    expect(statSync(join(dir, 'x.log')).size).toBeLessThan(60);
  });
});
