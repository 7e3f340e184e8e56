import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startChild, type LineLog } from './child.ts';
import { makeFolder } from './data-folder.ts';
import { LocalError } from './errors.ts';

/** The newest release of the CLI that `go install` can build (later ones replace a module locally). */
const GO_PACKAGE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
/** Packages that such a build compiles: only for the share done in the progress line. */
const GO_PACKAGES_EXPECTED = 1_900;
const PROGRAM = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
/** The SDK's download is given up when no byte has come for this long. */
const DOWNLOAD_STALL_MS = 20_000;
const DOWNLOAD_TOTAL_MS = 600_000;

/** Where the Temporal program was found. */
export type TemporalBinary = {
  readonly path: string;
  readonly source: 'path' | 'cache' | 'download' | 'build';
};

type Resolve = { readonly log: LineLog; readonly env?: NodeJS.ProcessEnv };

/**
 * Finds the `temporal` program, or gets it: on PATH → in our cache folder → the SDK's download → built by Go. The last two
 * put it into the cache folder, which copies of the repository share; a half-made file never appears there.
 * @throws LocalError `temporal_missing` that says what to install
 */
export async function resolveTemporal({ log, env = process.env }: Resolve): Promise<TemporalBinary> {
  const found = findTemporal(env);
  if (found) return found;
  const cache = cacheFolder(env);
  makeFolder(cache);
  const reasons: string[] = [];
  log(`the Temporal server is not on this machine yet: getting it once, into ${cache}`);
  for (const [source, get] of [
    ['download', download],
    ['build', build],
  ] as const) {
    try {
      await get(path.join(cache, PROGRAM), cache, log, env);
      return { path: path.join(cache, PROGRAM), source };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      reasons.push(`${source}: ${reason}`);
      log(`Temporal by ${source}: ${reason}`);
    }
  }
  throw new LocalError(
    'temporal_missing',
    `There is no Temporal server on this machine, and it could not be got (${reasons.join('; ')}).`,
    'Install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH, or install Go 1.25 or newer, or set TEMPORAL_ADDRESS to a running server.',
  );
}

/** The `temporal` program that is here already, on PATH or in the cache folder; null when there is none. */
export function findTemporal(env: NodeJS.ProcessEnv = process.env): TemporalBinary | null {
  for (const folder of (env['PATH'] ?? '').split(path.delimiter).filter(Boolean)) {
    const file = path.join(folder, PROGRAM);
    if (isProgram(file)) return { path: file, source: 'path' };
  }
  const cached = path.join(cacheFolder(env), PROGRAM);
  return isProgram(cached) ? { path: cached, source: 'cache' } : null;
}

/** Our cache for programs, outside the repository: BOOKSY_SYNC_CACHE_DIR, or `booksy-sync/bin` in the user's cache. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const own = env['BOOKSY_SYNC_CACHE_DIR'];
  if (own) return path.resolve(own);
  return path.join(env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'booksy-sync', 'bin');
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Lets the SDK download the server it was made for, in a process of its own that can be given up. */
async function download(target: string, cache: string, log: LineLog, env: NodeJS.ProcessEnv): Promise<void> {
  const folder = mkdtempSync(path.join(cache, '.download-'));
  try {
    const script = path.join(import.meta.dirname, 'temporal-download.mjs');
    const child = await startChild(
      process.execPath,
      [script, folder],
      { env, stdio: ['ignore', 'pipe', 'pipe'] },
      () => undefined,
    );
    const started = performance.now();
    let seen = 0;
    let seenAt = started;
    let givenUp: string | null = null;
    const watch = setInterval(() => {
      const bytes = folderSize(folder);
      const now = performance.now();
      if (bytes > seen) {
        if (Math.floor(bytes / 2e7) > Math.floor(seen / 2e7))
          log(`downloading the Temporal server: ${Math.round(bytes / 1e6)} MB`);
        seen = bytes;
        seenAt = now;
      }
      if (now - seenAt > DOWNLOAD_STALL_MS) givenUp = `no data for ${DOWNLOAD_STALL_MS / 1000} s`;
      if (now - started > DOWNLOAD_TOTAL_MS) givenUp = `not done in ${DOWNLOAD_TOTAL_MS / 60_000} minutes`;
      if (givenUp !== null) child.kill('SIGKILL');
    }, 500);
    const exit = await child.exited.finally(() => clearInterval(watch));
    if (givenUp !== null) throw new Error(givenUp);
    const file = readdirSync(folder)
      .map((name) => path.join(folder, name))
      .find(isProgram);
    if (exit.code !== 0 || file === undefined) throw new Error(child.lastLines().at(-1) ?? 'refused');
    renameSync(file, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Builds the server with the machine's Go. Cold it takes 5–10 minutes on 2 cores: a line every few seconds says so. */
async function build(target: string, cache: string, log: LineLog, env: NodeJS.ProcessEnv): Promise<void> {
  const version = await promisify(execFile)('go', ['version'], { env }).catch(() => {
    throw new Error('Go is not installed');
  });
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(version.stdout) ?? [];
  if (Number(major) < 1 || (Number(major) === 1 && Number(minor) < 21)) {
    // From 1.21 on Go fetches the newer toolchain that a module asks for.
    throw new Error(`Go ${major}.${minor} is too old, 1.25 is needed`);
  }
  const folder = mkdtempSync(path.join(cache, '.build-'));
  const started = performance.now();
  let compiled = 0;
  const progress = setInterval(() => {
    const share = Math.min(99, Math.round((100 * compiled) / GO_PACKAGES_EXPECTED));
    const seconds = Math.round((performance.now() - started) / 1000);
    log(`building the Temporal server (once per machine, 5 to 10 minutes): about ${share} %, ${seconds} s`);
  }, 10_000);
  try {
    const child = await startChild(
      'go',
      ['install', '-v', '-trimpath', '-ldflags=-s -w', GO_PACKAGE],
      {
        cwd: folder,
        env: { ...env, GOBIN: folder, GOFLAGS: '', GO111MODULE: 'on' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
      (line) => {
        if (!line.includes(' ')) compiled += 1;
      },
    );
    const stop = (): void => child.kill('SIGTERM');
    process.once('exit', stop);
    const exit = await child.exited;
    process.off('exit', stop);
    if (exit.code !== 0) throw new Error(`go install failed: ${child.lastLines().slice(-3).join(' | ')}`);
    renameSync(path.join(folder, PROGRAM), target);
    log(`the Temporal server is built (${Math.round((performance.now() - started) / 1000)} s)`);
  } finally {
    clearInterval(progress);
    rmSync(folder, { recursive: true, force: true });
  }
}

function folderSize(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder).reduce((sum, name) => {
    const size = statSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
    return sum + size;
  }, 0);
}
