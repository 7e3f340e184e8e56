import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../simulator/random.ts';
import type { Violation } from './check.ts';
import { SALON_FAULTS } from './faults.ts';
import { makeNaiveTree } from './naive.ts';
import { PATIENT, type RestBounds } from './quiet.ts';
import { startRig, type Rig } from './rig.ts';
import { openSalons, type Salon } from './salons.ts';
import { createDeck, SCENARIOS } from './script.ts';
import { STORMS } from './storms.ts';
import { runWave, type WavePlan, type WaveResult } from './wave.ts';

export interface FaultRunOptions {
  readonly seed: string;
  readonly runs: number;
  /** Runs of a wave: so many salons at once. */
  readonly size: number;
  /** Replays this wave only. */
  readonly onlyWave: number | null;
  /** Deals only these faults, storms and scenarios. */
  readonly onlyFaults: readonly string[] | null;
  /** So many of the same waves again with the safety taken out of the engine. */
  readonly naiveWaves: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** SPEC §15: other programs read it. */
export interface Summary {
  readonly runs: number;
  readonly violations: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly doubled: number;
  readonly createdTwice: number;
  readonly resurrected: number;
  /** Of what was lost: edits at Booksy that fell about a write of ours. */
  readonly inTheGap: number;
  readonly secondsPerRun: number;
  /** The naive baseline over the first of the same waves; null where it was not asked for. */
  readonly naive: Omit<Summary, 'naive' | 'faults'> | null;
}

/** Seeded salons are small: the variety is in the faults. */
const VISITS = 200;
/** More than a page, so that a list can shift between two. */
const CLIENTS = 110;
/** Salons that wait for one that was found at fault: it is not used again. */
const SPARE = 3;

/** Every wave that a seed fixes. The same options, the same plan. */
export function plansOf({
  seed,
  runs,
  size,
  onlyFaults,
}: Pick<FaultRunOptions, 'seed' | 'runs' | 'size' | 'onlyFaults'>): readonly WavePlan[] {
  const wanted = (names: readonly string[]) =>
    onlyFaults === null ? names : names.filter((name) => onlyFaults.includes(name));
  const random = createRandom(`${seed}/decks`);
  const faults = createDeck(wanted(Object.keys(SALON_FAULTS)), random);
  const storms = createDeck(wanted(Object.keys(STORMS)), random);
  const scenarios = createDeck(
    SCENARIOS.filter((name) => wanted([name]).length > 0),
    random,
  );
  return Array.from({ length: Math.ceil(runs / size) }, (_, index) => ({
    number: index + 1,
    seed: `${seed}/${String(index + 1)}`,
    storms: storms.deal(2),
    runs: Array.from({ length: Math.min(size, runs - index * size) }, (__, run) => ({
      seed: `${seed}/${String(index + 1)}/${String(run + 1)}`,
      faults: faults.deal(3),
      scenarios: scenarios.deal(2),
    })),
  }));
}

export interface FaultRunResult {
  readonly summary: Summary;
  readonly failed: boolean;
  readonly violations: readonly Violation[];
}

export async function runFaults(options: FaultRunOptions): Promise<FaultRunResult> {
  const { say } = options;
  const plans = plansOf(options).filter(({ number }) => [null, number].includes(options.onlyWave));
  const real = await runPlans(options, plans, PATIENT);
  if (options.naiveWaves === 0 || options.signal.aborted) return real;
  say('\nthe same with the safety taken out of the engine');
  const folder = await mkdtemp(join(tmpdir(), 'booksy-naive-'));
  try {
    await makeNaiveTree(folder);
    // Its findings are many: they are counted, not told.
    const say = (line: string): void => {
      if (/^(the runs ended|wave|    at)/.test(line)) options.say(line);
    };
    const quiet = { ...options, say };
    const naive = await runPlans(quiet, plans.slice(0, options.naiveWaves), IMPATIENT, folder);
    const { naive: _none, faults: _faults, ...counts } = naive.summary;
    say(`naive: ${JSON.stringify(counts)}`);
    if (counts.violations === 0) say('the checker found nothing in it: it would find nothing in anything');
    const failed = real.failed || counts.violations === 0;
    return { ...real, failed, summary: { ...real.summary, naive: counts } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the naive engine does not bring to rest soon it never does. */
const IMPATIENT: RestBounds = { sweeps: 3, settleMs: 12_000 };

async function runPlans(
  options: FaultRunOptions,
  plans: readonly WavePlan[],
  bounds: RestBounds,
  workerRoot?: string,
): Promise<FaultRunResult> {
  const { say, signal } = options;
  const width = Math.max(...plans.map(({ runs }) => runs.length));
  const rig = await startRig({
    seed: options.seed,
    salons: width + (plans.length > 1 ? SPARE : 0) + 1,
    visits: VISITS,
    clients: CLIENTS,
    say,
    ...(workerRoot === undefined ? {} : { workerRoot }),
  });
  const waves: WaveResult[] = [];
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
  ended.catch(() => undefined);
  try {
    if (signal.aborted) throw new Error('stopped');
    await Promise.race([ended, allWaves(rig, plans, options, bounds, waves)]);
  } catch (error) {
    say(`the runs ended early: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    if (!signal.aborted)
      rig
        .lastLines()
        .slice(-30)
        .forEach((line) => say(`  ${line.slice(0, 240)}`));
    return { ...conclude(options, plans, waves), failed: true };
  } finally {
    await rig.stop();
  }
  return conclude(options, plans, waves);
}

async function allWaves(
  rig: Rig,
  plans: readonly WavePlan[],
  options: FaultRunOptions,
  bounds: RestBounds,
  waves: WaveResult[],
): Promise<void> {
  const { say } = options;
  await rig.ensureWorkers(1);
  const startedAt = performance.now();
  const [bystander, ...salons] = await openSalons(rig);
  if (bystander === undefined) throw new Error('There is no salon.');
  await rig.ensureWorkers(2);
  say(
    `${String(salons.length + 1)} salons imported in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  );
  const fit: Salon[] = [...salons];
  for (const plan of plans) {
    say(`wave ${String(plan.number)}: ${plan.storms.join(', ')}`);
    const wave = await runWave(rig, plan, fit.slice(0, plan.runs.length), bystander, say, bounds);
    waves.push(wave);
    for (const { salon, judged, script, dump } of wave.runs) {
      if (judged.violations.length === 0) continue;
      // What is wrong in it would be found again by every run after this one.
      if (fit.length > plan.runs.length) fit.splice(fit.indexOf(salon), 1);
      say(
        `\nrun ${script.seed} (${script.faults.join(', ')}; ${script.scenarios.join(', ')}): salon ${String(salon.id)}, business ${salon.businessId}`,
      );
      for (const violation of judged.violations) tell(violation, say);
      wave.history.notes
        .concat(wave.runs.find((run) => run.salon === salon)?.history.notes ?? [])
        .forEach((line) => say(`    ${line}`));
      dump.forEach((line) => say(`      ${line}`));
      say(
        `  again: npm run test:faults -- --seed ${options.seed} --runs ${String(options.runs)} --size ${String(options.size)} --wave ${String(plan.number)}`,
      );
    }
    for (const violation of wave.violations) tell(violation, say);
  }
}

function tell({ invariant, verdict, text, lines }: Violation, say: (line: string) => void): void {
  say(`  ${invariant} ${verdict}: ${text}`);
  for (const line of lines) say(`    ${line}`);
}

function conclude(options: FaultRunOptions, plans: readonly WavePlan[], waves: readonly WaveResult[]) {
  const violations = waves.flatMap((wave) => [
    ...wave.violations,
    ...wave.runs.flatMap(({ judged }) => judged.violations),
  ]);
  const faults: Record<string, number> = {};
  for (const plan of plans.slice(0, waves.length)) {
    for (const name of [...plan.storms, ...plan.runs.flatMap((run) => [...run.faults, ...run.scenarios])])
      faults[name] ??= 0;
  }
  for (const { runs, history } of waves) {
    for (const [name, hits] of [...history.hits, ...runs.flatMap((run) => [...run.history.hits])])
      faults[name] = (faults[name] ?? 0) + hits;
  }
  const idle = Object.keys(faults).filter((name) => faults[name] === 0);
  for (const name of idle)
    options.say(`the fault ${name} was armed and never hit: these runs prove nothing of it`);
  const runs = waves.reduce((sum, wave) => sum + wave.runs.length, 0);
  const count = (verdict: Violation['verdict']) =>
    violations.filter((each) => each.verdict === verdict).length;
  const seconds = waves.reduce((sum, wave) => sum + wave.seconds, 0);
  const summary: Summary = {
    runs,
    violations: violations.length,
    faults,
    lost: count('lost'),
    doubled: count('doubled'),
    createdTwice: count('createdTwice'),
    resurrected: count('resurrected'),
    inTheGap: waves.flatMap((wave) => wave.runs.flatMap(({ judged }) => judged.inTheGap)).length,
    secondsPerRun: runs === 0 ? 0 : Math.round((seconds / runs) * 10) / 10,
    naive: null,
  };
  // A few runs cannot hold every fault often enough; a fault that is never hit at all is a hole in the proof.
  return { summary, violations, failed: violations.length > 0 || idle.length > 0 };
}
