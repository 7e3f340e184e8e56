/** Scenarios of the business's own workflow, and of a record that failed alone. */
import { v7 as uuidv7 } from 'uuid';
import { businessSyncId, recordSyncId } from '../../infra/temporal/launch.ts';
import { PAUSE_SIGNAL, RESUME_SIGNAL, RETRY_SIGNAL, SKIP_SIGNAL } from '../../infra/temporal/names.ts';
import type { TestEngine } from '../../test/support/engine.ts';
import { eventually } from '../../test/support/eventually.ts';

interface Scenario {
  run(engine: TestEngine): Promise<string>;
}

export const BUSINESS_SYNC_SCENARIOS: Readonly<Record<string, Scenario>> = {
  // Both boxes hold something when it is woken.
  'businessSync/both-boxes': {
    async run(engine) {
      const businessId = await imported(engine);
      await news(engine, businessId);
      await engine.launcher.wakeBusinessSync(businessId);
      return ended(engine, businessSyncId(businessId));
    },
  },

  // Woken once more while it drains.
  'businessSync/woken-again': {
    async run(engine) {
      const businessId = await imported(engine);
      await engine.launcher.wakeBusinessSync(businessId);
      await news(engine, businessId);
      await engine.launcher.wakeBusinessSync(businessId);
      return ended(engine, businessSyncId(businessId));
    },
  },

  // A person pauses the business in the Temporal Web UI, and lets it go on.
  'businessSync/paused-and-resumed': {
    async run(engine) {
      const businessId = await imported(engine);
      await engine.launcher.wakeBusinessSync(businessId);
      const handle = engine.worker.client.workflow.getHandle(businessSyncId(businessId));
      await handle.signal(PAUSE_SIGNAL);
      const paused = () => engine.deps.db.business.findUniqueOrThrow({ where: { id: businessId } });
      await eventually(async () => (await paused()).pausedAt !== null, { timeoutMs: 30_000 });
      await engine.launcher.wakeBusinessSync(businessId);
      await handle.signal(RESUME_SIGNAL);
      await eventually(async () => (await paused()).pausedAt === null, { timeoutMs: 30_000 });
      return ended(engine, businessSyncId(businessId));
    },
  },

  // A record that nobody can apply; a person mends it and asks for the next try.
  'recordSync/alone-retried': {
    async run(engine) {
      const { workflowId } = await poisoned(engine);
      await engine.database.pool.query('DROP TRIGGER refuse_all ON bookings');
      await engine.worker.client.workflow.getHandle(workflowId).signal(RETRY_SIGNAL);
      return ended(engine, workflowId);
    },
  },

  'recordSync/alone-skipped': {
    async run(engine) {
      const { workflowId } = await poisoned(engine);
      await engine.worker.client.workflow.getHandle(workflowId).signal(SKIP_SIGNAL);
      return ended(engine, workflowId);
    },
  },
};

async function imported(engine: TestEngine): Promise<string> {
  const [business] = await engine.connect();
  if (business === undefined) throw new Error('The simulator has no salon.');
  const { status } = await engine.fullSync(business.businessId);
  if (status !== 'completed') throw new Error(`The import ended as ${status}.`);
  await engine.deps.db.business.update({
    where: { id: business.businessId },
    data: { pushAllowedAt: new Date() },
  });
  return business.businessId;
}

interface Linked {
  external_id: string;
  booking_id: string;
}

async function upcoming(engine: TestEngine, businessId: string): Promise<readonly Linked[]> {
  const { rows } = await engine.database.pool.query<Linked>(
    `SELECT m.external_id, m.booking_id FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
      WHERE m.business_id = $1 AND b.starts_at > now() + interval '1 day' AND b.status = 'confirmed'
      ORDER BY b.starts_at, m.external_id LIMIT 4`,
    [businessId],
  );
  return rows;
}

/** A visit changed there, told as a webhook is, and one changed here. */
async function news(engine: TestEngine, businessId: string): Promise<void> {
  const [there, here] = await upcoming(engine, businessId);
  if (there === undefined || here === undefined) throw new Error('The salon has no visits to come.');
  await engine.simulator.control('PATCH', `/visits/${there.external_id}`, { customer_note: 'Stamtąd' });
  await told(engine, businessId, there);
  await engine.database.pool.query(`UPDATE bookings SET client_note = 'Stąd' WHERE id = $1`, [
    here.booking_id,
  ]);
}

async function told(engine: TestEngine, businessId: string, visit: Linked): Promise<void> {
  await engine.database.pool.query(
    `INSERT INTO webhook_logs (business_id, action, external_id, body_hash) VALUES ($1, 'MODIFIED', $2, $3)`,
    [businessId, visit.external_id, uuidv7()],
  );
}

/** Two visits changed there; the database refuses one of them. */
async function poisoned(engine: TestEngine): Promise<{ readonly workflowId: string }> {
  const businessId = await imported(engine);
  const [poison, ...others] = await upcoming(engine, businessId);
  if (poison === undefined) throw new Error('The salon has no visits to come.');
  await engine.database.pool.query(`CREATE FUNCTION refuse_all() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF NEW.client_note = 'Trucizna' THEN RAISE EXCEPTION 'refused' USING ERRCODE = '22000'; END IF; RETURN NEW; END $$`);
  await engine.database.pool.query(
    'CREATE TRIGGER refuse_all BEFORE UPDATE ON bookings FOR EACH ROW EXECUTE FUNCTION refuse_all()',
  );
  for (const visit of [poison, ...others]) {
    const note = visit === poison ? 'Trucizna' : 'Zdrowa';
    await engine.simulator.control('PATCH', `/visits/${visit.external_id}`, { customer_note: note });
    await told(engine, businessId, visit);
  }
  await engine.launcher.wakeBusinessSync(businessId);
  const failed = () => engine.deps.db.syncFailure.findFirst({ where: { businessId } });
  await eventually(async () => (await failed()) !== null, { timeoutMs: 60_000 });
  const row = await failed();
  const externalId = row?.recordKey ?? '';
  return { workflowId: recordSyncId({ businessId, entity: 'booking', externalId }) };
}

async function ended(engine: TestEngine, workflowId: string): Promise<string> {
  const handle = engine.worker.client.workflow.getHandle(workflowId);
  await eventually(async () => (await handle.describe()).status.name !== 'RUNNING', { timeoutMs: 60_000 });
  return workflowId;
}
