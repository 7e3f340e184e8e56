#!/usr/bin/env node
/**
 * `npm run build`: makes dist/, the product as it runs where it is installed. Compiled JavaScript, the bundled workflows,
 * migrations, pages and the contract, with a package.json and lock file of its own that name only what it needs:
 *
 *   npm ci && npm run build
 *   cd dist && npm ci && node cli/booksy.mjs up        (or `npm ci --omit=dev` where you are, and node dist/cli/booksy.mjs)
 *
 * Options: --out DIR (default dist), --no-check (types are not checked: for tests that check them elsewhere).
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { tsImport } from 'tsx/esm/api';

/** @type {typeof import('./build-packages.ts')} */
const { productLock, productManifest } = await tsImport('./build-packages.ts', import.meta.url);

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Folders that are the product; what is not TypeScript in them is copied as it is. */
const FOLDERS = [
  'domain',
  'booksy',
  'infra',
  'activities',
  'workflows',
  'workers',
  'api',
  'cli',
  'simulator',
];
const FILES = ['LICENSE', '.env.example'];

const { values } = parseArgs({
  options: { out: { type: 'string', default: 'dist' }, 'no-check': { type: 'boolean', default: false } },
});
const out = path.resolve(ROOT, values.out);

try {
  await build();
} catch (error) {
  process.stderr.write(
    `build: ${error instanceof Error ? error.message : String(error)}\nThe old ${values.out} is as it was.\n`,
  );
  process.exit(1);
}

async function build() {
  refuseForeignFolder();
  // Built beside its place and put there whole: a build that fails leaves the last one alone.
  mkdirSync(path.dirname(out), { recursive: true });
  const fresh = mkdtempSync(`${out}.new-`);
  try {
    if (!existsSync(path.join(ROOT, 'infra/database/generated/client.ts')))
      run(['scripts/generate-client.mjs']);
    step('compile', () => compile(fresh));
    step('copy', () => copyRest(fresh));
    await step('bundle the workflows', () => bundle(fresh));
    // A temporary folder is its maker's alone; the product is run by another user than the one who built it.
    chmodSync(fresh, 0o755);
    const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
    const product = productManifest(manifest);
    writeJson(path.join(fresh, 'package.json'), product);
    writeJson(path.join(fresh, 'package-lock.json'), productLock(product, lock));
    // Packages that were installed there stay.
    const installed = path.join(out, 'node_modules');
    if (existsSync(installed)) renameSync(installed, path.join(fresh, 'node_modules'));
    rmSync(out, { recursive: true, force: true });
    renameSync(fresh, out);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  console.log(
    `${path.relative(process.cwd(), out) || '.'} is built: cd there, npm ci, node cli/booksy.mjs up`,
  );
}

/** A folder with other things in it must not be replaced. */
function refuseForeignFolder() {
  if (!existsSync(out)) return;
  const names = readdirSync(out);
  if (names.length > 0 && !names.includes('cli'))
    throw new Error(`${out} is no earlier build. Choose another --out.`);
}

/** @param {string} fresh */
function compile(fresh) {
  const check = values['no-check'] ? ['--noCheck'] : ['--noEmitOnError'];
  run(['node_modules/typescript/bin/tsc', '-p', 'scripts/build.tsconfig.json', '--outDir', fresh, ...check]);
}

/** @param {string} fresh */
function copyRest(fresh) {
  for (const folder of FOLDERS) {
    cpSync(path.join(ROOT, folder), path.join(fresh, folder), {
      recursive: true,
      filter: (source) => !/\.(?:ts|md)$/u.test(source),
    });
  }
  cpSync(path.join(ROOT, 'prisma'), path.join(fresh, 'prisma'), { recursive: true });
  for (const file of FILES) cpSync(path.join(ROOT, file), path.join(fresh, file));
}

/** The workflows in one file, so that no start has to bundle: the same bundle that the tests run. @param {string} fresh */
async function bundle(fresh) {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(ROOT, 'workflows/index.ts'),
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(path.join(fresh, 'workflows/bundle.js'), code);
}

/** @template T @param {string} name @param {() => T} work @returns {T} */
function step(name, work) {
  console.log(`${name} …`);
  return work();
}

/** @param {string[]} args */
function run(args) {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${args[0]} failed: see above.`);
}

/** @param {string} file @param {unknown} value */
function writeJson(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
