import { startSalons, type Salon, type Salons } from '../../faults/support/salons.ts';
import type { TestEngineOptions } from '../../../support/engine.ts';
import { WORKFLOW_TYPES } from '../../../../infra/temporal/names.ts';
import type { SweepInput, SweepTier } from '../../../../infra/temporal/schedules-types.ts';
import { askFor } from '../../../../infra/sweep/ask.ts';
import type { SweepTask } from '../../../../domain/sweep/tasks.ts';

/** The whole product on a sandbox, with the sweeps started by the test instead of by their schedules. */
export interface Sweeping extends Salons {
  /** A salon that was imported once: sweeps look only at those. */
  imported(): Promise<Salon>;
  /** Runs the real sweep workflow to its end. */
  sweep(tier?: SweepTier): Promise<void>;
  /** Asks for tasks of a salon and runs the sweep. */
  sweepOf(salon: Salon, ...tasks: readonly SweepTask[]): Promise<void>;
  /** Says that nothing of the other businesses is due for a day. */
  nothingElseDue(): Promise<void>;
}

export async function startSweeping(options: TestEngineOptions = {}): Promise<Sweeping> {
  const salons = await startSalons(options);
  const { engine } = salons;
  const sweep = async (tier: SweepTier = 'near') => {
    const input: SweepInput = { version: 1, accountKey: engine.config.booksy.accountKey, tier };
    await engine.worker.run(WORKFLOW_TYPES.sweep, input);
  };
  return {
    ...salons,
    async imported() {
      const salon = salons.fresh();
      const run = await engine.fullSync(salon.businessId);
      if (run.status !== 'completed') throw new Error(`The import ended as ${run.status}.`);
      return salon;
    },
    sweep,
    async sweepOf(salon, ...tasks) {
      await askFor(engine.deps.db, [salon.businessId], tasks);
      await sweep();
    },
    async nothingElseDue() {
      await engine.deps.db.$executeRaw`UPDATE integration_sync_status SET due_at = now() + interval '1 day'`;
    },
  };
}
