import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { createRandom, type Random } from '../../simulator/random.ts';
import { dumpRecords } from './dump.ts';
import { judge, type Judged, type Violation } from './check.ts';
import { allHit, arm, noteHits, type ArmedFaults } from './faults.ts';
import { createHistory, type History } from './history.ts';
import { play } from './play.ts';
import { PATIENT, rest, startSweep, type RestBounds } from './quiet.ts';
import { RATE, type Rig } from './rig.ts';
import { visitsThere, type Salon } from './salons.ts';
import { CHAOS_MS, scriptOf, type Scenario, type Script } from './script.ts';
import { readState } from './state.ts';
import { STORMS } from './storms.ts';
import { checkBystander } from './bystander.ts';

/** A wave: as many runs as there are salons, disturbed together, brought to rest together, judged one by one. */

export interface WavePlan {
  readonly number: number;
  readonly seed: string;
  readonly runs: readonly {
    readonly seed: string;
    readonly faults: readonly string[];
    readonly scenarios: readonly Scenario[];
  }[];
  readonly storms: readonly string[];
}

export interface RunResult {
  readonly script: Script;
  readonly salon: Salon;
  readonly history: History;
  readonly judged: Judged;
  /** What the engine holds of what went wrong. */
  readonly dump: readonly string[];
}

export interface WaveResult {
  readonly runs: readonly RunResult[];
  /** Of the wave as a whole: allowance, bystander, what would not come to rest. */
  readonly violations: readonly Violation[];
  readonly history: History;
  readonly seconds: number;
}

export async function runWave(
  rig: Rig,
  plan: WavePlan,
  salons: readonly Salon[],
  bystander: Salon,
  say: (line: string) => void,
  bounds: RestBounds = PATIENT,
): Promise<WaveResult> {
  const startedAt = performance.now();
  const random = createRandom(`${plan.seed}/storm`);
  const history = createHistory();
  const before = await counted(rig);
  const runs = await Promise.all(
    plan.runs.map(async (run, index) => {
      const salon = salons[index];
      if (salon === undefined) throw new Error('There are fewer salons than runs.');
      return prepare(rig, salon, run);
    }),
  );
  await Promise.all([
    ...runs.map(({ salon, script, history: own }) => play(rig, salon, script, own)),
    ...plan.storms.map((name) => STORMS[name]?.({ rig, salons, history, random })),
    sweepInTheMiddle(rig, salons, random),
  ]);
  await lingering(rig, runs, salons);
  for (const run of runs) await noteHits(rig, run.armed, run.history);
  // Quiet: no fault is left, every part is up.
  await rig.control('DELETE', '/faults');
  await rig.ensureWorkers(2);
  const alone = await checkBystander(rig, bystander, plan, history);
  const restAt = performance.now();
  const rested = await rest(rig, [...salons.slice(0, runs.length), bystander], say, bounds);
  const restSeconds = (performance.now() - restAt) / 1000;

  const results: RunResult[] = [];
  for (const run of runs) {
    const judged = judge(run.history, await readState(rig, run.salon, run.history));
    const { businessId } = run.salon;
    const loud = [
      ...named('did not come to rest', rested.restless.get(businessId)),
      ...named('two sweeps in a row still wrote', rested.writing.get(businessId)),
    ];
    const violations = [...judged.violations, ...loud.map((text) => other('I4', text))];
    const keys = violations.flatMap(({ subject }) => subject ?? []);
    const dump =
      violations.length === 0 ? [] : await dumpRecords(rig, run.salon, run.history, [...new Set(keys)]);
    results.push({ ...run, judged: { ...judged, violations }, dump });
  }
  const after = await counted(rig);
  const made429 = runs.reduce((sum, run) => sum + (run.history.hits.get('storm_429') ?? 0), 0);
  const violations = [...alone, ...allowance({ ...before, rejected: before.rejected + made429 }, after)];
  const seconds = (performance.now() - startedAt) / 1000;
  say(
    `wave ${String(plan.number)}: ${String(runs.length)} runs in ${seconds.toFixed(1)} s (rest ${restSeconds.toFixed(1)} s, ${String(rested.sweeps)} sweeps)`,
  );
  return { runs: results, violations, history, seconds };
}

/** On a busy machine the engine may need longer than the script: faults stay armed until they had their chance. */
const LINGER_MS = 60_000;

/** Faults of lists need somebody who reads lists: a sweep that was killed is followed by another one. */
async function lingering(rig: Rig, runs: readonly Prepared[], salons: readonly Salon[]): Promise<void> {
  const until = performance.now() + LINGER_MS;
  let sweepAt = performance.now() + 3_000;
  const since = new Date();
  while (performance.now() < until) {
    const hit = await Promise.all(runs.map(({ armed }) => allHit(rig, armed)));
    if (hit.every(Boolean)) return;
    if (performance.now() >= sweepAt) {
      sweepAt += 6_000;
      await startSweep(rig, salons, 'near', since).catch(() => undefined);
    }
    await delay(200);
  }
}

interface Prepared {
  readonly salon: Salon;
  readonly script: Script;
  readonly history: History;
  readonly armed: ArmedFaults;
}

async function prepare(rig: Rig, salon: Salon, run: WavePlan['runs'][number]): Promise<Prepared> {
  const random = createRandom(run.seed);
  const script = scriptOf(run.seed, random, run.faults, run.scenarios);
  const poisoned = run.faults.includes('poison_record') ? await poison(rig, salon, random) : [];
  const armed = await arm(rig, salon, run.faults, random, poisoned);
  return { salon, script, history: createHistory(), armed };
}

/** A visit to come of the salon, which every sweep reads, that Booksy shall answer unreadably. */
async function poison(rig: Rig, salon: Salon, random: Random): Promise<readonly number[]> {
  const visits = await visitsThere(rig, salon);
  const soon = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const live = visits.filter(
    ({ status, type, subbookings }) =>
      status === 'A' && type !== 'R' && subbookings.every(({ booked_from: from }) => from > soon),
  );
  return live.length === 0 ? [] : [random.pick(live).id];
}

/** Faults of lists need somebody who reads lists. */
async function sweepInTheMiddle(rig: Rig, salons: readonly Salon[], random: Random): Promise<void> {
  for (const at of [600, CHAOS_MS / 2]) {
    await delay(at + random.below(400));
    await startSweep(rig, salons, 'near').catch(() => undefined);
  }
}

const counters = z.looseObject({
  calls: z.looseObject({ maxInRollingWindow: z.number() }),
  rejected429: z.number(),
});

async function counted(rig: Rig): Promise<{ readonly max: number; readonly rejected: number }> {
  const { calls, rejected429 } = counters.parse(await rig.control('GET', '/counters'));
  return { max: calls.maxInRollingWindow, rejected: rejected429 };
}

/** I11. What Booksy's limiter itself refused; a 429 that a fault made is none of ours. */
function allowance(
  before: { readonly rejected: number },
  after: { readonly max: number; readonly rejected: number },
): readonly Violation[] {
  const texts = [
    ...(after.max > RATE.limit
      ? [`${String(after.max)} calls in one window, ${String(RATE.limit)} are allowed`]
      : []),
    ...(after.rejected > before.rejected
      ? [`Booksy's limiter refused ${String(after.rejected - before.rejected)} calls`]
      : []),
  ];
  return texts.map((text) => other('I11', text));
}

export function other(invariant: string, text: string): Violation {
  return { invariant, verdict: 'other', text, lines: [] };
}

function named(what: string, text: string | undefined): readonly string[] {
  return text === undefined ? [] : [`${what}: ${text}`];
}
