import { setTimeout as delay } from 'node:timers/promises';
import { atMost, type Bench, type RowSpec } from '../row.ts';
import { startLive, type Live } from '../support/live.ts';
import { percentile, spread } from '../support/percentile.ts';

/** How long a change on one side takes to be visible on the other (SPEC 14). */

const SALON = { visits: 1_000, clients: 150, limit: null };
/** Changes that follow each other, and changes after everything has gone to sleep. */
const FOLLOWING = 150;
const AFTER_SLEEP = 16;
const SLEEP_MS = 3_500;

interface Latency {
  readonly there: readonly number[];
  readonly here: readonly number[];
  readonly asleep: readonly number[];
  readonly callsThere: number;
  readonly callsHere: number;
}

export function syncLatencyRows(): readonly RowSpec[] {
  const row = (name: string, share: number, bound: number): RowSpec => ({
    name,
    unit: 'ms',
    goal: atMost(bound),
    async measure(bench) {
      const { there, here, asleep, callsThere, callsHere } = await measureLatency(bench);
      return {
        value: percentile([...there, ...here, ...asleep], share),
        detail:
          `one at a time; Booksy→platform ${spread(there)}, ${callsThere.toFixed(1)} calls a change; ` +
          `platform→Booksy ${spread(here)}, ${callsHere.toFixed(1)} calls a change (read, write; its own webhook is not read); ` +
          `after ${String(SLEEP_MS / 1000)} s of rest, workflow to be started, both ways ${spread(asleep)}`,
      };
    },
  });
  return [row('sync.latency_p50_ms', 0.5, 100), row('sync.latency_p99_ms', 0.99, 500)];
}

function measureLatency(bench: Bench): Promise<Latency> {
  return bench.shared('latency', async () => {
    const live = await startLive(await bench.servers(), SALON);
    try {
      bench.say('latency: one change at a time');
      const visits = await live.visits();
      let next = 0;
      const take = () => visits[(next += 1) % visits.length]!;
      // The first changes load code and plans: they are those of a process that just began.
      for (let n = 0; n < 6; n += 1) await (n % 2 === 0 ? live.changeThere(take()) : live.changeHere(take()));
      const there = await inTurn(live, FOLLOWING, () => live.changeThere(take()));
      const here = await inTurn(live, FOLLOWING, () => live.changeHere(take()));
      const asleep: number[] = [];
      for (let n = 0; n < AFTER_SLEEP; n += 1) {
        await delay(SLEEP_MS);
        asleep.push(await (n % 2 === 0 ? live.changeThere(take()) : live.changeHere(take())));
      }
      return {
        there: there.times,
        here: here.times,
        asleep,
        callsThere: there.calls / FOLLOWING,
        callsHere: here.calls / FOLLOWING,
      };
    } finally {
      await live.stop();
    }
  });
}

async function inTurn(
  live: Live,
  count: number,
  change: () => Promise<number>,
): Promise<{ readonly times: readonly number[]; readonly calls: number }> {
  await live.rig.salon.clearCounters();
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) {
    times.push(await change());
    // A person does not wait for the other side before the next edit, nor always exactly as long.
    await delay((n * 37) % 120);
  }
  await delay(1_000);
  const { calls } = await live.rig.salon.counters();
  return { times, calls: calls.total };
}
