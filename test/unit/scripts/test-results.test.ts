import { describe, expect, it } from 'vitest';
import { countVitest } from '../../../scripts/test-results.ts';

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
