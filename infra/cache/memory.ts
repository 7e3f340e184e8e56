import type { CacheStore, Kept, Look, StoreStats } from './store.ts';

export interface MemoryLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

interface Entry {
  readonly text: string;
  readonly tags: readonly string[];
  readonly expiresAtMs: number;
  readonly bytes: number;
}

/** Map, set and object around a value, roughly. */
const ENTRY_OVERHEAD_BYTES = 300;
const STAMP = { run: 'memory', generations: [] } as const;

/** Values in the memory of this process: the least recently used go first when entries or bytes are too many. */
export class MemoryStore implements CacheStore {
  readonly #limits: MemoryLimits;
  readonly #now: () => number;
  /** In the order of use, oldest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #keysByTag = new Map<string, Set<string>>();
  #bytes = 0;
  #purge: NodeJS.Timeout | null = null;

  constructor(limits: MemoryLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  look(key: string): Promise<Look> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return Promise.resolve({ text: null, stamp: STAMP });
    this.#remove(key);
    if (entry.expiresAtMs <= this.#now()) return Promise.resolve({ text: null, stamp: STAMP });
    this.#add(key, entry);
    return Promise.resolve({ text: entry.text, stamp: STAMP });
  }

  keep({ key, tags, text, ttlMs }: Kept): Promise<void> {
    this.#remove(key);
    // Strings take up to two bytes a character.
    const bytes = 2 * (key.length + text.length) + ENTRY_OVERHEAD_BYTES;
    if (ttlMs <= 0 || bytes > this.#limits.maxBytes) return Promise.resolve();
    this.#add(key, { text, tags, expiresAtMs: this.#now() + ttlMs, bytes });
    while (this.#entries.size > this.#limits.maxEntries || this.#bytes > this.#limits.maxBytes) {
      const [oldest] = this.#entries.keys();
      if (oldest === undefined) break;
      this.#remove(oldest);
    }
    this.#purgeIn(ttlMs);
    return Promise.resolve();
  }

  drop(tag: string): Promise<void> {
    for (const key of this.#keysByTag.get(tag) ?? []) this.#remove(key);
    return Promise.resolve();
  }

  stats(): StoreStats {
    return { entries: this.#entries.size, bytes: this.#bytes, undelivered: 0, usable: true };
  }

  close(): Promise<void> {
    if (this.#purge !== null) clearTimeout(this.#purge);
    this.#purge = null;
    this.#entries.clear();
    this.#keysByTag.clear();
    this.#bytes = 0;
    return Promise.resolve();
  }

  #add(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    for (const tag of entry.tags) {
      const keys = this.#keysByTag.get(tag);
      if (keys === undefined) this.#keysByTag.set(tag, new Set([key]));
      else keys.add(key);
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    for (const tag of entry.tags) {
      const keys = this.#keysByTag.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) this.#keysByTag.delete(tag);
    }
  }

  /** What has ended does not stay until somebody asks for it: nobody may ever do. */
  #purgeIn(delayMs: number): void {
    if (this.#purge !== null) return;
    this.#purge = setTimeout(() => {
      this.#purge = null;
      const now = this.#now();
      let next = Infinity;
      for (const [key, entry] of [...this.#entries]) {
        if (entry.expiresAtMs <= now) this.#remove(key);
        else next = Math.min(next, entry.expiresAtMs - now);
      }
      if (next < Infinity) this.#purgeIn(next);
    }, delayMs + 1);
    this.#purge.unref();
  }
}
