import { setTimeout as delay } from 'node:timers/promises';
import { startRig } from '../../bench/support/rig.ts';
import type { Scenario } from '../scenario.ts';
import { carryOut, editableVisits, editsOf, lostOf, untilQuiet } from '../support.ts';

const SIZES = {
  short: { visits: 250, edits: 60, limit: { calls: 120, windowMs: 6_000 } },
  full: { visits: 1_500, edits: 500, limit: { calls: 200, windowMs: 10_000 } },
} as const;

/** More work than the allowance lets through: it is never exceeded in any window, nobody starves, nothing is lost (I11, R34). */
export const limit: Scenario = {
  name: 'limit',
  about: 'an import, sweeps and edits on both sides, all wanting more calls than Booksy allows',
  async run({ servers, size, say, expect }) {
    const { visits, edits: wanted, limit: allowed } = SIZES[size];
    const rig = await startRig(servers, { visits, clients: Math.round(visits * 0.15), limit: allowed });
    try {
      await rig.database.query('UPDATE businesses SET push_allowed_at = now()');
      await rig.startWorker();
      await rig.fullSync();
      await rig.startApi();
      const edits = editsOf((await editableVisits(rig)).slice(0, wanted), 'Limit');
      say(
        `limit: ${String(edits.length)} edits and a full sync under ${String(allowed.calls)} calls a window`,
      );
      await rig.salon.clearCounters();
      const begun = performance.now();
      const syncing = rig.fullSync();
      await carryOut(rig, edits, 8);
      await untilQuiet(rig, 400_000);
      await syncing;
      const seconds = (performance.now() - begun) / 1000;
      // The last windows have to end before the largest one is known.
      await delay(200);
      const { calls, rejected429 } = await rig.salon.counters();
      const lost = await lostOf(rig, edits);
      expect(
        lost.length === 0,
        `${String(lost.length)} edits are not on both sides: ${lost.slice(0, 3).join('; ')}`,
      );
      expect(
        calls.maxInRollingWindow <= allowed.calls,
        `${String(calls.maxInRollingWindow)} calls in one window of ${String(allowed.calls)}.`,
      );
      expect(
        rejected429 <= calls.total * 0.005,
        `${String(rejected429)} of ${String(calls.total)} calls were answered 429.`,
      );
      const possible = (allowed.calls * seconds * 1000) / allowed.windowMs;
      expect(calls.total > 0, 'No call was made.');
      return {
        edits: edits.length,
        calls: calls.total,
        maxInWindow: calls.maxInRollingWindow,
        rejected429,
        seconds,
        utilisation: calls.total / possible,
      };
    } finally {
      await rig.stop();
    }
  },
};
