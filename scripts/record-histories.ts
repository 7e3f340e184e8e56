/**
 * Records the histories in test/replay/histories/<workflowType>/<scenario>.json: each workflow type is run for real, on
 * PostgreSQL, Temporal and the simulator, and what Temporal wrote down is kept.
 *
 *   node --import tsx scripts/record-histories.ts [--only <workflowType>[/<scenario>]] [--replace]
 *
 * A file that is there already is left alone unless --replace is given; replacing needs a reason (test/replay/REASONS.md).
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import type { SyncMode } from '../domain/progress.ts';
import { fullSyncId } from '../infra/temporal/launch.ts';
import { PAUSE_SIGNAL, RESUME_SIGNAL } from '../infra/temporal/names.ts';
import type { SimulatorOptions } from '../simulator/index.ts';
import { startTestEngine, type TestEngine } from '../test/support/engine.ts';
import { eventually } from '../test/support/eventually.ts';
import { historyToCommit } from '../test/support/history-file.ts';
import { startSharedServers, useSharedServers } from '../test/support/shared-servers.ts';
import { BUSINESS_SYNC_SCENARIOS } from './record-histories/business-sync.ts';
import { CALENDAR_SCENARIOS } from './record-histories/calendars.ts';
import { CONFLICT_SCENARIOS } from './record-histories/conflicts.ts';
import { SWEEP_SCENARIOS } from './record-histories/sweeps.ts';
import { UNDO_SCENARIOS } from './record-histories/undos.ts';

interface Scenario {
  readonly simulator?: SimulatorOptions;
  /** Runs a workflow and gives its id. */
  run(engine: TestEngine): Promise<string>;
}

/** What is recorded, `<workflowType>/<scenario>`. Scenarios should differ in the path that the workflow takes. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  ...BUSINESS_SYNC_SCENARIOS,
  ...CALENDAR_SCENARIOS,
  ...CONFLICT_SCENARIOS,
  ...SWEEP_SCENARIOS,
  ...UNDO_SCENARIOS,
  'fullSync/first-import': {
    async run(engine) {
      const businessId = await connected(engine);
      await expectEnd(engine, businessId, 'completed');
      return fullSyncId(businessId);
    },
  },

  // More visits than one activity walks.
  'fullSync/several-pages': {
    simulator: { visits: 5000, clients: 300 },
    async run(engine) {
      const businessId = await connected(engine);
      await expectEnd(engine, businessId, 'completed');
      return fullSyncId(businessId);
    },
  },

  // With the way out at its end: a person has allowed it, and a visit differs from what both sides agreed on.
  'fullSync/pushed': {
    async run(engine) {
      const businessId = await connected(engine);
      await expectEnd(engine, businessId, 'completed');
      const { db } = engine.deps;
      await db.business.update({
        where: { id: businessId },
        data: { pushAllowedAt: new Date(), pushAllowedBy: 'owner' },
      });
      const { id } = await db.booking.findFirstOrThrow({
        where: { businessId, status: 'confirmed', startsAt: { gt: new Date() } },
      });
      await db.booking.update({ where: { id }, data: { clientNote: 'z platformy' } });
      await db.syncOutbox.deleteMany({ where: { businessId } });
      await expectEnd(engine, businessId, 'completed');
      if ((await db.syncOutbox.count({ where: { recordId: id } })) === 0)
        throw new Error('The full sync did not find what is to go to Booksy.');
      return fullSyncId(businessId);
    },
  },

  'fullSync/refused-credentials': {
    async run(engine) {
      const businessId = await connected(engine);
      await engine.simulator.credentials({ refused: true, revokeTokens: true });
      await expectEnd(engine, businessId, 'failed');
      return fullSyncId(businessId);
    },
  },

  'fullSync/cancelled': {
    async run(engine) {
      const businessId = await connected(engine);
      const route = 'GET /business/{business_id}/appointment/';
      await engine.simulator.fault({ kind: 'slow', ms: 3000, route, count: null });
      const ended = engine.fullSync(businessId);
      await eventually(async () => (await engine.launcher.fullSyncProgress(businessId))?.phase === 'visits', {
        timeoutMs: 60_000,
        what: 'the full sync reaching the visits',
      });
      await engine.launcher.cancelFullSync(businessId);
      const { status } = await ended;
      if (status !== 'cancelled') throw new Error(`The run ended as ${status}, not as cancelled.`);
      return fullSyncId(businessId);
    },
  },

  'fullSync/dry-run': {
    async run(engine) {
      const businessId = await connected(engine);
      await expectEnd(engine, businessId, 'completed', 'dry_run');
      return fullSyncId(businessId);
    },
  },

  // Held by its business, woken while it is still held, and resumed from the Web UI after a pause from there.
  'fullSync/held': {
    async run(engine) {
      const businessId = await connected(engine);
      const { db } = engine.deps;
      const hold = (pausedAt: Date | null) =>
        db.business.update({ where: { id: businessId }, data: { pausedAt } });
      await hold(new Date());
      const ended = engine.fullSync(businessId);
      const isPaused = async () => (await engine.launcher.fullSyncProgress(businessId))?.paused === true;
      await eventually(isPaused, { timeoutMs: 60_000, what: 'the full sync being held' });
      await engine.launcher.wakeFullSync(businessId);
      const handle = engine.worker.client.workflow.getHandle(fullSyncId(businessId));
      await handle.signal(PAUSE_SIGNAL);
      await hold(null);
      await handle.signal(RESUME_SIGNAL);
      const { status } = await ended;
      if (status !== 'completed') throw new Error(`The run ended as ${status}, not as completed.`);
      return fullSyncId(businessId);
    },
  },

  // A record that failed alone: nothing is wrong with it any more.
  'recordSync/failed-alone': {
    async run(engine) {
      const businessId = await connected(engine);
      const { workflowId } = await engine.launcher.startRecordSync({
        businessId,
        runId: uuidv7(),
        actor: 'sync',
        entity: 'booking',
        externalId: uuidv7(),
        parentExternalId: null,
        failed: true,
      });
      await ended(engine, workflowId);
      return workflowId;
    },
  },

  'recordSync/one-client': {
    async run(engine) {
      const businessId = await connected(engine);
      await expectEnd(engine, businessId, 'completed');
      return recordSync(engine, businessId);
    },
  },

  'recordSync/unreadable': {
    async run(engine) {
      const businessId = await connected(engine);
      await expectEnd(engine, businessId, 'completed');
      await engine.simulator.fault({
        kind: 'drift',
        route: 'GET /business/{business_id}/customer/{customer_id}/',
        change: 'set',
        field: 'first_name',
        value: 42,
        count: null,
      });
      return recordSync(engine, businessId);
    },
  },
};

async function ended(engine: TestEngine, workflowId: string): Promise<void> {
  await eventually(async () => (await engine.launcher.recordSyncResult(workflowId, 1000)) !== 'running', {
    timeoutMs: 60_000,
    what: 'the end of the workflow',
  });
}

/** Syncs the first client card of a business by itself and waits for the end, whatever it is. */
async function recordSync(engine: TestEngine, businessId: string): Promise<string> {
  const { externalId } = await engine.deps.db.externalClient.findFirstOrThrow({
    where: { businessId },
    orderBy: { externalId: 'asc' },
  });
  const { workflowId } = await engine.launcher.startRecordSync({
    businessId,
    runId: uuidv7(),
    actor: 'test',
    entity: 'profile',
    externalId,
    parentExternalId: null,
  });
  await eventually(async () => (await engine.launcher.recordSyncResult(workflowId, 1000)) !== 'running', {
    timeoutMs: 60_000,
    what: 'the end of the record sync',
  });
  return workflowId;
}

const FOLDER = fileURLToPath(new URL('../test/replay/histories/', import.meta.url));

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, replace: { type: 'boolean', default: false } },
  });
  const wanted = Object.entries(SCENARIOS).filter(
    ([name]) => values.only === undefined || name === values.only || name.startsWith(`${values.only}/`),
  );
  if (wanted.length === 0)
    throw new Error(`There is no scenario ${String(values.only)} in scripts/record-histories.ts.`);
  const { servers, stop } = await startSharedServers();
  useSharedServers(servers);
  try {
    for (const [name, scenario] of wanted) {
      const file = path.join(FOLDER, `${name}.json`);
      if (existsSync(file) && !values.replace) {
        console.log(`${name}: kept (--replace records it again)`);
        continue;
      }
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, await record(scenario));
      console.log(`${name}: recorded`);
    }
  } finally {
    await stop();
  }
}

/** Runs one scenario on an engine of its own and returns the file's text. */
async function record(scenario: Scenario): Promise<string> {
  const engine = await startTestEngine(
    scenario.simulator === undefined ? {} : { simulator: scenario.simulator },
  );
  try {
    const workflowId = await scenario.run(engine);
    return historyToCommit(await engine.worker.client.workflow.getHandle(workflowId).fetchHistory());
  } finally {
    await engine.stop();
  }
}

async function connected(engine: TestEngine): Promise<string> {
  const [business] = await engine.connect();
  if (business === undefined) throw new Error('The simulator has no salon.');
  return business.businessId;
}

async function expectEnd(
  engine: TestEngine,
  businessId: string,
  wanted: string,
  mode: SyncMode = 'apply',
): Promise<void> {
  const { status, errorCode } = await engine.fullSync(businessId, mode);
  if (status !== wanted)
    throw new Error(`The run ended as ${status} (${String(errorCode)}), not as ${wanted}.`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
