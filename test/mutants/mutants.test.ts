import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MUTANTS } from './list.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** What the named tests need; the working tree itself is never touched. */
const COPIED = ['domain', 'test/simulation', 'test/unit/domain', 'package.json', 'tsconfig.json'];

let copy = '';

beforeAll(() => {
  copy = mkdtempSync(path.join(tmpdir(), 'booksy-mutants-'));
  for (const part of COPIED) cpSync(path.join(ROOT, part), path.join(copy, part), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  writeFileSync(
    path.join(copy, 'vitest.config.ts'),
    `export default { test: { include: ['test/**/*.test.ts'] } };\n`,
  );
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

interface Outcome {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly text: string;
}

/** Runs tests in the copy, in a process of their own. */
function runTests(files: readonly string[], name: string): Outcome {
  const report = path.join(copy, 'report.json');
  rmSync(report, { force: true });
  const vitest = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
  const child = spawnSync(
    process.execPath,
    [vitest, 'run', ...files, '-t', name, '--reporter=json', `--outputFile=${report}`],
    { cwd: copy, encoding: 'utf8', env: { ...process.env, VITEST: undefined }, timeout: 60_000 },
  );
  const text = `${child.stdout}\n${child.stderr}`;
  const read: unknown = JSON.parse(readFileSync(report, 'utf8'));
  const results = testsOf(read);
  return {
    passed: results.filter(({ status }) => status === 'passed').length,
    failed: results.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
    text,
  };
}

function testsOf(report: unknown): readonly { readonly status: string; readonly fullName: string }[] {
  if (typeof report !== 'object' || report === null || !('testResults' in report)) return [];
  if (!Array.isArray(report.testResults)) return [];
  const files: readonly { assertionResults?: readonly { status: string; fullName: string }[] }[] =
    report.testResults;
  return files.flatMap(({ assertionResults = [] }) => [...assertionResults]);
}

describe('planted defects', () => {
  it('the named tests pass while nothing is planted', { timeout: 120_000 }, () => {
    const files = [...new Set(MUTANTS.map(({ test }) => test.file))];
    const outcome = runTests(files, '');
    expect(outcome.failed, outcome.text).toEqual([]);
    expect(outcome.passed).toBeGreaterThan(MUTANTS.length);
  });

  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    '%s: its test fails',
    { timeout: 120_000 },
    (_, mutant) => {
      const file = path.join(copy, mutant.file);
      const whole = readFileSync(file, 'utf8');
      expect(whole.split(mutant.find), `${mutant.file} holds the text once`).toHaveLength(2);
      writeFileSync(
        file,
        whole.replace(mutant.find, () => mutant.replace),
      );
      try {
        const outcome = runTests([mutant.test.file], mutant.test.name);
        expect(
          outcome.failed.length,
          `nothing noticed that ${mutant.rule} is gone\n${outcome.text}`,
        ).toBeGreaterThan(0);
      } finally {
        writeFileSync(file, whole);
      }
    },
  );
});
