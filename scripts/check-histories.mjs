#!/usr/bin/env node
// Refuses a repository whose recorded workflow histories do not prove what they should: see histories.ts.
//   node scripts/check-histories.mjs [--repo DIR]
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

/** @type {typeof import('./histories.ts')} */
const { checkHistories } = await tsImport('./histories.ts', import.meta.url);

const flag = process.argv.indexOf('--repo');
const own = fileURLToPath(new URL('..', import.meta.url));
const { problems, sawGit } = checkHistories(
  path.resolve(flag === -1 ? own : (process.argv[flag + 1] ?? '.')),
);

if (!sawGit) console.log('No git history here: only the histories themselves are checked.');
for (const problem of problems) console.error(problem);
if (problems.length === 0)
  console.log('Every workflow has a recorded history, and none changed without a reason.');
process.exitCode = problems.length === 0 ? 0 : 1;
