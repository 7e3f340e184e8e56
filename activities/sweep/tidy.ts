import { tidyHolds } from '../../infra/bookings/holds.ts';
import type { InboundDeps } from '../inbound/run.ts';
import { SWEEP_KIND } from './run-row.ts';

/** What lies longer than it may, or than anybody needs it. Each statement takes a bounded part: the rest is for the next time. */

/** A webhook's body is evidence for so long (R4a). */
const BODY_DAYS = 7;
/** Drained webhooks are listed for so long, without their bodies. */
const WEBHOOK_DAYS = 90;
/** Sweeps that found nothing leave their proof elsewhere; their rows go. */
const QUIET_SWEEP_HOURS = 24;
/** Scratch of runs that nobody closed. */
const SCRATCH_DAYS = 2;
/** The ledger goes back so far (R31); Temporal itself forgets after 30 days. */
const LEDGER_MONTHS = 24;
const ROWS_AT_ONCE = 10_000;

export interface Tidied {
  readonly bodies: number;
  readonly webhooks: number;
  readonly sweeps: number;
  readonly runs: number;
  readonly leases: number;
  readonly scratch: number;
}

/** Empties sealed bodies after 7 days, and deletes what nobody looks at any more. */
export async function tidy({ db }: Pick<InboundDeps, 'db'>): Promise<Tidied> {
  const bodies = await db.$executeRaw`
    UPDATE webhook_logs SET sealed_body = NULL
     WHERE id IN (SELECT id FROM webhook_logs
                   WHERE received_at < now() - make_interval(days => ${BODY_DAYS}) AND sealed_body IS NOT NULL
                   ORDER BY received_at LIMIT ${ROWS_AT_ONCE})`;
  const webhooks = await db.$executeRaw`
    DELETE FROM webhook_logs
     WHERE id IN (SELECT id FROM webhook_logs
                   WHERE received_at < now() - make_interval(days => ${WEBHOOK_DAYS}) AND drained_at IS NOT NULL
                   ORDER BY received_at LIMIT ${ROWS_AT_ONCE})`;
  const sweeps = await db.$executeRaw`
    DELETE FROM sync_runs r
     WHERE r.id IN (SELECT id FROM sync_runs
                     WHERE kind = ${SWEEP_KIND} AND status = 'completed'
                       AND finished_at < now() - make_interval(hours => ${QUIET_SWEEP_HOURS})
                       AND NOT counts @? '$.*.keyvalue() ? (@.key != "unchanged" && @.value > 0)'
                     LIMIT ${ROWS_AT_ONCE})
       AND NOT EXISTS (SELECT FROM booksy_audit_log a WHERE a.run_id = r.id)`;
  // What still says something of today stays: the last of each kind of full sync, and the plan by which pushing was allowed.
  const runs = await db.$executeRaw`
    DELETE FROM sync_runs
     WHERE id IN (SELECT r.id FROM sync_runs r
                   WHERE r.status <> 'running' AND r.finished_at < now() - make_interval(months => ${LEDGER_MONTHS}::int)
                     AND NOT EXISTS (SELECT FROM businesses b WHERE b.push_allowed_run_id = r.id)
                     AND (r.kind <> 'full_sync' OR EXISTS (
                       SELECT FROM sync_runs later
                        WHERE later.business_id = r.business_id AND later.kind = r.kind AND later.mode = r.mode
                          AND later.status = r.status AND later.finished_at > r.finished_at))
                   LIMIT ${ROWS_AT_ONCE})`;
  await tidyHolds(db);
  const leases = await db.$executeRaw`DELETE FROM sync_leases WHERE expires_at < now() - interval '1 hour'`;
  const scratch = await db.$executeRaw`
    DELETE FROM sync_pass_rows p USING sync_runs r
     WHERE r.id = p.run_id AND r.finished_at < now() - make_interval(days => ${SCRATCH_DAYS})`;
  return { bodies, webhooks, sweeps, runs, leases, scratch };
}
