/** How many tests of a run passed and failed. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Counts what Vitest's JSON report says. Whatever went wrong beside a failed test — a file that could not be loaded, an
 * error nobody caught, a set-up that failed, a report that was never written — counts as one failed test, so that no
 * broken run can look like a good one.
 *
 * @param report the parsed report, or null when there is none
 * @param exitCode Vitest's; null when a signal ended it
 */
export function countVitest(report: unknown, exitCode: number | null): Counts {
  const files = listOf(report, 'testResults');
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const file of files) {
    const states = listOf(file, 'assertionResults').map((test) => fieldOf(test, 'status'));
    const failures = states.filter((state) => state === 'failed').length;
    passed += states.filter((state) => state === 'passed').length;
    failed += failures;
    skipped += states.filter((state) => state !== 'passed' && state !== 'failed').length;
    // The file itself failed: its import, or a hook around its tests.
    if (fieldOf(file, 'status') === 'failed' && failures === 0) failed += 1;
  }
  if (failed === 0 && (exitCode !== 0 || passed === 0)) failed = 1;
  return { passed, failed, skipped };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = fieldOf(value, name);
  return Array.isArray(list) ? list : [];
}
