import { describe, expect, it } from 'vitest';
import { run, type RunResult } from './run.ts';

const RUNS = Number(process.env.SIM_RUNS ?? 20_000);
const SEED = Number(process.env.SIM_SEED ?? 0);

describe('short histories', () => {
  it('x', async () => {
    const hits = new Map<string, number>();
    const failed: RunResult[] = [];
    for (let seed = SEED; seed < SEED + RUNS; seed += 1) {
      const result = await run(seed, hits, RUNS === 1);
      if (result.violations.length > 0) failed.push(result);
    }
    expect(failed.map(({ seed, violations }) => [seed, violations])).toEqual([]);
  }, 600_000);
});
