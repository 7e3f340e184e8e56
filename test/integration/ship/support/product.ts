import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** A built product in a folder of its own. */
export interface Product {
  readonly folder: string;
  /** Names of the packages that its own lock file has at the top. */
  readonly packages: readonly string[];
  /** Runs `node <args>` in it, to its end. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Finished>;
  /** Starts `node <args>` in it. */
  start(args: readonly string[], env?: NodeJS.ProcessEnv): Started;
  /** Ends what was started and removes the folder. */
  remove(): Promise<void>;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  stdout(): string;
  stderr(): string;
  stop(): Promise<Finished>;
}

/**
 * Builds the product far from the repository and gives it the packages of its own lock file, and no others: by links, so
 * that no registry is needed. A package that only the repository has would not be found.
 */
export function buildProduct(): Product {
  const base = mkdtempSync(path.join(tmpdir(), 'booksy-sync-built-'));
  const folder = path.join(base, 'dist');
  const built = spawnSync(process.execPath, ['scripts/build.mjs', '--no-check', '--out', folder], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`The build failed: ${built.stdout}${built.stderr}`);
  const lock = JSON.parse(readFileSync(path.join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>;
  };
  const packages = Object.keys(lock.packages)
    .map((place) => /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(place)?.[1])
    .filter((name) => name !== undefined);
  for (const name of packages) {
    const link = path.join(folder, 'node_modules', name);
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules', name), link);
  }
  const started: { child: ChildProcess; exited: Promise<unknown> }[] = [];
  const start = (
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Started & { done: Promise<Finished> } => {
    // Somewhere else than the product too: nothing may lean on the folder it is started in.
    const child = spawn(process.execPath, absolute(folder, args), {
      cwd: base,
      env: { ...bareEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = once(child, 'exit');
    started.push({ child, exited });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const done = once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr }));
    return {
      done,
      stdout: () => stdout,
      stderr: () => stderr,
      stop() {
        child.kill('SIGTERM');
        return done;
      },
    };
  };
  return {
    folder,
    packages,
    start,
    run: (args, env) => start(args, env).done,
    async remove() {
      for (const { child } of started) child.kill('SIGKILL');
      await Promise.all(
        started
          .filter(({ child }) => child.exitCode === null && child.signalCode === null)
          .map(({ exited }) => exited),
      );
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** The program's file, absolute: the first argument that is no option. */
function absolute(folder: string, [file = '', ...rest]: readonly string[]): string[] {
  return [path.join(folder, file), ...rest];
}

/** This environment without any setting of ours or of the test runner. */
function bareEnvironment(): NodeJS.ProcessEnv {
  const ours =
    /^(BOOKSY_|DATABASE_|TEMPORAL_|SIMULATOR_|API_|POSTGRES_|REDIS_|ENCRYPTION_|LOG_|WORKFLOW_|VITEST|NODE_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
