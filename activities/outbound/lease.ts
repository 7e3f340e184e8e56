import type { Db, Tx } from '../../infra/database/index.ts';
import { monotonicMs, type ProcessContext } from './context.ts';

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
    const { deps, ref, owner } = this.#context;
    const askedAtMs = monotonicMs();
    const rows = await deps.db.$queryRaw<{ owner: string }[]>`
      INSERT INTO sync_leases AS l (entity, record_id, business_id, owner, taken_at, expires_at)
      VALUES (${ref.entity}, ${ref.recordId}::uuid, ${ref.businessId}::uuid, ${owner}, clock_timestamp(),
              clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000}))
      ON CONFLICT (entity, record_id) DO UPDATE
         SET owner = excluded.owner, business_id = excluded.business_id, taken_at = excluded.taken_at,
             expires_at = excluded.expires_at
       WHERE l.expires_at <= clock_timestamp() OR l.owner = excluded.owner
      RETURNING owner`;
    if (rows.length === 0) return false;
    this.#endsAtMs = askedAtMs + LEASE_MS;
    return true;
  }

  /**
   * Makes sure that it is still ours and begins its time anew, inside a transaction: nobody else can take it before the end
   * of that.
   */
  async renew(tx: Tx): Promise<{ readonly endsAt: string; readonly endsAtMs: number } | null> {
    const { ref, owner } = this.#context;
    const askedAtMs = monotonicMs();
    const rows = await tx.$queryRaw<{ expires_at: Date }[]>`
      UPDATE sync_leases SET expires_at = clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000})
       WHERE entity = ${ref.entity} AND record_id = ${ref.recordId}::uuid AND owner = ${owner}
         AND expires_at > clock_timestamp()
      RETURNING expires_at`;
    const row = rows[0];
    return row === undefined
      ? null
      : { endsAt: row.expires_at.toISOString(), endsAtMs: askedAtMs + LEASE_MS };
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
    await releaseLease(this.#context.deps.db, this.#context);
  }
}

async function releaseLease(db: Db, { ref, owner }: ProcessContext): Promise<void> {
  await db.$executeRaw`
    DELETE FROM sync_leases
     WHERE entity = ${ref.entity} AND record_id = ${ref.recordId}::uuid AND owner = ${owner}`;
}
