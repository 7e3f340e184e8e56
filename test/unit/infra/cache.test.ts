import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createCache, MAX_TTL_MS, type Cache, type CacheOptions } from '../../../infra/cache/index.ts';
import { createVault } from '../../../infra/crypto.ts';

const vault = createVault({ key: Buffer.alloc(32, 1), keyId: 'k' });
const isNumber = (value: unknown) => {
  if (typeof value !== 'number') throw new TypeError('not a number');
  return value;
};

function memory(options: Partial<CacheOptions> = {}) {
  let nowMs = 1_000_000;
  const cache = createCache({ redisUrl: null, vault, now: () => nowMs, ...options });
  onTestFinished(() => cache.close());
  return {
    cache,
    later: (ms: number) => {
      nowMs += ms;
    },
  };
}

/** A source that counts up and may be held. */
function source() {
  let value = 0;
  let gate: Promise<void> = Promise.resolve();
  let open: () => void = () => undefined;
  return {
    loads: () => value,
    hold() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release: () => open(),
    load: async () => {
      value += 1;
      const mine = value;
      await gate;
      return mine;
    },
  };
}

function read(cache: Cache, from: { load: () => Promise<number> }, key = 'k', tags = ['t'], ttlMs = 1_000) {
  return cache.get(key, { ttlMs, tags, load: from.load, parse: isNumber });
}

describe('a cache in memory', () => {
  it('keeps a value for its time, counted from when its load began', async () => {
    const { cache, later } = memory();
    const from = source();
    from.hold();
    const first = read(cache, from);
    await vi.waitFor(() => expect(from.loads()).toBe(1));
    later(400);
    from.release();
    expect(await first).toBe(1);
    later(599);
    expect(await read(cache, from)).toBe(1);
    later(1);
    expect(await read(cache, from)).toBe(2);
    expect(cache.stats()).toMatchObject({ hits: 1, loads: 2, entries: 1 });
  });

  it('shares one load between those who ask at the same time, and asks again after a failure', async () => {
    const { cache } = memory();
    const load = vi.fn(() => Promise.reject(new Error('away')));
    const asks = Array.from({ length: 5 }, () =>
      cache.get('k', { ttlMs: 9, tags: [], load, parse: isNumber }),
    );
    for (const result of await Promise.allSettled(asks)) expect(result.status).toBe('rejected');
    expect(load).toHaveBeenCalledTimes(1);
    const from = source();
    from.hold();
    const both = [read(cache, from), read(cache, from)];
    from.release();
    expect(await Promise.all(both)).toEqual([1, 1]);
  });

  it('does not let one caller who leaves fail the others', async () => {
    const { cache } = memory();
    const leaving = new AbortController();
    const from = source();
    const untilLeft = () =>
      new Promise<number>((_resolve, reject) => {
        leaving.signal.addEventListener('abort', () => reject(new Error('left')));
      });
    const common = { ttlMs: 1_000, tags: ['t'], parse: isNumber };
    const first = cache.get('k', { ...common, load: untilLeft, signal: leaving.signal });
    const others = [1, 2, 3].map(() => cache.get('k', { ...common, load: from.load }));
    await vi.waitFor(() => expect(cache.stats().loads).toBe(1));
    leaving.abort();
    await expect(first).rejects.toThrow('left');
    expect(await Promise.all(others)).toEqual([1, 1, 1]);
    expect(from.loads()).toBe(1);
    await expect(cache.get('k', { ...common, load: from.load, signal: leaving.signal })).rejects.toThrow();
  });

  it('lets a caller leave while the load goes on for the others', async () => {
    const { cache } = memory();
    const from = source();
    from.hold();
    const first = read(cache, from);
    const leaving = new AbortController();
    const second = cache.get('k', {
      ttlMs: 1_000,
      tags: ['t'],
      load: from.load,
      parse: isNumber,
      signal: leaving.signal,
    });
    leaving.abort(new Error('left'));
    await expect(second).rejects.toThrow('left');
    from.release();
    expect(await first).toBe(1);
  });

  it('forgets what carries a dropped tag, and nothing else', async () => {
    const { cache } = memory();
    const from = source();
    await read(cache, from, 'a', ['x', 'y']);
    await read(cache, from, 'b', ['y']);
    await read(cache, from, 'c', ['z']);
    await cache.drop('x');
    expect(await read(cache, from, 'a', ['x', 'y'])).toBe(4);
    expect(await read(cache, from, 'b', ['y'])).toBe(2);
    await cache.drop('y');
    expect(await read(cache, from, 'a', ['x', 'y'])).toBe(5);
    expect(await read(cache, from, 'b', ['y'])).toBe(6);
    expect(await read(cache, from, 'c', ['z'])).toBe(3);
  });

  it('neither keeps nor hands on what was being loaded when its tag was dropped', async () => {
    const { cache } = memory();
    const from = source();
    from.hold();
    const before = read(cache, from);
    const dropped = cache.drop('t');
    const after = read(cache, from);
    from.release();
    expect(await before).toBe(1);
    expect(await after).toBe(2);
    await dropped;
    expect(await read(cache, from)).toBe(2);
    expect(from.loads()).toBe(2);
  });

  it('keeps nothing with a tag that is held back', async () => {
    const { cache, later } = memory();
    const from = source();
    await cache.drop('t', { holdMs: 150 });
    expect([await read(cache, from), await read(cache, from)]).toEqual([1, 2]);
    await cache.drop('t');
    later(149);
    expect(await read(cache, from)).toBe(3);
    expect(cache.stats().entries).toBe(0);
    later(1);
    expect([await read(cache, from), await read(cache, from)]).toEqual([4, 4]);
  });

  it('takes for missing what its reader does not understand', async () => {
    const { cache } = memory();
    const text = { ttlMs: 1_000, tags: ['t'], load: () => Promise.resolve('text'), parse: String };
    expect(await cache.get('k', text)).toBe('text');
    expect(await read(cache, source())).toBe(1);
    expect(await read(cache, source())).toBe(1);
  });

  it('gives everybody a value of their own', async () => {
    const { cache } = memory();
    const list = (value: unknown) => {
      if (!Array.isArray(value)) throw new TypeError('not a list');
      return value.map(isNumber);
    };
    const ask = () =>
      cache.get('k', { ttlMs: 1_000, tags: [], load: () => Promise.resolve([1]), parse: list });
    await ask();
    (await ask()).push(2);
    expect(await ask()).toEqual([1]);
  });

  it('is bounded by entries and by bytes; the least used go first', async () => {
    const { cache } = memory({ limits: { maxEntries: 3, maxBytes: 100_000 } });
    const from = source();
    for (const key of ['a', 'b', 'c']) await read(cache, from, key);
    await read(cache, from, 'a');
    await read(cache, from, 'd');
    expect(cache.stats().entries).toBe(3);
    expect(await read(cache, from, 'a')).toBe(1);
    expect(await read(cache, from, 'b')).toBe(5);
    for (let n = 0; n < 50; n += 1) {
      await cache.get(`large ${n}`, {
        ttlMs: 1_000,
        tags: [`tag ${n}`],
        load: () => Promise.resolve('x'.repeat(20_000)),
        parse: String,
      });
      expect(cache.stats().bytes).toBeLessThanOrEqual(100_000);
    }
    expect(cache.stats().entries).toBe(2);
  });

  it('does not keep what is too large, nor anything longer than it may', async () => {
    const { cache, later } = memory();
    const large = { ttlMs: 1_000, tags: [], load: () => Promise.resolve('x'.repeat(2 ** 20)), parse: String };
    await cache.get('large', large);
    expect(cache.stats().entries).toBe(0);
    const from = source();
    await read(cache, from, 'long', ['t'], 10 * MAX_TTL_MS);
    later(MAX_TTL_MS);
    expect(await read(cache, from, 'long')).toBe(2);
  });

  it('lets go of what has ended although nobody asks again', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { cache, later } = memory();
    await read(cache, source(), 'short', ['t'], 100);
    await read(cache, source(), 'long', ['t'], 500);
    later(150);
    vi.advanceTimersByTime(150);
    expect(cache.stats().entries).toBe(1);
    later(400);
    vi.advanceTimersByTime(400);
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0 });
  });
});
