import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createCache, type Cache, type CacheOptions, type CacheTrouble } from '../../../infra/cache/index.ts';
import { createVault } from '../../../infra/crypto.ts';
import { selfSignedCertificate } from '../../support/certificate.ts';
import { eventually } from '../../support/eventually.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { startTlsFront } from '../../support/tls-front.ts';

const vault = createVault({ key: Buffer.alloc(32, 1), keyId: 'k' });
const isNumber = (value: unknown) => {
  if (typeof value !== 'number') throw new TypeError('not a number');
  return value;
};

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(() => redis.command('FLUSHALL'));

/** A cache as one process has it. */
function processOf(url: string = redis.url, options: Partial<CacheOptions> = {}) {
  const troubles: CacheTrouble['state'][] = [];
  const cache = createCache({
    redisUrl: url,
    vault,
    onTrouble: ({ state }) => troubles.push(state),
    redis: { retryMs: 200, ...options.redis },
    ...options,
  });
  onTestFinished(() => cache.close());
  return { cache, troubles };
}

/** What another system says: a number that changes. Counts how often it was asked. */
function source(value = 1) {
  const self = { value, loads: 0, load: () => Promise.resolve(0) };
  self.load = () => {
    self.loads += 1;
    return Promise.resolve(self.value);
  };
  return self;
}

function read(cache: Cache, load: () => Promise<number>, key = 'k', tags = ['t'], ttlMs = 60_000) {
  return cache.get(key, { ttlMs, tags, load, parse: isNumber });
}

/** Connected, and all that was dropped meanwhile is delivered. */
function isBack(cache: Cache): boolean {
  const { usable, undelivered } = cache.stats();
  return usable && undelivered === 0;
}

async function keysOf(pattern: string): Promise<string[]> {
  const keys = await redis.command('KEYS', pattern);
  return Array.isArray(keys) ? keys.map(String) : [];
}

async function throughProxy() {
  const proxy = await startTcpProxy(redis.port);
  onTestFinished(() => proxy.close());
  return { proxy, url: `redis://127.0.0.1:${proxy.port}` };
}

describe('a cache in Redis', () => {
  it('is shared by all processes', async () => {
    const [one, two] = [processOf().cache, processOf().cache];
    const from = source();
    expect(await read(one, from.load)).toBe(1);
    from.value = 2;
    expect([await read(two, from.load), await read(one, from.load)]).toEqual([1, 1]);
    expect(from.loads).toBe(1);
    await two.drop('t');
    expect([await read(one, from.load), await read(two, from.load)]).toEqual([2, 2]);
    expect(from.loads).toBe(2);
  });

  it('lets a value end', async () => {
    const { cache } = processOf();
    const from = source();
    await read(cache, from.load, 'k', ['t'], 150);
    from.value = 2;
    await eventually(async () => (await read(cache, from.load, 'k', ['t'], 150)) === 2);
    const left = Number(await redis.command('PTTL', (await keysOf('*:v1:k'))[0] ?? ''));
    expect(left).toBeLessThanOrEqual(150);
  });

  it('keeps nothing that was being read when another process dropped it', async () => {
    const [one, two] = [processOf().cache, processOf().cache];
    const from = source();
    let release: () => void = () => undefined;
    let begun = false;
    const slow = read(one, async () => {
      const seen = from.value;
      begun = true;
      await new Promise<void>((resolve) => (release = resolve));
      return seen;
    });
    await eventually(() => begun);
    from.value = 2;
    await two.drop('t');
    release();
    expect(await slow).toBe(1);
    expect(await keysOf('*:v1:*')).toEqual([]);
    expect([await read(one, from.load), await read(two, from.load)]).toEqual([2, 2]);
  });

  it('drops by any of a value’s tags, and removes the value itself', async () => {
    const { cache } = processOf();
    const from = source();
    await read(cache, from.load, 'a', ['x', 'y']);
    await read(cache, from.load, 'b', ['y']);
    expect((await keysOf('*:v1:*')).length).toBe(2);
    await cache.drop('x');
    expect(await keysOf('*:v1:*')).toMatchObject([expect.stringMatching(/:v1:b$/)]);
    await cache.drop('y');
    expect(await keysOf('*:v1:*')).toEqual([]);
  });

  it('holds a tag back in all processes', async () => {
    const [one, two] = [processOf().cache, processOf().cache];
    const from = source();
    await one.drop('t', { holdMs: 400 });
    expect([await read(two, from.load), await read(two, from.load), from.loads]).toEqual([1, 1, 2]);
    await two.drop('t');
    await read(two, from.load);
    expect(await keysOf('*:v1:*')).toEqual([]);
    await eventually(async () => (await read(two, from.load), (await keysOf('*:v1:*')).length === 1));
  });

  it('shows nothing in clear, and takes nothing that was moved, changed or meant for another reader', async () => {
    const { cache } = processOf();
    const words = (key: string, load: () => Promise<string>) =>
      cache.get(key, { ttlMs: 60_000, tags: ['t'], load, parse: String });
    await words('a', () => Promise.resolve('haircut'));
    await words('b', () => Promise.resolve('manicure'));
    const [a = '', b = ''] = (await keysOf('*:v1:*')).sort();
    const sealed = String(await redis.command('GET', a));
    expect(Buffer.from(sealed, 'base64').includes('haircut')).toBe(false);
    await redis.command('SET', b, sealed, 'PX', '60000');
    expect(await words('b', () => Promise.resolve('asked again'))).toBe('asked again');
    await redis.command('SETRANGE', a, '40', '!!!!');
    expect(await words('a', () => Promise.resolve('asked again'))).toBe('asked again');
    expect(await read(cache, source(7).load, 'a')).toBe(7);
    const stranger = processOf(redis.url, { vault: createVault({ key: Buffer.alloc(32, 2), keyId: 'k' }) });
    expect(await read(stranger.cache, source(8).load, 'a')).toBe(8);
    expect(stranger.troubles).toEqual([]);
  });

  it('does not believe a value whose generation Redis has thrown away', async () => {
    const { cache } = processOf();
    const from = source();
    await read(cache, from.load);
    await redis.command('DEL', ...(await keysOf('*:g:*')));
    from.value = 2;
    expect(await read(cache, from.load)).toBe(2);
  });

  it('does not collect what has ended', async () => {
    const { cache } = processOf();
    const from = source();
    for (let n = 0; n < 50; n += 1) await read(cache, from.load, `short ${n}`, ['t'], 30);
    await eventually(async () => (await keysOf('*:v1:*')).length === 0);
    await read(cache, from.load, 'long');
    expect(await redis.command('ZCARD', (await keysOf('*:k:t'))[0] ?? '')).toBe(1);
    for (const key of await keysOf('*')) expect(Number(await redis.command('PTTL', key))).toBeGreaterThan(0);
  });
});

describe('while Redis is in trouble', () => {
  it('everything is read at the source, nothing fails, it is said once; back, it is used again', async () => {
    const [one, two] = [processOf(), processOf()];
    const from = source();
    const floor = { value: 1 };
    let going = true;
    let reads = 0;
    /** Reads without a pause; after a drop of its own process is done, nothing older may come. */
    const reading = [one, two].map(async ({ cache }, index) => {
      while (going) {
        const least = index === 0 ? floor.value : 0;
        expect(await read(cache, from.load)).toBeGreaterThanOrEqual(least);
        reads += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const change = async () => {
      from.value += 1;
      const changed = from.value;
      await one.cache.drop('t');
      floor.value = changed;
    };
    try {
      for (let round = 0; round < 3; round += 1) {
        for (let n = 0; n < 20; n += 1) await change();
        await redis.kill();
        for (let n = 0; n < 20; n += 1) await change();
        await eventually(() => !one.cache.stats().usable && !two.cache.stats().usable);
        for (let n = 0; n < 20; n += 1) await change();
        await redis.start();
        for (let n = 0; n < 20; n += 1) await change();
        await eventually(() => [one, two].every(({ cache }) => isBack(cache)));
        const loads = from.loads;
        const before = reads;
        await eventually(() => reads > before + 50);
        expect(from.loads - loads).toBeLessThan(10);
      }
    } finally {
      going = false;
    }
    await Promise.all(reading);
    expect(one.troubles).toEqual(['away', 'back', 'away', 'back', 'away', 'back']);
    expect(two.troubles).toEqual(one.troubles);
    expect([await read(one.cache, from.load), await read(two.cache, from.load)]).toEqual([
      from.value,
      from.value,
    ]);
  });

  it('what is dropped by the one who cannot reach it never comes back to him, and goes for all once he can', async () => {
    const { proxy, url } = await throughProxy();
    const [cutOff, other] = [processOf(url), processOf()];
    const from = source();
    expect(await read(cutOff.cache, from.load)).toBe(1);
    proxy.cut();
    await eventually(() => !cutOff.cache.stats().usable);
    from.value = 2;
    await cutOff.cache.drop('t');
    expect(cutOff.cache.stats().undelivered).toBe(1);
    expect(await read(cutOff.cache, from.load)).toBe(2);
    // What the other may see until then, and no longer than the value lives: see infra/cache/redis.ts.
    expect(await read(other.cache, from.load)).toBe(1);
    proxy.thaw();
    await eventually(async () => {
      expect(await read(cutOff.cache, from.load)).toBe(2);
      return cutOff.cache.stats().usable;
    });
    expect(await read(cutOff.cache, from.load)).toBe(2);
    await eventually(() => cutOff.cache.stats().undelivered === 0);
    expect(await read(other.cache, from.load)).toBe(2);
  });

  it('a server that came back with an older copy begins empty', async () => {
    const [one, two] = [processOf(), processOf()];
    const from = source();
    await read(one.cache, from.load);
    await redis.command('SAVE');
    from.value = 2;
    await one.cache.drop('t');
    await redis.kill();
    await redis.start();
    // The old value is there again, and so is the generation that it was kept under.
    expect((await keysOf('*:v1:k')).length).toBe(1);
    await eventually(() => one.cache.stats().usable && two.cache.stats().usable);
    expect([await read(two.cache, from.load), await read(one.cache, from.load)]).toEqual([2, 2]);
  });

  it('one that takes questions and never answers costs one wait, and no heap of connections', async () => {
    const { proxy, url } = await throughProxy();
    const { cache, troubles } = processOf(url, {
      redis: { retryMs: 200, connectTimeoutMs: 300, commandTimeoutMs: 300 },
    });
    const from = source();
    await read(cache, from.load);
    proxy.freeze();
    const started = performance.now();
    const many = await Promise.all(
      Array.from({ length: 500 }, (_each, n) => read(cache, from.load, `key ${n}`)),
    );
    expect(many.every((value) => value === 1)).toBe(true);
    for (let n = 0; n < 200; n += 1) await read(cache, from.load, `key ${n}`);
    // A wait for each of the last two hundred would be a minute.
    expect(performance.now() - started).toBeLessThan(40_000);
    const before = proxy.connections();
    await eventually(() => proxy.connections() > before + 2);
    expect(troubles).toEqual(['away']);
    proxy.thaw();
    await eventually(() => cache.stats().usable);
    const loads = from.loads;
    await read(cache, from.load, 'key 1');
    await read(cache, from.load, 'key 1');
    expect(from.loads - loads).toBeLessThanOrEqual(1);
    expect(troubles).toEqual(['away', 'back']);
  });

  it('one that has no memory left keeps nothing, forgets all the same, and is said once', async () => {
    const { cache, troubles } = processOf();
    const from = source();
    await read(cache, from.load);
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    onTestFinished(() => redis.command('CONFIG', 'SET', 'maxmemory', '0').then(() => undefined));
    expect(await read(cache, from.load)).toBe(1);
    for (let n = 0; n < 5; n += 1) {
      from.value += 1;
      await cache.drop('t');
      expect(await read(cache, from.load)).toBe(from.value);
    }
    expect(troubles).toEqual(['refusing']);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await read(cache, from.load);
    const loads = from.loads;
    expect(await read(cache, from.load)).toBe(from.value);
    expect(from.loads).toBe(loads);
    expect(troubles).toEqual(['refusing', 'back']);
  });

  it('is bounded in what it remembers, and still brings nothing old back', async () => {
    const { proxy, url } = await throughProxy();
    const { cache } = processOf(url);
    const from = source();
    await read(cache, from.load, 'k', ['tag 3']);
    proxy.cut();
    await eventually(() => !cache.stats().usable);
    from.value = 2;
    for (let n = 0; n < 12_000; n += 1) await cache.drop(`tag ${n}`);
    expect(cache.stats().undelivered).toBeLessThanOrEqual(10_000);
    proxy.thaw();
    await eventually(() => cache.stats().usable, { timeoutMs: 30_000 });
    expect(await read(cache, from.load, 'k', ['tag 3'])).toBe(2);
  });

  it('a Redis that was never there is told once and costs nothing', async () => {
    const { cache, troubles } = processOf('redis://127.0.0.1:1');
    const from = source();
    for (let n = 0; n < 50; n += 1) await read(cache, from.load);
    await cache.drop('t');
    expect([from.loads, troubles]).toEqual([50, ['away']]);
  });
});

describe('rediss://', () => {
  it('is used with a certificate that can be verified, and with no other', async () => {
    const certificate = selfSignedCertificate();
    const front = await startTlsFront(redis.port, certificate);
    const url = `rediss://127.0.0.1:${front.port}`;
    const known = processOf(url, { redis: { ca: certificate.cert } });
    const from = source();
    await read(known.cache, from.load);
    await read(known.cache, from.load);
    expect([from.loads, known.troubles]).toEqual([1, []]);
    const errors: unknown[] = [];
    const unknown = createCache({ redisUrl: url, vault, onTrouble: ({ err }) => errors.push(err) });
    onTestFinished(() => unknown.close());
    expect(await read(unknown, source(5).load)).toBe(5);
    expect(errors).toMatchObject([{ code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO_VERIFY/) as string }]);
    await unknown.close();
    await known.cache.close();
    await front.close();
  });
});
