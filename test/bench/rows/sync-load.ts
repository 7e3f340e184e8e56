import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { measureWorkflows } from '../../../infra/local/measure.ts';
import { businessSyncId, createLauncher } from '../../../infra/temporal/launch.ts';
import { atMost, type Bench, type RowSpec, type Sizes } from '../row.ts';
import { startLive, type Live, type LiveVisit } from '../support/live.ts';
import { percentile, spread } from '../support/percentile.ts';
import { salonOf } from '../support/salon.ts';

/** Changes under load: many salons at once, beside an import, beside a noisy neighbour (SPEC 14). */

const SALONS = 10;
const PER_SECOND = 100;
const SECONDS = 20;
/** A service that has been up for some seconds is measured: before, V8 compiles and PostgreSQL plans what it will go on with. */
const WARM_UP = { perSecond: 50, changes: 1_000 };
/** Drains that linger would be counted as of before. */
const REST_MS = 3_500;

export function syncLoadRows({ base }: Sizes): readonly RowSpec[] {
  return [
    {
      name: 'sync.sustained_p99_ms',
      unit: 'ms',
      goal: atMost(1_000),
      async measure(bench) {
        const { times } = await sustained(bench);
        return {
          value: percentile(times, 0.99),
          detail: `${spread(times)}; ${String(PER_SECOND)} changes a second over ${String(SALONS)} salons for ${String(SECONDS)} s, every other one from here; after ${String(WARM_UP.changes)} changes at ${String(WARM_UP.perSecond)} a second`,
        };
      },
    },
    {
      name: 'sync.actions_per_1000',
      unit: 'actions',
      goal: atMost(40),
      async measure(bench) {
        const { times, actions } = await sustained(bench);
        return {
          value: (actions * 1_000) / times.length,
          detail: `${String(actions)} actions for ${String(times.length)} two-way changes of ${String(SALONS)} salons, all runs of business-sync counted from their histories`,
        };
      },
    },
    {
      name: 'sync.latency_p99_ms_during_import',
      unit: 'ms',
      goal: atMost(3_000),
      measure: (bench) => duringImport(bench, base),
    },
    {
      name: 'sync.quiet_business_p99_ratio',
      unit: 'times',
      // Our own bound: SPEC 14 names the row without one. One tenant's storm must not be another's (I12).
      goal: atMost(5),
      measure: quietBesideNoisy,
    },
  ];
}

function sustained(bench: Bench): Promise<{ readonly times: readonly number[]; readonly actions: number }> {
  return bench.shared('sustained', async () => {
    const live = await startLive(await bench.servers(), {
      salons: SALONS,
      // Each visit is changed once: two edits of one within the engine's own write are a conflict, and not what is measured.
      visits: 2_000,
      clients: 300,
      limit: null,
    });
    try {
      const visits = await live.visits();
      await atPace(live, visits.slice(0, WARM_UP.changes), WARM_UP.perSecond, WARM_UP.changes);
      await delay(REST_MS);
      bench.say(`sustained: ${String(PER_SECOND)} changes a second over ${String(SALONS)} salons`);
      const since = new Date();
      const fresh = [...visits.slice(WARM_UP.changes), ...visits.slice(0, WARM_UP.changes)];
      const times = await atPace(live, fresh, PER_SECOND, SECONDS * PER_SECOND);
      // Activities end a moment after the last change.
      await delay(4_000);
      const ids = live.rig.businessIds.map((id) => businessSyncId(id));
      const { actions } = await measureWorkflows(live.rig.temporal, ids, since);
      return { times, actions };
    } finally {
      await live.stop();
    }
  });
}

async function warmUp(live: Live, visits: readonly LiveVisit[]): Promise<void> {
  for (const [n, visit] of visits.slice(0, 20).entries()) {
    await (n % 2 === 0 ? live.changeThere(visit) : live.changeHere(visit));
  }
  await delay(REST_MS);
}

/** Starts changes by the clock, whether or not earlier ones have arrived; a visit that is under way is left out. */
async function atPace(
  live: Live,
  visits: readonly LiveVisit[],
  perSecond: number,
  count: number,
): Promise<readonly number[]> {
  const begun = performance.now();
  const busy = new Set<LiveVisit>();
  const changes: Promise<number>[] = [];
  let next = 0;
  for (let n = 0; n < count; n += 1) {
    const waitMs = begun + (n * 1_000) / perSecond - performance.now();
    if (waitMs > 0) await delay(waitMs);
    let tried = 0;
    do next = (next + 1) % visits.length;
    while (busy.has(visits[next]!) && (tried += 1) < visits.length);
    const visit = visits[next]!;
    busy.add(visit);
    const change = n % 2 === 0 ? live.changeThere(visit) : live.changeHere(visit);
    changes.push(change.finally(() => busy.delete(visit)));
  }
  return Promise.all(changes);
}

/** The first import of the very business whose visits are changed: both want the same locks. */
async function duringImport(bench: Bench, visits: number) {
  const live = await startLive(await bench.servers(), { ...salonOf(visits), imported: false });
  try {
    bench.say(`latency during an import of ${String(visits)} visits`);
    const [businessId = ''] = live.rig.businessIds;
    const launcher = createLauncher({ client: live.rig.temporal, taskQueue: live.rig.taskQueue });
    await launcher.startFullSync({ businessId, runId: uuidv7(), actor: 'bench' });
    let over = false;
    const ended = launcher.fullSyncResult(businessId).then(() => {
      over = true;
    });
    let changeable = await live.visits();
    while (changeable.length < 50 && !over) {
      await delay(100);
      changeable = await live.visits();
    }
    const there: number[] = [];
    const here: number[] = [];
    const keepOn = async (times: number[], odd: number, change: (visit: LiveVisit) => Promise<number>) => {
      const mine = changeable.filter((_, index) => index % 2 === odd);
      for (let n = 0; !over; n += 1) times.push(await change(mine[n % mine.length]!));
    };
    await Promise.all([keepOn(there, 0, live.changeThere), keepOn(here, 1, live.changeHere), ended]);
    return {
      value: percentile([...there, ...here], 0.99),
      detail: `first import of ${String(visits)} visits under way in the same salon; Booksy→platform by webhook ${spread(there)}; platform→Booksy ${spread(here)}`,
    };
  } finally {
    await live.stop();
  }
}

/** One salon with a change now and then, alone and beside one with fifty a second. */
async function quietBesideNoisy(bench: Bench) {
  const live = await startLive(await bench.servers(), { salons: 2, visits: 600, clients: 90, limit: null });
  try {
    const visits = await live.visits();
    await warmUp(live, visits);
    const [quietId] = live.rig.businessIds;
    const quiet = visits.filter(({ businessId }) => businessId === quietId);
    const noisy = visits.filter(({ businessId }) => businessId !== quietId);
    const nowAndThen = async () => {
      const times: number[] = [];
      for (let n = 0; n < 60; n += 1) {
        const visit = quiet[n % quiet.length]!;
        times.push(await (n % 2 === 0 ? live.changeThere(visit) : live.changeHere(visit)));
        await delay(80);
      }
      return times;
    };
    bench.say('a quiet salon, alone and beside a noisy one');
    const alone = await nowAndThen();
    const storm = atPace(live, noisy, 50, 50 * 10);
    const beside = await nowAndThen();
    await storm;
    return {
      value: percentile(beside, 0.99) / percentile(alone, 0.99),
      detail: `alone ${spread(alone)}; beside a salon with 50 changes a second ${spread(beside)}`,
    };
  } finally {
    await live.stop();
  }
}
