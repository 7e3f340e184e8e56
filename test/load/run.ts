import { startBenchServers } from '../bench/support/servers.ts';
import type { LoadReport, LoadSize, Scenario, ScenarioReport } from './scenario.ts';
import { database } from './scenarios/database.ts';
import { limit } from './scenarios/limit.ts';
import { users } from './scenarios/users.ts';
import { volume } from './scenarios/volume.ts';

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [volume, users, limit, database];
/** The same violation a thousand times is told once. */
const MOST_VIOLATIONS = 20;

export interface LoadOptions {
  readonly size: LoadSize;
  /** Names; none = all. */
  readonly only: readonly string[];
  say(line: string): void;
}

/** Runs the scenarios one after the other, each on a database, simulator and processes of its own. */
export async function runLoad({ size, only, say }: LoadOptions): Promise<LoadReport> {
  const chosen = SCENARIOS.filter(({ name }) => only.length === 0 || only.includes(name));
  if (chosen.length === 0) throw new Error(`There are: ${SCENARIOS.map(({ name }) => name).join(', ')}.`);
  const begun = performance.now();
  const { servers, stop } = await startBenchServers();
  const reports: ScenarioReport[] = [];
  try {
    for (const scenario of chosen) {
      const report = await runOne(scenario, { servers, size, say });
      reports.push(report);
      for (const violation of report.violations) say(`${report.name}: ${violation}`);
    }
  } finally {
    await stop();
  }
  return {
    ok: reports.every(({ ok }) => ok),
    size,
    seconds: rounded((performance.now() - begun) / 1000),
    scenarios: reports,
  };
}

async function runOne(
  { name, about, run }: Scenario,
  context: Omit<Parameters<Scenario['run']>[0], 'expect'>,
): Promise<ScenarioReport> {
  context.say(`${name}: ${about}`);
  const violations = new Set<string>();
  const begun = performance.now();
  let counts: Readonly<Record<string, number>> = {};
  try {
    counts = await run({
      ...context,
      expect: (holds, otherwise) => {
        if (!holds && violations.size < MOST_VIOLATIONS) violations.add(otherwise);
      },
    });
  } catch (error) {
    violations.add(`It did not come to its end: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {
    name,
    ok: violations.size === 0,
    seconds: rounded((performance.now() - begun) / 1000),
    counts: Object.fromEntries(Object.entries(counts).map(([key, value]) => [key, rounded(value)])),
    violations: [...violations],
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
