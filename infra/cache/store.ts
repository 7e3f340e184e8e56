/** Where values lie. Neither method ever rejects: trouble means "nothing here", and costs a load. */
export interface CacheStore {
  /**
   * Looks for a value, and takes what is needed to keep a new one.
   * @returns `text` null = nothing usable; `stamp` null = what is loaded now must not be kept
   */
  look(key: string, tags: readonly string[]): Promise<Look>;
  /** Keeps a value unless one of its tags was dropped since `look`. `ttlMs` from now. */
  keep(value: Kept, stamp: Stamp): Promise<void>;
  /**
   * From the moment of the call on, no `look` of this process finds a value with the tag that was read before it.
   * Resolves when the same holds for every process that shares the store, or when it cannot be done now.
   * @param holdMs for so long, nothing with the tag is kept at all
   */
  drop(tag: string, holdMs: number): Promise<void>;
  stats(): StoreStats;
  close(): Promise<void>;
}

export interface Look {
  readonly text: string | null;
  readonly stamp: Stamp | null;
}

/** Which generation of each tag a load began in; opaque outside of the store that gave it. */
export interface Stamp {
  readonly run: string;
  readonly generations: readonly string[];
}

export interface Kept {
  readonly key: string;
  readonly tags: readonly string[];
  readonly text: string;
  readonly ttlMs: number;
}

export interface StoreStats {
  /** In this process's memory. */
  readonly entries: number;
  readonly bytes: number;
  /** Drops that Redis has not heard of yet. */
  readonly undelivered: number;
  /** False: Redis is away or refuses, everything is loaded from the source. */
  readonly usable: boolean;
}
