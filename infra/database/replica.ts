/**
 * Where lists, reports and charts are read: a streaming replica (DATABASE_REPLICA_URL) while it is proven to be less
 * than 5 s behind, else the primary. Planner, gate, availability and booking never come here (SPEC §12).
 *
 * While somebody reads, the lag is measured once a second (replica-lag.ts). A replica that is behind, away, or no
 * replica of this very database is left alone until a measurement shows otherwise; nobody's read fails for it.
 */
import pg from 'pg';
import { IDENTITY, type DatabaseIdentity } from './identity.ts';
import { createDatabase, isDatabaseAway, sqlState, type PrismaClient } from './index.ts';
import { LagGauge, parseLsn } from './replica-lag.ts';

/** Why reads go where they go. */
export type ReadsReason =
  | 'follows'
  | 'lagging'
  | 'away'
  | 'not_a_replica'
  | 'another_database'
  /** Nothing can be measured, and reads fail with the primary's own error. */
  | 'primary_away'
  | 'not_measured_yet';

type Trouble = Exclude<ReadsReason, 'follows' | 'lagging'>;

/** Told once per change. */
export interface ReadsChange {
  readonly use: 'replica' | 'primary';
  readonly reason: ReadsReason;
  readonly lagMs: number | null;
}

export interface ReadsOptions {
  readonly primary: PrismaClient;
  /** Null: there is none, and everything is read from the primary. */
  readonly replicaUrl: string | null;
  /** Connections to the replica at most; one more measures. */
  readonly poolMax: number;
  readonly applicationName: string;
  /** From here on the replica is too far behind. Default 5,000. */
  readonly maxLagMs?: number;
  readonly acquireTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
  readonly onChange?: (change: ReadsChange) => void;
}

export interface Reads {
  /** The client to read a list with, good for the next query or few: ask again for the next list. Never rejects. */
  lists(): Promise<PrismaClient>;
  /** Runs reads on the replica where it is good, and once more on the primary where the replica fails in the middle. */
  run<T>(read: (db: PrismaClient) => Promise<T>): Promise<T>;
  /** Upper bound of how far the replica is behind; null without one, or while nothing is known. */
  lagMs(): number | null;
  close(): Promise<void>;
}

const MAX_LAG_MS = 5_000;
const LOOK_EVERY_MS = 1_000;
/** Without a read for so long, measuring stops. */
const IDLE_AFTER_MS = 10_000;
const LOOK_TIMEOUT_MS = 2_000;
/** A read after a quiet time waits this long for a first measurement before it takes the primary. */
const FIRST_LOOK_MS = 500;

/** Opens nothing yet: a replica that is down shows as `away` with the first read. */
export function createReads(options: ReadsOptions): Reads {
  const { primary, replicaUrl } = options;
  if (replicaUrl === null) {
    return {
      lists: () => Promise.resolve(primary),
      run: (read) => read(primary),
      lagMs: () => null,
      close: () => Promise.resolve(),
    };
  }
  return new ReplicaReads(options, replicaUrl);
}

interface PrimaryRow extends DatabaseIdentity {
  readonly lsn: string;
}
interface ReplicaRow extends DatabaseIdentity {
  readonly standby: boolean;
  readonly lsn: string | null;
}

const ASK_PRIMARY = `SELECT pg_current_wal_lsn()::text AS lsn, ${IDENTITY}`;
const ASK_REPLICA = `SELECT pg_is_in_recovery() AS standby, pg_last_wal_replay_lsn()::text AS lsn, ${IDENTITY}`;

class ReplicaReads implements Reads {
  readonly #options: ReadsOptions;
  readonly #maxLagMs: number;
  readonly #replica: { readonly prisma: PrismaClient; close(): Promise<void> };
  readonly #probe: pg.Pool;
  readonly #gauge = new LagGauge();
  #trouble: Trouble | null = 'not_measured_yet';
  #said: ReadsChange | null = null;
  #look: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #usedAtMs = 0;
  /** Reads that the replica broke off. */
  #failedReads = 0;
  #closed = false;

  constructor(options: ReadsOptions, replicaUrl: string) {
    this.#options = options;
    this.#maxLagMs = options.maxLagMs ?? MAX_LAG_MS;
    const { applicationName, acquireTimeoutMs = LOOK_TIMEOUT_MS, statementTimeoutMs } = options;
    this.#replica = createDatabase({
      url: replicaUrl,
      poolMax: options.poolMax,
      applicationName,
      acquireTimeoutMs,
      ...(statementTimeoutMs === undefined ? {} : { statementTimeoutMs }),
    });
    // A connection of its own: a busy pool must not look like a lagging replica.
    this.#probe = new pg.Pool({
      connectionString: replicaUrl,
      max: 1,
      application_name: applicationName,
      connectionTimeoutMillis: LOOK_TIMEOUT_MS,
      query_timeout: LOOK_TIMEOUT_MS,
      idleTimeoutMillis: IDLE_AFTER_MS,
      allowExitOnIdle: true,
      keepAlive: true,
    });
    this.#probe.on('error', () => undefined);
  }

  async lists(): Promise<PrismaClient> {
    await this.#measured();
    return this.#judge().use === 'replica' ? this.#replica.prisma : this.#options.primary;
  }

  async run<T>(read: (db: PrismaClient) => Promise<T>): Promise<T> {
    const db = await this.lists();
    if (db === this.#options.primary) return read(db);
    try {
      return await read(db);
    } catch (error) {
      const away = isDatabaseAway(error);
      // 40001: replay had to remove rows that this read still needed.
      if (!away && sqlState(error) !== '40001') throw error;
      if (away) {
        this.#failedReads += 1;
        this.#found('away');
      }
      return read(this.#options.primary);
    }
  }

  lagMs(): number | null {
    return this.#gauge.lagMs(performance.now());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#look;
    await Promise.all([this.#probe.end(), this.#replica.close()]);
  }

  /** Sees to it that there is a measurement young enough to judge by, without making a reader wait for long. */
  async #measured(): Promise<void> {
    this.#usedAtMs = performance.now();
    if (this.#closed || this.#timer !== null) return;
    this.#look ??= this.#measure();
    // One that was bad when last seen is looked at beside the reads, not in front of them.
    if (this.#said?.use === 'primary' || this.#judge().use === 'replica') return;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FIRST_LOOK_MS);
    });
    await Promise.race([this.#look, patience]);
    clearTimeout(timer);
  }

  /** One look at both, then the next in a second as long as somebody reads. Never rejects. */
  async #measure(): Promise<void> {
    const failedBefore = this.#failedReads;
    const found = await this.#ask();
    // It may have been answered just before the replica died: a read that failed since knows better.
    if (found !== null || this.#failedReads === failedBefore) this.#found(found);
    this.#look = null;
    if (this.#closed || performance.now() - this.#usedAtMs > IDLE_AFTER_MS) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#look ??= this.#measure();
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  async #ask(): Promise<Trouble | null> {
    const askedAtMs = performance.now();
    const here = await this.#askPrimary();
    if (here === null) return 'primary_away';
    const there = await this.#askReplica();
    if (there === null) return 'away';
    if (!there.standby) return 'not_a_replica';
    if (here.system !== there.system || here.database !== there.database) return 'another_database';
    this.#gauge.primaryAt(parseLsn(here.lsn), askedAtMs);
    if (there.lsn === null) return null;
    const replayed = parseLsn(there.lsn);
    if (replayed > parseLsn(here.lsn)) {
      // It may have moved on between the two questions; what it has not written even now comes from somebody else.
      const again = await this.#askPrimary();
      if (again === null) return 'primary_away';
      if (replayed > parseLsn(again.lsn)) return 'another_database';
    }
    this.#gauge.replicaAt(replayed);
    return null;
  }

  async #askPrimary(): Promise<PrimaryRow | null> {
    try {
      const [row] = await this.#options.primary.$queryRawUnsafe<PrimaryRow[]>(ASK_PRIMARY);
      return row ?? null;
    } catch {
      return null;
    }
  }

  async #askReplica(): Promise<ReplicaRow | null> {
    try {
      return (await this.#probe.query<ReplicaRow>(ASK_REPLICA)).rows[0] ?? null;
    } catch {
      return null;
    }
  }

  #found(trouble: Trouble | null): void {
    this.#trouble = trouble;
    // What comes back may be another server, or have been set back.
    if (trouble !== null) this.#gauge.reset();
    const now = this.#judge();
    if (now.reason === this.#said?.reason) return;
    this.#said = now;
    this.#options.onChange?.(now);
  }

  #judge(): ReadsChange {
    const lagMs = this.lagMs();
    const reason = this.#trouble ?? (lagMs !== null && lagMs < this.#maxLagMs ? 'follows' : 'lagging');
    return { use: reason === 'follows' ? 'replica' : 'primary', reason, lagMs };
  }
}
