import { fileURLToPath } from 'node:url';
import { describeExit, startChild } from '../../../infra/local/child.ts';
import type { BenchServers } from '../row.ts';

const ROOT = new URL('../../../', import.meta.url);
const READY_WITHIN_MS = 180_000;

/** A program of ours in a process of its own. */
export interface Part {
  readonly pid: number;
  /** The members of its ready message. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Sends a message and waits for the answer of the same `type`. */
  ask(type: string, options?: { readonly withinMs?: number }): Promise<Readonly<Record<string, unknown>>>;
  /** Waits for its own end. @throws Error where it ended badly */
  finished(): Promise<void>;
  /** Ends it in order; connections to the database are then closed and their statistics handed in. */
  stop(): Promise<void>;
}

export interface PartOptions {
  /** Entry file from the root of the repository. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string>>;
  /** Options of Node itself. */
  readonly node?: readonly string[];
}

/** Starts one of our programs and waits until it says `ready`. */
export async function startPart(servers: BenchServers, options: PartOptions): Promise<Part> {
  const { entry, env, node = [] } = options;
  const child = await startChild(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), ...node, fileURLToPath(new URL(entry, ROOT))],
    {
      cwd: fileURLToPath(ROOT),
      // Nothing of the machine's own settings may change what is measured.
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
    () => undefined,
  );
  servers.watch(child.pid);
  const failure = (exit: Parameters<typeof describeExit>[0]) =>
    new Error(`${entry} ended (${describeExit(exit)}): ${child.lastLines().slice(-12).join(' | ')}`);
  const message = (type: string, timeoutMs: number) =>
    new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${entry} does not say ${type}`)), timeoutMs);
      const onMessage = (received: unknown) => {
        if (typeof received !== 'object' || received === null || !('type' in received)) return;
        if (received.type !== type) return;
        clearTimeout(timer);
        child.process.off('message', onMessage);
        resolve({ ...received });
      };
      child.process.on('message', onMessage);
      void child.exited.then((exit) => {
        clearTimeout(timer);
        reject(failure(exit));
      });
    });
  const stop = async () => {
    await child.stop({ signal: 'SIGTERM', graceMs: 30_000 });
    servers.forget(child.pid);
  };
  try {
    const ready = await message('ready', READY_WITHIN_MS);
    return {
      pid: child.pid,
      ready,
      ask(type, { withinMs = 30_000 } = {}) {
        const answer = message(type, withinMs);
        child.process.send({ type });
        return answer;
      },
      async finished() {
        const exit = await child.exited;
        servers.forget(child.pid);
        if (exit.code !== 0) throw failure(exit);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
