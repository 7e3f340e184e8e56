import type { Tx } from '../../infra/database/index.ts';
import { loadCatalogLinks } from '../apply/links.ts';
import { writeAudit } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import type { DrainDeps } from '../drain/deps.ts';
import type { InboundDeps } from '../inbound/run.ts';
import type { UndoRef } from './words.ts';

export type UndoDeps = Pick<InboundDeps, 'db' | 'vault' | 'logger'> &
  // A conflict that is opened again gets its workflow at once.
  Pick<DrainDeps, 'startConflicts'>;

const TIMEOUT_MS = 120_000;

/**
 * Runs a step of an undo: one apply of a business at a time (R13). What it writes is an edit made here, as a person's would
 * be: it counts, goes into the outbox by the triggers (R27), and out by the ordinary process; and time that is taken is
 * refused. Its audit entries carry the undo's id as their run.
 */
export async function inUndo<T>(
  deps: UndoDeps,
  ref: UndoRef,
  work: (scope: ApplyScope) => Promise<T>,
): Promise<T> {
  return deps.db.$transaction(
    async (tx) => {
      const scope = await openScope(deps, ref, tx);
      const result = await work(scope);
      // What was written is judged here, where the record that is refused is still known.
      await tx.$executeRaw`SET CONSTRAINTS ALL IMMEDIATE`;
      await writeAudit(scope);
      return result;
    },
    { timeout: TIMEOUT_MS, maxWait: TIMEOUT_MS },
  );
}

async function openScope(deps: UndoDeps, ref: UndoRef, tx: Tx): Promise<ApplyScope> {
  const rows = await tx.$queryRaw<{ zone: string; currency: string; now: Date }[]>`
    WITH locked AS MATERIALIZED (
      SELECT pg_advisory_xact_lock(hashtextextended('apply:' || ${ref.businessId}, 0)),
             set_config('booksy_sync.origin', 'undo', true)
    )
    SELECT b.zone, b.currency, now() AS now FROM locked, businesses b WHERE b.id = ${ref.businessId}::uuid`;
  const business = rows[0];
  if (business === undefined) throw new Error(`Business ${ref.businessId} is not there.`);
  return {
    tx,
    vault: deps.vault,
    businessId: ref.businessId,
    zone: business.zone,
    currency: business.currency,
    runId: ref.undoId,
    now: business.now.toISOString(),
    links: await loadCatalogLinks(tx, ref.businessId),
    plan: null,
    audit: [],
  };
}
