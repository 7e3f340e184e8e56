import { describe, expect, it } from 'vitest';
import { countVitest, failuresOf } from '../../../scripts/test-results.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((state) => ({ status: state })),
});

describe('countVitest', () => {
  it('counts tests of all files', () => {
    const report = { testResults: [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed')] };
    expect(countVitest(report, 1)).toEqual({ passed: 3, failed: 1, skipped: 0 });
  });

  it('counts skipped and planned tests apart', () => {
    const report = { testResults: [file('passed', 'passed', 'skipped', 'todo', 'pending')] };
    expect(countVitest(report, 0)).toEqual({ passed: 1, failed: 0, skipped: 3 });
  });

  it('counts a file that could not be loaded as a failed test', () => {
    const report = { testResults: [file('passed', 'passed'), file('failed')] };
    expect(countVitest(report, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  it('counts a failed hook around tests that passed', () => {
    expect(countVitest({ testResults: [file('failed', 'passed')] }, 1)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
  });

  it('counts an error outside of every test', () => {
    expect(countVitest({ testResults: [file('passed', 'passed')] }, 1)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
  });

  it.each([
    ['there is no report', null, 1],
    ['the run was killed', null, null],
    ['nothing ran', { testResults: [] }, 0],
    ['the report is something else', 'text', 0],
  ])('fails when %s', (_what, report, exitCode) => {
    expect(countVitest(report, exitCode)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

describe('failuresOf', () => {
  const failing = (title: string, message: string) => ({
    status: 'failed',
    ancestorTitles: ['a thing', 'of that kind'],
    title,
    failureMessages: [message],
  });

  it('names each failed test with its file and its message, without where it was thrown', () => {
    const message = `Error: Property failed after 3 tests\n{ seed: -17, path: "2:1" }\n\n    at here (a.ts:1:2)\n\u001b[31mleft\u001b[39m`;
    const report = {
      testResults: [
        { name: '/repo/test/one.test.ts', status: 'failed', assertionResults: [failing('holds', message)] },
        { name: '/repo/test/two.test.ts', status: 'passed', assertionResults: [{ status: 'passed' }] },
      ],
    };
    expect(failuresOf(report, '/repo')).toEqual([
      [
        '✗ test/one.test.ts > a thing > of that kind > holds',
        '    Error: Property failed after 3 tests',
        '    { seed: -17, path: "2:1" }',
        '    left',
      ].join('\n'),
    ]);
  });

  it('names a file that failed as a whole, and tells no message to its last line', () => {
    const message = Array.from({ length: 40 }, (_, n) => `line ${String(n)}`).join('\n');
    const report = {
      testResults: [{ name: '/repo/test/three.test.ts', status: 'failed', message, assertionResults: [] }],
    };
    const [told, ...more] = failuresOf(report, '/repo');
    expect(more).toEqual([]);
    expect(told?.split('\n')).toHaveLength(9);
    expect(told).toContain('✗ test/three.test.ts\n    line 0\n');
  });

  it('is empty where nothing failed, or nothing was reported', () => {
    expect(failuresOf({ testResults: [file('passed', 'passed')] }, '/repo')).toEqual([]);
    expect(failuresOf(null, '/repo')).toEqual([]);
  });
});
