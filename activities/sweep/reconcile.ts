import { v7 as uuidv7 } from 'uuid';
import type { SyncEntity } from '../../domain/entities.ts';
import { startMissingConflicts } from '../../infra/temporal/launch-conflicts.ts';
import { startMissingUndos } from '../../infra/temporal/launch-undo.ts';
import { recordSyncId } from '../../infra/temporal/launch-ids.ts';
import { createLauncher, type LaunchOptions, type Launcher } from '../../infra/temporal/launch.ts';
import { countBusinesses, ensureSchedules } from '../../infra/temporal/schedules.ts';
import { startAlone } from '../drain/failures.ts';
import type { SweepDeps } from './deps.ts';
import { settleLostRuns } from './lost-runs.ts';

/** What was missing and is there again, by kind. */
export type Reconciled = { readonly [what: string]: number };

interface RestartDeps extends SweepDeps {
  readonly temporal: LaunchOptions;
  readonly launcher: Launcher;
}

/**
 * Everything that rows say should run (R32), one entry a kind. Each restarts only what is missing, and a second one at the
 * same time does no harm. Whoever adds a long-lived workflow adds its line here.
 */
const RESTARTERS: Readonly<Record<string, (deps: RestartDeps) => Promise<number>>> = {
  schedules: async (deps) => {
    const scope = { ...deps.temporal, accountKey: deps.accountKey };
    const reports = await ensureSchedules(scope, await countBusinesses(deps.db));
    return reports.filter(({ change }) => change !== 'kept').length;
  },
  conflicts: (deps) => startMissingConflicts({ ...deps.temporal, db: deps.db }),
  undos: (deps) => startMissingUndos({ ...deps.temporal, db: deps.db }),
  records: startMissingRecords,
  boxes: wakeForgottenBoxes,
};

/**
 * Rebuilds what Temporal has lost from the rows (R32). One kind that cannot be restarted does not keep the others.
 *
 * @throws AggregateError once everything was tried: Temporal tries again
 */
export async function reconcile(deps: SweepDeps, temporal: LaunchOptions): Promise<Reconciled> {
  const all: RestartDeps = { ...deps, temporal, launcher: createLauncher(temporal) };
  const done: Record<string, number> = {};
  const failures: unknown[] = [];
  for (const [what, restart] of Object.entries(RESTARTERS)) {
    try {
      done[what] = await restart(all);
    } catch (error) {
      failures.push(error);
      deps.logger.warn({ what, err: error }, 'what is missing could not be restarted');
    }
  }
  try {
    const { restarted, closed } = await settleLostRuns(deps, temporal.client, all.launcher);
    done.runs = restarted;
    done.closed = closed;
  } catch (error) {
    failures.push(error);
  }
  if (failures.length > 0)
    throw new AggregateError(failures, 'Not everything that is missing could be restarted.');
  return done;
}

/** Records that failed alone and have no workflow (R29). */
async function startMissingRecords(deps: RestartDeps): Promise<number> {
  const rows = await deps.db.$queryRaw<
    { business_id: string; entity: SyncEntity; record_key: string; run_id: string | null }[]
  >`
    SELECT f.business_id::text AS business_id, f.entity, f.record_key,
           CASE WHEN r.finished_at IS NULL THEN f.run_id::text END AS run_id
      FROM sync_failures f LEFT JOIN sync_runs r ON r.id = f.run_id
     WHERE f.state = 'open' ORDER BY f.first_failed_at`;
  if (rows.length === 0) return 0;
  const running = new Set<string>();
  const query = `ExecutionStatus = 'Running' AND BooksySyncKind = 'record_sync'`;
  for await (const { workflowId } of deps.temporal.client.workflow.list({ query })) running.add(workflowId);
  let started = 0;
  for (const { business_id: businessId, entity, record_key: key, run_id: runId } of rows) {
    if (running.has(recordSyncId({ businessId, entity, externalId: key }))) continue;
    if (await startAlone(deps, { businessId, entity, key, runId: runId ?? uuidv7() })) started += 1;
  }
  return started;
}

/** The relay wakes within seconds; a row that has waited so long says that none is at work, or that a signal was lost. */
const FORGOTTEN_AFTER_SECONDS = 30;

async function wakeForgottenBoxes(deps: RestartDeps): Promise<number> {
  const rows = await deps.db.$queryRaw<{ id: string }[]>`
    SELECT b.id::text AS id FROM businesses b
     WHERE b.booksy_business_id IS NOT NULL AND b.paused_at IS NULL AND b.circuit_opened_at IS NULL
       AND (EXISTS (SELECT FROM sync_outbox o WHERE o.business_id = b.id
                     AND o.created_at < now() - make_interval(secs => ${FORGOTTEN_AFTER_SECONDS}))
         OR EXISTS (SELECT FROM webhook_logs w WHERE w.business_id = b.id AND w.drained_at IS NULL
                     AND w.received_at < now() - make_interval(secs => ${FORGOTTEN_AFTER_SECONDS}))
         OR EXISTS (SELECT FROM sync_intents i WHERE i.business_id = b.id
                     AND i.due_at < now() - make_interval(secs => ${FORGOTTEN_AFTER_SECONDS})))
     ORDER BY b.id`;
  for (const { id } of rows) await deps.launcher.wakeBusinessSync(id);
  return rows.length;
}
