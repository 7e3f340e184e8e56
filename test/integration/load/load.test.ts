/** The load tests, little of each, as `npm run test:load` runs them: real processes, and every promise counted. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const report = z.strictObject({
  ok: z.boolean(),
  size: z.string(),
  seconds: z.number(),
  scenarios: z.array(
    z.strictObject({
      name: z.string(),
      ok: z.boolean(),
      seconds: z.number(),
      counts: z.record(z.string(), z.number()),
      violations: z.array(z.string()),
    }),
  ),
});

async function load(...args: string[]): Promise<{ exitCode: unknown; stdout: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/load/main.ts', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [stdout, [exitCode]] = await Promise.all([
    text(child.stdout),
    once(child, 'exit') as Promise<unknown[]>,
  ]);
  return { exitCode, stdout };
}

describe('npm run test:load', () => {
  it('keeps every promise: high volume, many users, the rate limit, a stressed database', async () => {
    const { exitCode, stdout } = await load('--short', '--json');
    const { scenarios, ok } = report.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''));
    expect(scenarios.map(({ name, violations }) => ({ name, violations }))).toEqual(
      ['volume', 'users', 'limit', 'database'].map((name) => ({ name, violations: [] })),
    );
    // Nothing that was not done can break a promise.
    const counts = Object.fromEntries(scenarios.map((each) => [each.name, each.counts]));
    expect(counts['volume']?.['edits']).toBeGreaterThan(20);
    expect(counts['users']?.['requests']).toBeGreaterThan(20);
    expect(counts['limit']?.['calls']).toBeGreaterThan(60);
    expect(counts['database']?.['again']).toBeGreaterThan(0);
    expect([ok, exitCode]).toEqual([true, 0]);
  }, 900_000);

  it('refuses what is none of them', async () => {
    expect((await load('--only', 'nothing')).exitCode).toBe(2);
  });
});
