import type { SyncEntity } from '../../domain/entities.ts';
import type { StepScope } from './run.ts';

/** What one pass over a list or window came to. */
export interface Proof {
  readonly entity: SyncEntity;
  /** `list` for lists that come whole. */
  readonly windowKey: string;
  /** Whether the pass saw all there is and could read it (R2). */
  readonly complete: boolean;
  readonly remoteCount: number;
  /** When the last answer of the pass was received, ISO instant by the database's clock. */
  readonly receivedAt: string;
}

/**
 * Says up to when something is proven in step. A pass proves the state of when it began, not of when it ended; one that is
 * incomplete moves no proof, but is remembered as such.
 */
export async function noteProofs(scope: StepScope, proofs: readonly Proof[]): Promise<void> {
  if (proofs.length === 0) return;
  const payload = proofs.map((proof) => ({
    entity: proof.entity,
    window_key: proof.windowKey,
    complete: proof.complete,
    remote_count: proof.remoteCount,
    received_at: proof.receivedAt,
  }));
  await scope.tx.$executeRaw`
    INSERT INTO integration_sync_status AS s
      (business_id, entity, window_key, proven_sent_at, proven_received_at, complete, remote_count, last_run_id, updated_at)
    SELECT ${scope.businessId}::uuid, p.entity, p.window_key,
           CASE WHEN p.complete THEN r.started_at END, CASE WHEN p.complete THEN p.received_at END,
           p.complete, p.remote_count, r.id, now()
      FROM sync_runs r, jsonb_to_recordset(${JSON.stringify(payload)}::jsonb) AS p(
           entity text, window_key text, complete boolean, remote_count int, received_at timestamptz)
     WHERE r.id = ${scope.runId}::uuid
    ON CONFLICT (business_id, entity, window_key) DO UPDATE
       SET proven_sent_at = COALESCE(excluded.proven_sent_at, s.proven_sent_at),
           proven_received_at = COALESCE(excluded.proven_received_at, s.proven_received_at),
           complete = excluded.complete, remote_count = excluded.remote_count, last_run_id = excluded.last_run_id,
           updated_at = excluded.updated_at`;
}
