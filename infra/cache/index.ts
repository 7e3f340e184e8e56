/**
 * A cache for what other systems were read to say (SPEC 1.4), in memory or in Redis.
 *
 * It may only ever cost time. After `drop(tag)` was called nothing with that tag that was read before the call comes
 * out any more, and where the store is away, refuses or holds something strange, the source is asked. `get` fails only
 * where `load` does. See redis.ts for what other processes may see while Redis cannot be reached.
 *
 * Values are JSON; keys and tags hold ids, never a personal value.
 */
import type { Vault } from '../crypto.ts';
import { MemoryStore, type MemoryLimits } from './memory.ts';
import { RedisStore, type CacheTrouble, type RedisTimes } from './redis.ts';
import type { CacheStore, Look, StoreStats } from './store.ts';

export type { CacheTrouble } from './redis.ts';

/** No value lives longer: whoever cannot deliver a drop waits this long before it trusts the store again. */
export const MAX_TTL_MS = 600_000;
const DEFAULT_LIMITS: MemoryLimits = { maxEntries: 5_000, maxBytes: 32 * 1024 * 1024 };
const MAX_VALUE_CHARACTERS = 1024 * 1024;

export interface CacheRead<T> {
  /** How long the value counts, from the moment its load began. At most {@link MAX_TTL_MS}. */
  readonly ttlMs: number;
  /** What a change must drop to get rid of it. */
  readonly tags: readonly string[];
  /** Asks the source. Several callers that ask for one key at the same time share one load. */
  readonly load: () => Promise<T>;
  /** Checks what comes out. What it throws at is not there: it was written by another version, or is damaged. */
  readonly parse: (value: unknown) => T;
  /** Ends this caller's wait; others that wait for the same load are not hurt. */
  readonly signal?: AbortSignal | undefined;
}

export interface CacheStats extends StoreStats {
  readonly hits: number;
  readonly loads: number;
  readonly drops: number;
}

export interface Cache {
  /** @throws what `load` throws, or the signal's reason */
  get<T>(key: string, read: CacheRead<T>): Promise<T>;
  /**
   * Forgets everything with the tag. It counts from the call on in this process; awaiting it makes it count for all
   * processes, where the store can be reached. Never rejects.
   * @param options.holdMs nothing with the tag is kept for so long: for a change that may still be on its way
   */
  drop(tag: string, options?: { readonly holdMs?: number }): Promise<void>;
  stats(): CacheStats;
  close(): Promise<void>;
}

export interface CacheOptions {
  /** Null: in memory. */
  readonly redisUrl: string | null;
  /** Seals what goes to Redis. */
  readonly vault: Pick<Vault, 'seal' | 'open'>;
  /** Told once when Redis goes away or refuses, and once when it is back. */
  readonly onTrouble?: (trouble: CacheTrouble) => void;
  readonly limits?: Partial<MemoryLimits>;
  readonly redis?: Partial<RedisTimes> & { readonly ca?: string };
  /** For tests: monotonic milliseconds. */
  readonly now?: () => number;
}

/** Opens the cache; Redis is connected in the background. */
export function createCache(options: CacheOptions): Cache {
  const now = options.now ?? (() => performance.now());
  const store =
    options.redisUrl === null
      ? new MemoryStore({ ...DEFAULT_LIMITS, ...options.limits }, now)
      : new RedisStore({
          url: options.redisUrl,
          vault: options.vault,
          now,
          maxTtlMs: MAX_TTL_MS,
          onTrouble: options.onTrouble ?? (() => undefined),
          ...options.redis,
        });
  return new StoredCache(store, now);
}

/** A load under way. `text` is the value as JSON. */
interface Flight {
  readonly tags: readonly string[];
  readonly signal: AbortSignal | undefined;
  readonly text: Promise<string>;
  dropped: boolean;
}

class StoredCache implements Cache {
  readonly #store: CacheStore;
  readonly #now: () => number;
  readonly #flights = new Map<string, Flight>();
  /** Until when nothing with a tag is kept. In every process: Redis may lose its own note of it. */
  readonly #heldUntil = new Map<string, number>();
  #hits = 0;
  #loads = 0;
  #drops = 0;

  constructor(store: CacheStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  async get<T>(key: string, read: CacheRead<T>): Promise<T> {
    for (;;) {
      read.signal?.throwIfAborted();
      const flight = this.#flights.get(key);
      if (flight === undefined) return this.#lead(key, read);
      let text: string;
      try {
        text = await unlessAborted(flight.text, read.signal);
      } catch (error) {
        // The one who asked first has left. That is not our failure: ask again.
        if (flight.signal?.aborted === true && read.signal?.aborted !== true) continue;
        throw error;
      }
      const found = parsed(text, read.parse);
      return found === null ? read.load() : found.value;
    }
  }

  async drop(tag: string, { holdMs = 0 }: { readonly holdMs?: number } = {}): Promise<void> {
    this.#drops += 1;
    const now = this.#now();
    for (const [held, until] of this.#heldUntil) if (until <= now) this.#heldUntil.delete(held);
    if (holdMs > 0) this.#heldUntil.set(tag, Math.max(this.#heldUntil.get(tag) ?? 0, now + holdMs));
    // What is being loaded now may have been read before the change: it reaches those who asked before, nobody else.
    for (const [key, flight] of this.#flights) {
      if (!flight.tags.includes(tag)) continue;
      flight.dropped = true;
      this.#flights.delete(key);
    }
    await this.#store.drop(tag, holdMs);
  }

  stats(): CacheStats {
    return { ...this.#store.stats(), hits: this.#hits, loads: this.#loads, drops: this.#drops };
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #lead<T>(key: string, read: CacheRead<T>): Promise<T> {
    let land: (text: string) => void = () => undefined;
    let fail: (error: unknown) => void = () => undefined;
    const text = new Promise<string>((resolve, reject) => {
      land = resolve;
      fail = reject;
    });
    // Without a second caller nobody listens.
    text.catch(() => undefined);
    const flight: Flight = { tags: read.tags, signal: read.signal, text, dropped: false };
    this.#flights.set(key, flight);
    try {
      return await this.#answer(key, read, flight, land);
    } catch (error) {
      fail(error);
      throw error;
    } finally {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    }
  }

  async #answer<T>(
    key: string,
    read: CacheRead<T>,
    flight: Flight,
    land: (text: string) => void,
  ): Promise<T> {
    const held = read.tags.some((tag) => (this.#heldUntil.get(tag) ?? 0) > this.#now());
    const look: Look = held ? { text: null, stamp: null } : await this.#store.look(key, read.tags);
    const found = look.text === null ? null : parsed(look.text, read.parse);
    if (found !== null && look.text !== null) {
      this.#hits += 1;
      land(look.text);
      return found.value;
    }
    read.signal?.throwIfAborted();
    this.#loads += 1;
    const startedAtMs = this.#now();
    const value = await read.load();
    const text = JSON.stringify(value);
    land(text);
    const ttlMs = Math.floor(Math.min(read.ttlMs, MAX_TTL_MS) - (this.#now() - startedAtMs));
    if (look.stamp !== null && !flight.dropped && ttlMs > 0 && text.length <= MAX_VALUE_CHARACTERS) {
      await this.#store.keep({ key, tags: read.tags, text, ttlMs }, look.stamp);
    }
    return value;
  }
}

function parsed<T>(text: string, parse: (value: unknown) => T): { readonly value: T } | null {
  try {
    return { value: parse(JSON.parse(text)) };
  } catch {
    return null;
  }
}

/** The promise's outcome, or the signal's reason as soon as it is aborted. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let leave: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    leave = () => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('The wait was cancelled.'));
    };
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
