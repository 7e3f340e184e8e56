/** Scenarios of the workflow of a conflict: one for each way in which it goes and ends. */
import { v7 as uuidv7 } from 'uuid';
import {
  conflictWorkflowId,
  createConflictLauncher,
  startMissingConflicts,
} from '../../infra/temporal/launch-conflicts.ts';
import { RESOLVE_SIGNAL, WAKE_SIGNAL } from '../../infra/temporal/names.ts';
import type { TestEngine } from '../../test/support/engine.ts';
import { eventually } from '../../test/support/eventually.ts';

interface Laid {
  readonly id: string;
  readonly businessId: string;
  readonly bookingId: string;
  readonly externalId: string;
}

interface Scenario {
  run(engine: TestEngine): Promise<string>;
}

export const CONFLICT_SCENARIOS: Readonly<Record<string, Scenario>> = {
  // Typed in the Temporal Web UI: nonsense, what is refused from there, and then what is carried out.
  'conflictResolution/typed': {
    async run(engine) {
      const conflict = await lay(engine, 'field', ['clientNote']);
      await started(engine, conflict);
      const handle = engine.worker.client.workflow.getHandle(conflictWorkflowId(conflict.id));
      await handle.signal(RESOLVE_SIGNAL, { choice: 'burn' });
      await handle.signal(RESOLVE_SIGNAL, { choice: 'keep-both' });
      await eventually(async () => (await row(engine, conflict)).resolution_outcome === 'refused', PATIENCE);
      await handle.signal(WAKE_SIGNAL);
      await handle.signal(RESOLVE_SIGNAL, { choice: 'ignore' });
      return ended(engine, conflict);
    },
  },

  // Through the API: the decision stands in the row, the signal starts the workflow.
  'conflictResolution/stored': {
    async run(engine) {
      const conflict = await lay(engine, 'field', ['clientNote']);
      const resolutionId = await pending(engine, conflict, 'keep-booksy');
      await createConflictLauncher(engine.worker).resolveConflict(
        { businessId: conflict.businessId, conflictId: conflict.id },
        { resolutionId, choice: 'keep-booksy', actor: 'api:test' },
      );
      return ended(engine, conflict);
    },
  },

  // The signal was lost: the first look finds the decision in the row.
  'conflictResolution/rebuilt': {
    async run(engine) {
      const conflict = await lay(engine, 'field', ['clientNote']);
      await pending(engine, conflict, 'keep-platform');
      await started(engine, conflict);
      return ended(engine, conflict);
    },
  },

  'conflictResolution/by-rule': {
    async run(engine) {
      const conflict = await lay(engine, 'field', ['clientNote']);
      await engine.database.pool.query(
        `INSERT INTO sync_rules (business_id, id, name, source_system, priority, conditions, actions, policies)
         VALUES ($1, 'house', 'House rule', 'both', 9,
                 '{"bufferTimes":{"before":15,"after":15},"maxAdvanceBooking":90}',
                 '{"syncAvailability":true,"autoResolveConflicts":true,"notifyAdmin":true}',
                 '{"booking.clientNote":"booksy"}')`,
        [conflict.businessId],
      );
      await started(engine, conflict);
      return ended(engine, conflict);
    },
  },

  // What the visit lacked is there.
  'conflictResolution/cause-gone': {
    async run(engine) {
      const conflict = await lay(engine, 'unmapped', []);
      await started(engine, conflict);
      return ended(engine, conflict);
    },
  },

  // Waits for its timer: the visit begins.
  'conflictResolution/overtaken': {
    async run(engine) {
      const conflict = await lay(engine, 'field', ['clientNote']);
      await engine.database.pool.query(
        `UPDATE bookings SET starts_at = now() + interval '3 seconds' WHERE id = $1`,
        [conflict.bookingId],
      );
      await started(engine, conflict);
      return ended(engine, conflict);
    },
  },

  // Released from quarantine: read by its id afterwards.
  'conflictResolution/read-after': {
    async run(engine) {
      const conflict = await lay(engine, 'quarantine', []);
      await engine.database.pool.query(
        `INSERT INTO quarantine (id, business_id, entity, external_id, reason_code, detail, next_step)
         VALUES ($1, $2, 'booking', $3, 'unreadable', 'test', 'test')`,
        [uuidv7(), conflict.businessId, conflict.externalId],
      );
      const handle = await started(engine, conflict);
      await handle.signal(RESOLVE_SIGNAL, { choice: 'keep-booksy' });
      return ended(engine, conflict);
    },
  },
};

const PATIENCE = { timeoutMs: 60_000, what: 'the conflict going on' };

/** An open conflict about a visit to come of an imported salon. */
async function lay(engine: TestEngine, kind: string, groups: readonly string[]): Promise<Laid> {
  const [business] = await engine.connect();
  if (business === undefined) throw new Error('The simulator has no salon.');
  const { businessId } = business;
  await engine.fullSync(businessId);
  const { rows } = await engine.database.pool.query<{ booking_id: string; external_id: string }>(
    `SELECT m.booking_id, m.external_id FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
      WHERE m.business_id = $1 AND b.status = 'confirmed' AND b.starts_at > now() + interval '10 days'
        AND NOT EXISTS (SELECT FROM booking_items i WHERE i.booking_id = b.id AND (i.staff_id IS NULL OR i.variant_id IS NULL))
      ORDER BY b.starts_at LIMIT 1`,
    [businessId],
  );
  const [visit] = rows;
  if (visit === undefined) throw new Error('The salon has no visit to come.');
  const id = uuidv7();
  // What the import itself found waits for others.
  await engine.database.pool.query(`UPDATE booksy_sync_conflicts SET status = 'closed'`);
  await engine.database.pool.query(
    `INSERT INTO booksy_sync_conflicts (id, business_id, kind, entity, record_id, external_id, groups)
     VALUES ($1, $2, $3, 'booking', $4, $5, $6)`,
    [id, businessId, kind, visit.booking_id, visit.external_id, groups],
  );
  if (groups.length > 0) {
    await engine.database.pool.query(`UPDATE bookings SET client_note = 'changed here' WHERE id = $1`, [
      visit.booking_id,
    ]);
  }
  return { id, businessId, bookingId: visit.booking_id, externalId: visit.external_id };
}

async function pending(engine: TestEngine, { id }: Laid, choice: string): Promise<string> {
  const resolutionId = uuidv7();
  await engine.database.pool.query(
    `UPDATE booksy_sync_conflicts
        SET resolution_id = $2, resolution_outcome = 'pending', resolved_by = 'api:test', resolution_choice = $3
      WHERE id = $1`,
    [
      id,
      resolutionId,
      JSON.stringify({ choice, groups: {}, move: null, version: 1, shown: null, mayOverbook: true }),
    ],
  );
  return resolutionId;
}

async function started(engine: TestEngine, { id, businessId }: Laid) {
  const { client, taskQueue } = engine.worker;
  await startMissingConflicts({ db: engine.deps.db, client, taskQueue }, [businessId]);
  return client.workflow.getHandle(conflictWorkflowId(id));
}

async function row(engine: TestEngine, { id }: Laid) {
  const { rows } = await engine.database.pool.query<{ status: string; resolution_outcome: string | null }>(
    'SELECT status, resolution_outcome FROM booksy_sync_conflicts WHERE id = $1',
    [id],
  );
  const [found] = rows;
  if (found === undefined) throw new Error('The conflict is gone.');
  return found;
}

async function ended(engine: TestEngine, conflict: Laid): Promise<string> {
  await eventually(async () => (await row(engine, conflict)).status !== 'open', PATIENCE);
  const workflowId = conflictWorkflowId(conflict.id);
  await engine.worker.client.workflow.getHandle(workflowId).result();
  return workflowId;
}
