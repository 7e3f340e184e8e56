import { createHash } from 'node:crypto';
import type { Db } from '../../infra/database/index.ts';

/** R36: one sweeper per Booksy account, whichever schedule started it. */

const LEASE_SECONDS = 60;
const ENTITY = 'sweeper';

/** The lease's row of an account, as a uuid that is always the same. */
function rowOf(accountKey: string): string {
  const hex = createHash('sha256').update(`sweeper/${accountKey}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Takes or keeps the sweeper's lease; false where another sweeper has it. */
export async function takeSweeper(db: Db, accountKey: string, owner: string): Promise<boolean> {
  const row = rowOf(accountKey);
  const taken = await db.$executeRaw`
    INSERT INTO sync_leases AS l (entity, record_id, business_id, owner, taken_at, expires_at)
    VALUES (${ENTITY}, ${row}::uuid, ${row}::uuid, ${owner}, now(), now() + make_interval(secs => ${LEASE_SECONDS}))
    ON CONFLICT (entity, record_id) DO UPDATE
       SET owner = excluded.owner, expires_at = excluded.expires_at,
           taken_at = CASE WHEN l.owner = excluded.owner THEN l.taken_at ELSE excluded.taken_at END
     WHERE l.owner = excluded.owner OR l.expires_at <= now()`;
  return taken > 0;
}

/** Gives the lease back. */
export async function releaseSweeper(db: Db, accountKey: string, owner: string): Promise<void> {
  await db.$executeRaw`
    DELETE FROM sync_leases WHERE entity = ${ENTITY} AND record_id = ${rowOf(accountKey)}::uuid AND owner = ${owner}`;
}
