import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { isStillRunning, sendSignal, type ProcessIdentity } from '../../../../infra/local/processes.ts';
import { eventually } from '../../../support/eventually.ts';

const ENTRY = fileURLToPath(new URL('../../../../cli/booksy.mjs', import.meta.url));
/** A salon that arrives in a second or two, and a limit that does not hold it up. */
export const SMALL = ['--visits', '150', '--clients', '40', '--rate-limit', '5000/1s'];

/** What a finished `booksy` left. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of stdout as JSON. */
  readonly json: Record<string, unknown>;
}

/** A `booksy` that runs. */
export interface Running {
  readonly process: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  readonly done: Promise<Finished>;
}

/** Data folders of one test file, with everything in them ended and removed afterwards. */
export function createDataFolders() {
  const dirs: string[] = [];
  const started: Running[] = [];
  return {
    /** A fresh folder; `<it>/data` does not exist yet. */
    fresh(): string {
      const dir = mkdtempSync(path.join(tmpdir(), 'booksy-sync-launcher-'));
      dirs.push(dir);
      return path.join(dir, 'data');
    },
    /** Starts `booksy`. Its environment holds none of our settings but those given. */
    start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
      const running = startBooksy(args, env, dirs[0] ?? tmpdir());
      started.push(running);
      return running;
    },
    async removeAll(): Promise<void> {
      for (const { process: child } of started) child.kill('SIGKILL');
      await Promise.all(started.map(({ done }) => done));
      for (const dir of dirs) {
        for (const part of recordedParts(path.join(dir, 'data'))) {
          await eventually(
            () => {
              if (isStillRunning(part)) sendSignal(part.pid, 'SIGKILL');
              return !isStillRunning(part);
            },
            { what: `the end of ${part.name}` },
          );
        }
        rmSync(dir, { recursive: true, force: true, maxRetries: 10 });
      }
    },
  };
}

function startBooksy(args: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Running {
  const bare = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(BOOKSY_|DATABASE_|TEMPORAL_|SIMULATOR_|API_|POSTGRES_|ENCRYPTION_|LOG_|VITEST|NODE_ENV)/.test(
          name,
        ),
    ),
  );
  // Somewhere else than the repository: a developer's .env there must not reach the test.
  const child = spawn(process.execPath, [ENTRY, ...args], {
    cwd,
    env: { ...bare, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
  const done = new Promise<Finished>((resolve) => {
    child.once('close', (code) => resolve({ code, ...text, json: lastJson(text.stdout) }));
  });
  return {
    process: child,
    pid: child.pid ?? 0,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    done,
  };
}

function lastJson(stdout: string): Record<string, unknown> {
  const line = stdout.trim().split('\n').at(-1) ?? '';
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The ready object of an `up --json`, once it is there. */
export async function ready(up: Running): Promise<Record<string, unknown>> {
  return eventually(
    () => {
      if (up.process.exitCode !== null) throw new Error(`booksy ended: ${up.stdout()}\n${up.stderr()}`);
      const object = lastJson(up.stdout());
      return object['ready'] === true && object;
    },
    { timeoutMs: 180_000, intervalMs: 100, what: 'the ready line' },
  );
}

const runFile = z.object({
  parts: z.array(z.object({ pid: z.number(), startMark: z.string(), name: z.string() })),
});

/** The processes that an `up` recorded in its data folder, oldest first. */
export function recordedParts(dataDir: string): (ProcessIdentity & { name: string })[] {
  const file = path.join(dataDir, 'run.json');
  return existsSync(file) ? runFile.parse(JSON.parse(readFileSync(file, 'utf8'))).parts : [];
}

/** Which of the recorded processes still run, by name. */
export function stillRunning(parts: readonly (ProcessIdentity & { name: string })[]): string[] {
  return parts.filter(isStillRunning).map(({ name }) => name);
}

/** One part by its name. */
export function partNamed(dataDir: string, name: string): ProcessIdentity {
  const part = recordedParts(dataDir).find((one) => one.name === name);
  if (part === undefined) throw new Error(`${name} is not recorded in ${dataDir}`);
  return part;
}
