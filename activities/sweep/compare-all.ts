import { finishRun } from '../inbound/ledger.ts';
import { compareBusiness } from './compare.ts';
import type { Beat, SweepDeps, SweepingWorkflow } from './deps.ts';
import { lookAround } from './look.ts';
import { openRunOf } from './run-row.ts';

export interface ComparedAll {
  readonly businesses: number;
  readonly compared: number;
  readonly marked: number;
  readonly failed: number;
}

/** Compares platform and base of every business that may be swept (R27). One that fails does not keep the others. */
export async function compareAll(
  deps: SweepDeps,
  workflow: SweepingWorkflow,
  beat: Beat,
): Promise<ComparedAll> {
  const { states } = await lookAround(deps.db);
  const all = { businesses: 0, compared: 0, marked: 0, failed: 0 };
  for (const { businessId } of states) {
    beat();
    const run = await openRunOf(deps.db, businessId, 'compare', workflow);
    try {
      const { compared, marked } = await compareBusiness(deps, businessId, beat);
      all.businesses += 1;
      all.compared += compared;
      all.marked += marked;
      await deps.db.syncRun.update({
        where: { id: run.runId },
        data: { counts: { platform: { compared, marked } } },
      });
      await finishRun(deps, { ...run, status: 'completed', error: null });
    } catch (error) {
      // A rule that is no rule concerns this business only; a database that is away or a worker that stops concerns all.
      const code = codeOf(error);
      if (code === null) {
        await finishRun(deps, { ...run, status: 'failed', error: INTERRUPTED }).catch(() => undefined);
        throw error;
      }
      all.failed += 1;
      await finishRun(deps, { ...run, status: 'failed', error: { code, detail: 'The comparison failed.' } });
      deps.logger.warn({ businessId, code, err: error }, 'platform and base could not be compared');
    }
  }
  return all;
}

/** The next attempt has a row of its own. */
const INTERRUPTED = { code: 'interrupted', detail: 'The comparison was interrupted; it is done again.' };

function codeOf(error: unknown): string | null {
  const code = error instanceof Error ? (Reflect.get(error, 'code') as unknown) : null;
  return code === 'rule_invalid' || code === 'run_missing' ? code : null;
}
