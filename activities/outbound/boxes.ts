import { Prisma, type Tx } from '../../infra/database/index.ts';
import type { CommitWanted } from './together.ts';

/** R26: only rows that were seen before the read; and this transaction's own, which are echoes. */
export async function clearBoxes(tx: Tx, wanted: readonly CommitWanted[]): Promise<void> {
  if (wanted.length === 0) return;
  const businessIds = [...new Set(wanted.map(({ input }) => input.context.business.id))];
  const ofThem = Prisma.sql`business_id = ANY(${businessIds}::uuid[])`;
  const clearing = wanted.filter(({ commit }) => commit.clearsBox);
  const outboxIds = clearing.flatMap(({ input }) => input.loaded.outboxIds);
  const cleared = Prisma.sql`
    DELETE /* prepared */ FROM sync_outbox
     WHERE ${ofThem}
       AND (transaction_id = pg_current_xact_id() OR id = ANY(${outboxIds}::bigint[]))`;
  const drained = clearing.flatMap(({ input }) => input.loaded.webhookIds);
  const judged = wanted.flatMap(({ commit }) => commit.judged);
  if (drained.length + judged.length === 0) {
    await tx.$executeRaw(cleared);
    return;
  }
  await tx.$executeRaw`
    WITH cleared AS (${cleared})
    UPDATE webhook_logs
       SET drained_at = CASE WHEN id = ANY(${drained}::bigint[]) THEN coalesce(drained_at, now()) ELSE drained_at END,
           judged_at = CASE WHEN id = ANY(${judged}::bigint[]) THEN coalesce(judged_at, now()) ELSE judged_at END
     WHERE ${ofThem} AND id = ANY(${[...drained, ...judged]}::bigint[])`;
}
