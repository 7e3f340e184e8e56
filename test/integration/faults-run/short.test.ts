import { expect, it } from 'vitest';
import { runFaults } from '../../faults/run.ts';

/**
 * Two fault runs of a fixed seed over real processes (TRUST §3, I1–I5, I7–I9, I11, I12): the long ones are
 * `npm run test:faults`.
 */
it(
  'loses, doubles and revives nothing while answers, requests and webhooks are lost',
  { timeout: 400_000 },
  async () => {
    const told: string[] = [];
    const { summary, violations } = await runFaults({
      seed: 'short',
      runs: 2,
      size: 2,
      onlyWave: null,
      naiveWaves: 0,
      onlyFaults: [
        'create_answer_lost',
        'change_answer_lost',
        'webhook_dropped',
        'webhook_doubled',
        'both_edit_in_one_second',
        'deleted_here_edited_there',
        'clock_skew',
      ],
      signal: new AbortController().signal,
      say: (line) => told.push(line),
    });
    expect(violations, told.join('\n')).toEqual([]);
    expect(summary, told.join('\n')).toMatchObject({
      runs: 2,
      lost: 0,
      doubled: 0,
      createdTwice: 0,
      resurrected: 0,
    });
    // A fault that never hit proves nothing.
    expect(Object.keys(summary.faults).filter((name) => summary.faults[name] === 0)).toEqual([]);
    expect(summary.faults['create_answer_lost'] ?? 0).toBeGreaterThan(0);
  },
);
