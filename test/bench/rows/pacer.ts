import { setTimeout as delay } from 'node:timers/promises';
import { atLeast, atMost, type Bench, type RowSpec } from '../row.ts';
import { startPart } from '../support/part.ts';
import { startRig } from '../support/rig.ts';

/** Two processes share one account while more work waits than the allowance lets through. */

const LIMIT = { calls: 200, windowMs: 10_000 };
const WINDOWS = 6;

interface Pace {
  readonly seconds: number;
  readonly accepted: number;
  readonly calls: number;
  readonly rejected: number;
  readonly maxInWindow: number;
}

export function pacerRows(): readonly RowSpec[] {
  const limit = `${LIMIT.calls} calls in any ${LIMIT.windowMs / 1000} s, two processes`;
  return [
    {
      name: 'pacer.utilisation',
      unit: 'of the allowance',
      goal: atLeast(0.95),
      async measure(bench) {
        const pace = await measurePace(bench);
        const allowed = (LIMIT.calls * pace.seconds * 1000) / LIMIT.windowMs;
        return {
          value: pace.accepted / allowed,
          detail: `${pace.accepted} of ${allowed.toFixed(0)} calls in ${pace.seconds.toFixed(1)} s; ${limit}`,
        };
      },
    },
    {
      name: 'pacer.rejected_share',
      unit: 'of the calls',
      goal: atMost(0.005),
      async measure(bench) {
        const { rejected, calls } = await measurePace(bench);
        return {
          value: rejected / calls,
          detail: `${rejected} of ${calls} calls were answered 429; ${limit}`,
        };
      },
    },
    {
      name: 'pacer.max_in_window',
      unit: 'calls',
      goal: atMost(LIMIT.calls),
      async measure(bench) {
        const { maxInWindow } = await measurePace(bench);
        return { value: maxInWindow, detail: `as received by the simulator; ${limit}` };
      },
    },
  ];
}

function measurePace(bench: Bench): Promise<Pace> {
  return bench.shared('pace', async () => {
    const servers = await bench.servers();
    const rig = await startRig(servers, { visits: 200, clients: 40, limit: LIMIT });
    const caller = () =>
      startPart(servers, {
        entry: 'test/bench/support/caller.ts',
        env: { ...rig.env, BENCH_BUSINESS_ID: String(rig.businessIds[0]) },
      });
    try {
      bench.say(`pacer: two processes, ${(LIMIT.windowMs * WINDOWS) / 1000} s`);
      const callers = await Promise.all([caller(), caller()]);
      try {
        // From here on work waits all the time: both are past their first answers.
        await rig.salon.clearCounters();
        const begun = performance.now();
        await delay(LIMIT.windowMs * WINDOWS);
        const counters = await rig.salon.counters();
        const seconds = (performance.now() - begun) / 1000;
        const calls = counters.calls.total;
        const rejected = counters.rejected429;
        const maxInWindow = counters.calls.maxInRollingWindow;
        return { seconds, calls, rejected, accepted: calls - rejected, maxInWindow };
      } finally {
        await Promise.all(callers.map((one) => one.stop()));
      }
    } finally {
      await rig.stop();
    }
  });
}
