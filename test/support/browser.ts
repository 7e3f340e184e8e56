import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** No sandbox for root, nothing that calls home. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'headless_shell'];
const DOWNLOAD_MS = 8 * 60_000;
/** How long a test file may wait for its browser: it may have to be fetched first. */
export const BROWSER_TIMEOUT_MS = 2 * DOWNLOAD_MS;

/** One way to a browser: it gives the program's path (null = Playwright knows its own), or says why there is none. */
export interface BrowserSource {
  readonly name: string;
  path(): Promise<string | null>;
}

/** Where programs of this product's tests are kept between runs. */
function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'booksy-sync', 'chromium');
}

/**
 * The ways, in order: one that is told by BROWSER_PATH, one that is installed, Playwright's own if it was fetched
 * before, ours if it was unpacked before, and then a download: Playwright's, else Debian's package unpacked beside
 * (nothing is installed, no root is needed).
 */
export const BROWSER_SOURCES: readonly BrowserSource[] = [
  { name: 'BROWSER_PATH', path: async () => existing(process.env['BROWSER_PATH'] ?? '', 'it is not set') },
  { name: 'the PATH', path: async () => existing(onPath() ?? '', `none of ${NAMES.join(', ')} is there`) },
  { name: 'Playwright’s cache', path: async () => null },
  { name: 'our cache', path: async () => existing(wrapperIn(cacheFolder()), 'nothing was unpacked') },
  { name: 'Playwright’s download', path: fetchByPlaywright },
  { name: 'Debian’s package', path: () => unpackDebian(cacheFolder()) },
];

/**
 * Starts a headless Chromium, from the first source whose program really starts.
 *
 * @throws Error that says for each source why it was none, and what to install
 */
export async function launchBrowser(sources: readonly BrowserSource[] = BROWSER_SOURCES): Promise<Browser> {
  const failures: string[] = [];
  for (const source of sources) {
    try {
      const executablePath = await source.path();
      return await chromium.launch({ args: ARGS, ...(executablePath === null ? {} : { executablePath }) });
    } catch (error) {
      failures.push(`  ${source.name}: ${reasonOf(error)}`);
    }
  }
  throw new Error(
    [
      'No Chromium could be started, and this test needs one. Tried:',
      ...failures,
      'Install one (Debian: apt-get install chromium; else: npx playwright-core install --with-deps chromium-headless-shell)',
      'or set BROWSER_PATH to its program.',
    ].join('\n'),
  );
}

/** The line that says most of what a program said, or of what was thrown. */
function reasonOf(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  const text = said === '' ? (error instanceof Error ? error.message : String(error)) : said;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /^E:|error/i.test(line)) ?? lines[0] ?? 'it gave no reason')
    .trim()
    .slice(0, 300);
}

function existing(path: string, why: string): string {
  if (path === '' || !existsSync(path)) throw new Error(path === '' ? why : `${why} (${path})`);
  return path;
}

function onPath(): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      if (folder !== '' && existsSync(path)) return path;
    }
  }
  return null;
}

async function fetchByPlaywright(): Promise<null> {
  const cli = join(dirname(require.resolve('playwright-core/package.json')), 'cli.js');
  await run(process.execPath, [cli, 'install', 'chromium-headless-shell'], {
    timeout: DOWNLOAD_MS,
    env: { ...process.env, PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '15000' },
  });
  return null;
}

function wrapperIn(folder: string): string {
  return join(folder, 'chromium.sh');
}

/**
 * Fetches Debian's chromium and what it needs and this machine lacks, and unpacks it into the folder, with package lists
 * of its own: nothing of the system is changed. `installed` is the list of what counts as there already.
 */
export async function unpackDebian(folder: string, installed = '/var/lib/dpkg/status'): Promise<string> {
  if (!existsSync(installed)) throw new Error('this is no Debian');
  mkdirSync(dirname(folder), { recursive: true });
  // Two test files may do this at the same time: each in a place of its own, and the first that is done stays.
  const work = mkdtempSync(`${folder}-`);
  try {
    await unpackInto(work, installed);
    if (!existsSync(wrapperIn(folder))) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(work, folder);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return wrapperIn(folder);
}

async function unpackInto(folder: string, installed: string): Promise<void> {
  const state = join(folder, 'apt');
  const packages = join(folder, 'packages');
  const root = join(folder, 'root');
  for (const part of [
    join(state, 'lists', 'partial'),
    join(state, 'cache', 'archives', 'partial'),
    packages,
    root,
  ])
    mkdirSync(part, { recursive: true });
  const options = [
    ['Dir::State', state],
    ['Dir::State::lists', join(state, 'lists')],
    ['Dir::State::status', installed],
    ['Dir::Cache', join(state, 'cache')],
    ['Debug::NoLocking', '1'],
    ['APT::Sandbox::User', ''],
  ].flatMap(([name = '', value = '']) => ['-o', `${name}=${value}`]);
  const apt = async (args: readonly string[], cwd = folder): Promise<string> =>
    (await run('apt-get', [...options, ...args], { cwd, timeout: DOWNLOAD_MS, maxBuffer: 64_000_000 }))
      .stdout;
  await apt(['update', '-q']);
  const plan = await apt([
    'install',
    '--simulate',
    '--no-install-recommends',
    'chromium',
    'fonts-dejavu-core',
  ]);
  const missing = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '');
  if (!missing.includes('chromium')) throw new Error('apt has no chromium to unpack');
  await apt(['download', '-q', ...missing], packages);
  for (const name of readdirSync(packages).filter((file) => file.endsWith('.deb')))
    await run('dpkg-deb', ['-x', join(packages, name), root]);
  for (const part of [packages, state]) rmSync(part, { recursive: true, force: true });
  const program = 'root/usr/lib/chromium/chromium';
  existing(join(folder, program), 'the package holds no chromium');
  const libraries = ['root/usr/lib', 'root/lib']
    .flatMap((place) => [place, ...subfolders(join(folder, place)).map((name) => `${place}/${name}`)])
    .filter((place) => /-linux-gnu|\/lib$/.test(place))
    .map((place) => `$here/${place}`);
  const script = [
    '#!/bin/sh',
    'here=$(cd "$(dirname "$0")" && pwd)',
    `export LD_LIBRARY_PATH="${libraries.join(':')}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`,
    `exec "$here/${program}" "$@"`,
    '',
  ];
  writeFileSync(wrapperIn(folder), script.join('\n'), { mode: 0o755 });
}

function subfolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}
