import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const report = z.strictObject({
  machine: z.looseObject({ cores: z.number(), cpu: z.string(), node: z.string() }),
  rows: z.array(
    z.strictObject({
      name: z.string(),
      value: z.number(),
      unit: z.string(),
      goal: z.string().regex(/^[<>]= [\d.]+$/),
      holds: z.boolean(),
      detail: z.string(),
    }),
  ),
});

/** Runs the benchmark as a process of its own, as `npm run bench` does. */
async function bench(...args: string[]): Promise<{ exitCode: unknown; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/bench/main.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<unknown[]>,
  ]);
  return { exitCode, stdout, stderr };
}

describe('npm run bench', () => {
  it('prints one object as its last line, whose rows are those that were asked for', async () => {
    const rows = ['import.calls_ratio', 'import.personal_data'];
    const run = await bench('--size', '100', '--json', ...rows.flatMap((name) => ['--only', name]));
    const last = run.stdout.trimEnd().split('\n').at(-1) ?? '';
    const found = report.parse(JSON.parse(last));
    expect(found.rows.map(({ name }) => name)).toEqual([
      'import.calls_ratio',
      'import.personal_data_in_history',
    ]);
    // Counted, so the same on any machine and at any size.
    expect(found.rows.map(({ name, holds }) => ({ name, holds }))).toEqual(
      found.rows.map(({ name }) => ({ name, holds: true })),
    );
    expect(run.exitCode).toBe(0);
  }, 240_000);

  it('refuses names that no row has', async () => {
    const run = await bench('--only', 'nothing.like_this', '--json');
    expect(run.exitCode).toBe(2);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('import.calls_ratio');
  });
});
