/** Scenarios of the sweeps and of what rebuilds workflows from rows: one for each way in which they go and end. */
import { randomUUID } from 'node:crypto';
import { takeSweeper } from '../../activities/sweep/lease.ts';
import { askFor } from '../../infra/sweep/ask.ts';
import { WORKFLOW_TYPES } from '../../infra/temporal/names.ts';
import type { ReconcileInput, SweepInput, SweepTier } from '../../infra/temporal/schedules-types.ts';
import { readSchedules } from '../../infra/temporal/schedules.ts';
import type { TestEngine } from '../../test/support/engine.ts';

interface Scenario {
  run(engine: TestEngine): Promise<string>;
}

export const SWEEP_SCENARIOS: Readonly<Record<string, Scenario>> = {
  // What is due is swept, then nothing is.
  'sweep/near': {
    async run(engine) {
      const businessId = await imported(engine);
      await askFor(engine.deps.db, [businessId], ['next', 'near', 'clients']);
      return swept(engine, 'near');
    },
  },

  // Everything, then platform against base, then what may not be kept.
  'sweep/nightly': {
    async run(engine) {
      await imported(engine);
      return swept(engine, 'nightly');
    },
  },

  // Another sweeper is at work: nothing is swept, the night's other work is done.
  'sweep/busy': {
    async run(engine) {
      await imported(engine);
      await takeSweeper(engine.deps.db, engine.config.booksy.accountKey, 'another');
      return swept(engine, 'nightly');
    },
  },

  // The account's credentials are refused: every other business would fail as well.
  'sweep/stopped': {
    async run(engine) {
      const businessId = await imported(engine);
      await engine.simulator.credentials({ refused: true, revokeTokens: true });
      await askFor(engine.deps.db, [businessId], ['near']);
      return swept(engine, 'near');
    },
  },

  // The schedules are missing, and the conflicts of the import have no workflows yet.
  'reconcileWorkflows/rebuilds': {
    async run(engine) {
      await imported(engine);
      return reconciled(engine);
    },
  },

  'reconcileWorkflows/nothing-to-do': {
    async run(engine) {
      return reconciled(engine);
    },
  },
};

async function imported(engine: TestEngine): Promise<string> {
  const [business] = await engine.connect();
  if (business === undefined) throw new Error('The simulator has no salon.');
  const { status } = await engine.fullSync(business.businessId);
  if (status !== 'completed') throw new Error(`The import ended as ${status}.`);
  return business.businessId;
}

async function swept(engine: TestEngine, tier: SweepTier): Promise<string> {
  const input: SweepInput = { version: 1, accountKey: engine.config.booksy.accountKey, tier };
  return runToEnd(engine, WORKFLOW_TYPES.sweep, input);
}

async function reconciled(engine: TestEngine): Promise<string> {
  const { accountKey } = engine.config.booksy;
  const input: ReconcileInput = { version: 1, accountKey };
  const workflowId = await runToEnd(engine, WORKFLOW_TYPES.reconcileWorkflows, input);
  // Nothing of this engine may fire once it is gone.
  const { client, taskQueue } = engine.worker;
  for (const { id, exists } of await readSchedules({ client, taskQueue, accountKey }))
    if (exists) await client.schedule.getHandle(id).delete();
  return workflowId;
}

async function runToEnd(
  { worker }: TestEngine,
  type: string,
  input: SweepInput | ReconcileInput,
): Promise<string> {
  const workflowId = `record/${randomUUID()}`;
  const { client, taskQueue } = worker;
  await client.workflow.execute(type, { workflowId, taskQueue, args: [input] });
  return workflowId;
}
