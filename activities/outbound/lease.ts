import { Prisma, type Db, type Tx } from '../../infra/database/index.ts';
import { monotonicMs, type ProcessContext } from './context.ts';
import { done } from './rounds.ts';
import { togetherOf } from './together.ts';

/** How long a lease lasts unless it is renewed (R13); by the database's clock. */
export const LEASE_MS = 30_000;
/** What must be left of it beside the call's time-out when a call leaves (R13b). */
export const LEASE_RESERVE_MS = 2_000;

/**
 * The right to write one record at Booksy (R13). It says who may; it cannot fence Booksy, so every call asks besides how
 * much of it is left, by this process's own monotonic clock (R13b).
 */
export class Lease {
  readonly #context: ProcessContext;
  /** Monotonic: it ends no earlier. */
  #endsAtMs = 0;

  constructor(context: ProcessContext) {
    this.#context = context;
  }

  /** Takes the lease if nobody holds it, or its holder's time is over. */
  async take(): Promise<boolean> {
    const askedAtMs = monotonicMs();
    if (!(await togetherOf(this.#context.deps.db).takes.ask('', this.#context))) return false;
    this.#endsAtMs = askedAtMs + LEASE_MS;
    return true;
  }

  /** A renewal counts once its transaction has committed. */
  renewed(endsAtMs: number): void {
    this.#endsAtMs = endsAtMs;
  }

  leftMs(): number {
    return this.#endsAtMs - monotonicMs();
  }

  async release(): Promise<void> {
    this.#endsAtMs = 0;
    await togetherOf(this.#context.deps.db).releases.ask('', this.#context);
  }
}

/** Which lease a process holds. */
type Holder = Pick<ProcessContext, 'ref' | 'owner'>;

/** Takes leases of any records: each that nobody holds, or whose holder's time is over. In one order, against deadlocks. */
export async function takeLeases(
  db: Db,
  holders: readonly Holder[],
): Promise<readonly PromiseSettledResult<boolean>[]> {
  const rows = await db.$queryRaw<{ owner: string }[]>`
    INSERT /* prepared */ INTO sync_leases AS l (entity, record_id, business_id, owner, taken_at, expires_at)
    SELECT w.entity, w.record_id, w.business_id, w.owner, clock_timestamp(),
           clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000})
      FROM ${rowsOf(holders)}
     ORDER BY w.entity, w.record_id
    ON CONFLICT (entity, record_id) DO UPDATE
       SET owner = excluded.owner, business_id = excluded.business_id, taken_at = excluded.taken_at,
           expires_at = excluded.expires_at
     WHERE l.expires_at <= clock_timestamp() OR l.owner = excluded.owner
    RETURNING owner`;
  const taken = new Set(rows.map(({ owner }) => owner));
  return holders.map(({ owner }) => done(taken.has(owner)));
}

/** Leases that are still their holders', by owner: until when. Who is missing holds nothing any more. */
export type Renewed = ReadonlyMap<string, { readonly endsAt: string; readonly endsAtMs: number }>;

/** How long a transaction of many businesses waits for each lock: whoever holds one up is left out of it (I12). */
const LOCK_TIMEOUT_MS = 250;

/** A transaction that applies, as it was opened. */
export interface OpenedApply {
  /** ISO instant by the database's clock. */
  readonly now: string;
  /** Businesses whose lock it has. */
  readonly locked: ReadonlySet<string>;
  readonly leases: Renewed;
}

/**
 * Opens a transaction that applies: takes the locks of the records' businesses and tells the triggers that it is Booksy's truth;
 * then makes sure that leases are still their holders' and begins their time anew: nobody else can take them before its end.
 *
 * @param patient waits for locks as long as it takes, as for one business; else only for those that are free, and for rows
 * no longer than a moment: the transaction fails then
 */
export async function openWithLeases(
  tx: Tx,
  holders: readonly Holder[],
  patient: boolean,
): Promise<OpenedApply> {
  const askedAtMs = monotonicMs();
  // In one order, against deadlocks.
  const businessIds = [...new Set(holders.map(({ ref }) => ref.businessId))].sort();
  const mine = patient
    ? Prisma.sql`pg_advisory_xact_lock(hashtextextended('apply:' || b.id, 0))::text IS NOT NULL`
    : Prisma.sql`pg_try_advisory_xact_lock(hashtextextended('apply:' || b.id, 0))`;
  const wait = patient
    ? Prisma.empty
    : Prisma.sql`, set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)`;
  const rows = await tx.$queryRaw<
    { now: Date; locked: string[]; owner: string | null; expires_at: Date | null }[]
  >`
    WITH told AS MATERIALIZED (
      SELECT /* prepared */ set_config('booksy_sync.import', 'on', true), set_config('booksy_sync.origin', 'booksy', true) ${wait}
    ), locked AS MATERIALIZED (
      SELECT b.id, ${mine} AS ours FROM told, unnest(${businessIds}::text[]) AS b(id)
    ), mine AS (
      SELECT l.entity, l.record_id
        FROM ${rowsOf(holders)}
        JOIN locked k ON k.id = w.business_id::text AND k.ours
        JOIN sync_leases l ON l.entity = w.entity AND l.record_id = w.record_id AND l.owner = w.owner
       WHERE l.expires_at > clock_timestamp()
       ORDER BY l.entity, l.record_id FOR UPDATE OF l
    ), renewed AS (
      UPDATE sync_leases l SET expires_at = clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000})
        FROM mine WHERE l.entity = mine.entity AND l.record_id = mine.record_id
      RETURNING l.owner, l.expires_at
    ), had AS (
      SELECT coalesce(array_agg(id), '{}') AS locked FROM locked WHERE ours
    )
    SELECT now() AS now, had.locked, r.owner, r.expires_at FROM had LEFT JOIN renewed r ON true`;
  return {
    now: (rows[0]?.now ?? new Date(0)).toISOString(),
    locked: new Set(rows[0]?.locked ?? []),
    leases: new Map(
      rows.flatMap(({ owner, expires_at: expiresAt }) =>
        owner === null || expiresAt === null
          ? []
          : [[owner, { endsAt: expiresAt.toISOString(), endsAtMs: askedAtMs + LEASE_MS }] as const],
      ),
    ),
  };
}

/** Gives leases back. */
export async function releaseLeases(
  db: Db,
  holders: readonly Holder[],
): Promise<readonly PromiseSettledResult<void>[]> {
  await db.$executeRaw`
    WITH mine AS (
      SELECT /* prepared */ l.entity, l.record_id
        FROM ${rowsOf(holders)}
        JOIN sync_leases l ON l.entity = w.entity AND l.record_id = w.record_id AND l.owner = w.owner
       ORDER BY l.entity, l.record_id FOR UPDATE OF l
    )
    DELETE FROM sync_leases l USING mine WHERE l.entity = mine.entity AND l.record_id = mine.record_id`;
  return holders.map(() => done(undefined));
}

/** The leases in question, as rows `w`. */
function rowsOf(holders: readonly Holder[]): Prisma.Sql {
  const rows = holders.map(({ ref, owner }) => ({
    entity: ref.entity,
    record_id: ref.recordId,
    business_id: ref.businessId,
    owner,
  }));
  return Prisma.sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS w(entity text, record_id uuid, business_id uuid, owner text)`;
}
