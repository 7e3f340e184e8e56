#!/usr/bin/env node
// `npm test`: everything that must hold, in order, on a fresh machine after `npm ci`. Every step is run even when one
// before it failed; each counts as one test, beside Vitest's own. The last line is `N passed, N failed`, alone.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

/** @type {typeof import('./test-results.ts')} */
const { countVitest, failuresOf } = await tsImport('./test-results.ts', import.meta.url);

const root = fileURLToPath(new URL('..', import.meta.url));
const reportFolder = mkdtempSync(path.join(tmpdir(), 'booksy-sync-report-'));
const report = path.join(reportFolder, 'vitest.json');

const steps = [
  {
    name: 'format',
    command: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  },
  { name: 'lint', command: ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0'] },
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  { name: 'histories', command: ['scripts/check-histories.mjs'] },
  {
    name: 'vitest',
    command: [
      ...['node_modules/vitest/vitest.mjs', 'run', '--allowOnly=false'],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ],
  },
];

let interrupted = false;
// The terminal sends Ctrl-C to the running step too, which cleans up; we wait for it and say how far we came.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    interrupted = true;
    if (signal === 'SIGTERM') running?.kill(signal);
  });
}
/** @type {import('node:child_process').ChildProcess | undefined} */
let running;

let passed = 0;
let failed = 0;
const summary = [];
/** What failed, by name: nobody should have to look for it in the pages before. */
let failures = [];
for (const { name, command } of steps) {
  if (interrupted) break;
  console.log(`\n── ${name} ──`);
  const startedAt = performance.now();
  const exitCode = await run(command);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const read = name === 'vitest' ? readReport() : null;
  const counts = name === 'vitest' ? countVitest(read, exitCode) : { passed: 0, failed: 0, skipped: 0 };
  failures = [...failures, ...failuresOf(read, root.replace(/\/$/, ''))];
  const holds = exitCode === 0;
  passed += counts.passed + (holds ? 1 : 0);
  failed += counts.failed + (holds ? 0 : 1);
  const detail =
    name === 'vitest' ? `  ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped` : '';
  summary.push(`${holds ? '✓' : '✗'} ${name.padEnd(10)} ${seconds.padStart(6)} s${detail}`);
}
if (interrupted) {
  failed += 1;
  summary.push('✗ interrupted');
}
rmSync(reportFolder, { recursive: true, force: true });
if (failures.length > 0) console.log(`\n── what failed ──\n${failures.join('\n')}`);
console.log(`\n${summary.join('\n')}\n`);
// Written only when everything before it is out, so that nothing follows it; exitCode and not exit() lets it drain.
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = interrupted ? 130 : failed > 0 || passed === 0 ? 1 : 0;

/**
 * Runs one step in the repository with its output shown live.
 * @param {string[]} command
 * @returns {Promise<number | null>} its exit code; null when it could not start or a signal ended it
 */
function run(command) {
  return new Promise((resolve) => {
    running = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    running.once('error', (error) => {
      console.error(error.message);
      resolve(null);
    });
    running.once('close', (code) => resolve(code));
  });
}

function readReport() {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return null;
  }
}
