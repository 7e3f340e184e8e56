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

/** How much of a message is told again: with fast-check's, seed and path are among it. */
const MESSAGE_LINES = 8;

/**
 * What failed, for the end of the report: file, name and the beginning of the message of each test, in the order of the
 * run. A file that failed as a whole (its import, a hook) is one of them.
 *
 * @param report the parsed report, or null when there is none
 * @param root folder that is left out of the files' names
 */
export function failuresOf(report: unknown, root: string): readonly string[] {
  return listOf(report, 'testResults').flatMap((file) => {
    const name = textOf(file, 'name').replace(`${root}/`, '');
    const failed = listOf(file, 'assertionResults').filter((test) => fieldOf(test, 'status') === 'failed');
    if (failed.length === 0 && fieldOf(file, 'status') === 'failed')
      return [told(name, textOf(file, 'message'))];
    return failed.map((test) =>
      told(
        [name, ...listOf(test, 'ancestorTitles').map(String), textOf(test, 'title')].join(' > '),
        listOf(test, 'failureMessages').map(String).join('\n'),
      ),
    );
  });
}

function told(name: string, message: string): string {
  const lines = stripped(message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
  return [`✗ ${name}`, ...lines.slice(0, MESSAGE_LINES).map((line) => `    ${line}`)].join('\n');
}

/** Without the colours of a terminal. */
function stripped(text: string): string {
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}

function textOf(value: unknown, name: string): string {
  const text = fieldOf(value, name);
  return typeof text === 'string' ? text : '';
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = fieldOf(value, name);
  return Array.isArray(list) ? list : [];
}
