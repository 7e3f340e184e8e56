import { check } from './checker.ts';
import { People } from './people.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { START, World } from './world.ts';

export interface RunResult {
  readonly seed: number;
  readonly scenario: string;
  readonly violations: readonly string[];
  readonly residuals: readonly string[];
  readonly conflicts: number;
  readonly webhooks: 'on' | 'off' | 'flaky';
  /** Line by line, if traced. */
  readonly history: readonly string[];
}

const MINUTE = 60_000;

/**
 * One short history: people, two workers and a bad network for five minutes; then the network is in order again, late writes
 * still arrive, sweeps run, memories end after 24 h; and at last two more sweeps, which must write nothing.
 */
export function run(seed: number, hits: Map<string, number>, trace = false): Promise<RunResult> {
  return play(new World(seed, hits, trace), SCENARIOS[seed % SCENARIOS.length] ?? SCENARIOS[0], true);
}

/** One scenario, told to its end; with `noise` chance adds a deed of its own. */
export async function play(world: World, scenario: Scenario, noise: boolean): Promise<RunResult> {
  const { chance, scheduler, platform, booksy, seed } = world;
  const people = new People(world);
  world.hit(`scenario ${scenario.name}`);
  world.note(
    () =>
      `seed ${String(seed)}: ${scenario.name}; ${JSON.stringify(booksy.options)} ${JSON.stringify(world.faults)}`,
  );
  if (scenario.linked) world.linkFromStart();
  else {
    platform.addBox('edit');
    world.wake();
  }
  scenario.arrange(world, people);
  if (noise && chance.odds(0.25)) scheduler.after(chance.int(0, 200_000), () => people.something());
  for (const at of [1, 3]) scheduler.at(START + at * MINUTE + chance.int(0, MINUTE), () => world.sweep());
  const { webhooks } = world.faults;
  await scheduler.runUntil(START + 5 * MINUTE);

  Object.assign(world.faults, { writes: 0, reads: 0, crashes: 0, pauses: 0, webhooks: 'on' });
  world.fates.length = 0;
  booksy.busy = false;
  platform.gate = 'open';
  world.note(() => 'the faults end');
  for (const at of [15, 25]) scheduler.at(START + at * MINUTE, () => lookEverywhere(world));
  await scheduler.runUntil(START + 30 * MINUTE);
  await scheduler.runUntil(START + 26 * 60 * MINUTE);
  scheduler.after(MINUTE, () => lookEverywhere(world));
  await scheduler.runUntil(START + 27 * 60 * MINUTE);

  const violations: string[] = [];
  for (const sweep of ['first', 'second']) {
    platform.effects = [];
    const before = world.writes;
    lookEverywhere(world);
    await scheduler.runUntil(scheduler.now + 30 * MINUTE);
    const written = [...platform.effects, ...(world.writes > before ? ['a write at Booksy'] : [])];
    if (written.length > 0) violations.push(`the ${sweep} extra sweep wrote: ${written.join('; ')}`);
  }
  const verdict = check(world);
  return {
    seed,
    scenario: scenario.name,
    violations: [...violations, ...verdict.violations],
    residuals: verdict.residuals,
    conflicts: platform.conflicts.length,
    webhooks,
    history: world.history,
  };
}

/** A sweep of Booksy, and the nightly look at the platform's side: what triggers and webhooks did not tell. */
function lookEverywhere(world: World): void {
  world.sweep();
  world.platform.addBox('observe');
  world.wake();
}
