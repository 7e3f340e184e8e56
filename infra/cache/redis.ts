/**
 * Values in Redis, shared by all processes. Redis may go away at any moment: then everything is loaded from the source
 * until it is back, and no value that was dropped meanwhile is seen again.
 *
 * What makes that hold:
 * - A load that began before a drop keeps nothing, in whatever process it runs (redis-scripts.ts).
 * - A drop vetoes its tag in this process from the call on, until Redis has confirmed it or no value from before can be
 *   left. After an outage the vetoed drops are delivered before anything is read.
 * - Everything lies under the id of the running server. One that restarted from an older copy, or a replica that took
 *   over, begins empty: it may have forgotten drops.
 *
 * What remains: while *this* process cannot reach Redis and *another* one can, the other may see what was dropped here
 * until the drop arrives, or the value ends (5 minutes at most). Cached reads are hints for people and for offers;
 * nothing is decided on them alone: the engine reads Booksy itself (R1), and held time is refused by the database.
 */
import { randomBytes } from 'node:crypto';
import { ErrorReply } from 'redis';
import { vaultContext, type Vault } from '../crypto.ts';
import { LineDown, RedisLine, type RedisTimes } from './redis-line.ts';
import { DROP, KEEP, LOOK } from './redis-scripts.ts';
import type { CacheStore, Kept, Look, Stamp, StoreStats } from './store.ts';

export type { RedisTimes } from './redis-line.ts';

/** `refusing`: it answers, but not with what was asked (no memory, no right, a read-only replica). */
export interface CacheTrouble {
  readonly state: 'away' | 'refusing' | 'back';
  readonly err?: unknown;
}

export interface RedisStoreOptions extends Partial<RedisTimes> {
  readonly url: string;
  readonly vault: Pick<Vault, 'seal' | 'open'>;
  readonly now: () => number;
  readonly maxTtlMs: number;
  readonly onTrouble: (trouble: CacheTrouble) => void;
  readonly ca?: string;
}

/** Raise it when the form of what is kept changes: other versions' values are then not seen. */
const VERSION = 1;
/** Generations outlive every value; a new one after an hour costs one load. */
const GENERATION_TTL_MS = 3_600_000;
/** Beyond that many undelivered drops all tags are vetoed together. */
const MAX_VETOES = 10_000;
const REDELIVER_MS = 1_000;
const DELIVER_AT_ONCE = 200;
const NOTHING: Look = { text: null, stamp: null };

interface Veto {
  readonly untilMs: number;
  readonly holdUntilMs: number;
}

export class RedisStore implements CacheStore {
  readonly #options: RedisStoreOptions;
  readonly #line: RedisLine;
  readonly #vetoes = new Map<string, Veto>();
  #vetoAllUntilMs = 0;
  #redeliver: NodeJS.Timeout | null = null;
  #state: 'unknown' | 'good' | 'away' | 'refusing' = 'unknown';

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    this.#line = new RedisLine({
      url: options.url,
      ca: options.ca,
      connectTimeoutMs: options.connectTimeoutMs ?? 1_000,
      commandTimeoutMs: options.commandTimeoutMs ?? 1_000,
      retryMs: options.retryMs ?? 2_000,
      onUp: async () => {
        await this.#deliver();
        if (this.#state !== 'refusing') this.#turn('good');
      },
      onDown: (error) => {
        this.#turn('away', error);
      },
    });
  }

  async look(key: string, tags: readonly string[]): Promise<Look> {
    if (this.#line.run === null) await this.#line.first;
    const run = this.#line.run;
    if (run === null || this.#isVetoed(tags)) return NOTHING;
    const answer = await this.#ask(LOOK, [
      [
        valueKey(run, key),
        ...tags.map((tag) => tagKey(run, 'g', tag)),
        ...tags.map((tag) => tagKey(run, 'h', tag)),
      ],
      [randomBytes(12).toString('base64url'), String(GENERATION_TTL_MS)],
    ]);
    if (!Array.isArray(answer) || !answer.every((each) => typeof each === 'string')) return NOTHING;
    const generations = answer.slice(0, tags.length);
    const sealed = answer[tags.length];
    return {
      text: sealed === undefined ? null : this.#open(key, sealed, generations),
      stamp: generations.length === tags.length ? { run, generations } : null,
    };
  }

  async keep({ key, tags, text, ttlMs }: Kept, { run, generations }: Stamp): Promise<void> {
    if (this.#line.run !== run || this.#isVetoed(tags)) return;
    const sealed = this.#options.vault.seal(JSON.stringify([generations, text]), sealContext(key));
    await this.#ask(KEEP, [
      [
        valueKey(run, key),
        ...tags.map((tag) => tagKey(run, 'g', tag)),
        ...tags.map((tag) => tagKey(run, 'k', tag)),
      ],
      [sealed.toString('base64'), String(ttlMs), ...generations],
    ]);
  }

  async drop(tag: string, holdMs: number): Promise<void> {
    const now = this.#options.now();
    const veto: Veto = {
      untilMs: now + Math.max(this.#options.maxTtlMs, holdMs),
      holdUntilMs: Math.max(now + holdMs, this.#vetoes.get(tag)?.holdUntilMs ?? 0),
    };
    this.#vetoes.delete(tag);
    this.#vetoes.set(tag, veto);
    this.#bound();
    await this.#deliverOne(tag, veto);
  }

  stats(): StoreStats {
    return { entries: 0, bytes: 0, undelivered: this.#vetoes.size, usable: this.#line.run !== null };
  }

  async close(): Promise<void> {
    if (this.#redeliver !== null) clearTimeout(this.#redeliver);
    this.#redeliver = null;
    if (this.#vetoes.size > 0 && this.#line.run !== null) await this.#deliver();
    this.#line.close();
  }

  #isVetoed(tags: readonly string[]): boolean {
    const now = this.#options.now();
    return this.#vetoAllUntilMs > now || tags.some((tag) => (this.#vetoes.get(tag)?.untilMs ?? 0) > now);
  }

  /** No value from before these drops can be left. */
  #forgetEnded(): void {
    const now = this.#options.now();
    for (const [tag, { untilMs }] of this.#vetoes) if (untilMs <= now) this.#vetoes.delete(tag);
  }

  #bound(): void {
    if (this.#vetoes.size <= MAX_VETOES) return;
    this.#forgetEnded();
    if (this.#vetoes.size <= MAX_VETOES) return;
    for (const { untilMs } of this.#vetoes.values()) {
      this.#vetoAllUntilMs = Math.max(this.#vetoAllUntilMs, untilMs);
    }
    this.#vetoes.clear();
  }

  /** Delivers what could not be delivered when it was due. Throws {@link LineDown}. */
  async #deliver(): Promise<void> {
    this.#forgetEnded();
    const due = [...this.#vetoes];
    for (let from = 0; from < due.length; from += DELIVER_AT_ONCE) {
      const part = due.slice(from, from + DELIVER_AT_ONCE);
      await Promise.all(part.map(([tag, veto]) => this.#deliverOne(tag, veto)));
      if (this.#line.run === null) throw new LineDown('Redis went away again.');
    }
  }

  /** Once Redis has confirmed it the veto is lifted, unless a newer drop made its own. */
  async #deliverOne(tag: string, veto: Veto): Promise<void> {
    const run = this.#line.run;
    if (run === null) return;
    const holdMs = Math.max(0, Math.ceil(veto.holdUntilMs - this.#options.now()));
    const answer = await this.#ask(DROP, [
      [tagKey(run, 'g', tag), tagKey(run, 'k', tag), tagKey(run, 'h', tag)],
      [String(holdMs)],
    ]);
    const done = typeof answer === 'number';
    if (done && this.#vetoes.get(tag) === veto) this.#vetoes.delete(tag);
    if (!done && this.#line.run !== null) this.#deliverLater();
  }

  #deliverLater(): void {
    if (this.#redeliver !== null) return;
    this.#redeliver = setTimeout(() => {
      this.#redeliver = null;
      this.#deliver().catch(() => undefined);
    }, REDELIVER_MS);
    this.#redeliver.unref();
  }

  /** Runs a script; null where it could not be run. */
  async #ask(
    script: string,
    [keys, args]: readonly [readonly string[], readonly string[]],
  ): Promise<unknown> {
    try {
      const answer = await this.#line.send(['EVAL', script, String(keys.length), ...keys, ...args]);
      // Reading and deleting go well even where nothing can be kept.
      if (script === KEEP) this.#turn('good');
      return answer;
    } catch (error) {
      if (error instanceof ErrorReply) this.#turn('refusing', error);
      return null;
    }
  }

  /** Says once what has changed. */
  #turn(state: 'good' | 'away' | 'refusing', err?: unknown): void {
    const before = this.#state;
    if (before === state) return;
    this.#state = state;
    if (state !== 'good') this.#options.onTrouble({ state, err });
    else if (before !== 'unknown') this.#options.onTrouble({ state: 'back' });
  }

  #open(key: string, sealed: string, generations: readonly string[]): string | null {
    try {
      const text = this.#options.vault.open(Buffer.from(sealed, 'base64'), sealContext(key)).toString('utf8');
      const kept: unknown = JSON.parse(text);
      if (!Array.isArray(kept) || JSON.stringify(kept[0]) !== JSON.stringify(generations)) return null;
      const value: unknown = kept[1];
      return typeof value === 'string' ? value : null;
    } catch {
      return null;
    }
  }
}

/** The braces keep all keys of a cache in one place of a Redis cluster. */
function prefix(run: string): string {
  return `booksy-sync:{cache:${run}}`;
}

function valueKey(run: string, key: string): string {
  return `${prefix(run)}:v${VERSION}:${key}`;
}

function tagKey(run: string, kind: 'g' | 'k' | 'h', tag: string): string {
  return `${prefix(run)}:${kind}:${tag}`;
}

function sealContext(key: string): string {
  return vaultContext({
    tenant: 'cache',
    table: 'cache',
    column: `v${VERSION}`,
    row: key.replaceAll('|', '/'),
  });
}
