import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { createInterface } from 'node:readline';
import { sendSignal } from './processes.ts';

/** How a child ended. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** A line of output of a part goes here. */
export type LineLog = (line: string) => void;

/** A running child of ours in its own process group: the terminal's Ctrl-C does not reach it, we stop it in order. */
export type Child = {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Resolves when the process has ended; never rejects. */
  readonly exited: Promise<Exit>;
  /** The newest lines it wrote, oldest first. */
  lastLines(): readonly string[];
  /** Signals the whole group. */
  kill(signal: NodeJS.Signals): void;
  /** Asks the child to stop, waits `graceMs`, then kills its group. Resolves with how it ended. */
  stop(options?: { signal?: NodeJS.Signals; graceMs?: number }): Promise<Exit>;
};

const KEPT_LINES = 60;

/**
 * Starts a program and follows its output line by line.
 * @throws the spawn error (`ENOENT`, `EACCES`, …)
 */
export async function startChild(
  file: string,
  args: readonly string[],
  options: SpawnOptions,
  onLine: LineLog,
): Promise<Child> {
  const child = spawn(file, args, { ...options, detached: true });
  const lines: string[] = [];
  const take: LineLog = (line) => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
    onLine(line);
  };
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream, crlfDelay: Infinity }).on('line', take);
  }
  const exited = new Promise<Exit>((resolve) => {
    // 'close' and not 'exit': the last lines often hold the reason, and they come after 'exit'. A grandchild that
    // keeps the pipe open must not hold us up, though.
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.once('exit', (code, signal) => setTimeout(() => resolve({ code, signal }), 500).unref());
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
  child.on('error', (error) => take(error.message));

  const kill = (signal: NodeJS.Signals): void => sendSignal(-pid, signal);
  return {
    process: child,
    pid,
    exited,
    lastLines: () => lines,
    kill,
    async stop({ signal = 'SIGTERM', graceMs = 10_000 } = {}) {
      if (child.exitCode !== null || child.signalCode !== null) return exited;
      child.kill(signal);
      const timer = setTimeout(() => kill('SIGKILL'), graceMs);
      try {
        return await exited;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** "exit code 3" or "signal SIGKILL". */
export function describeExit(exit: Exit): string {
  return exit.signal === null ? `exit code ${exit.code ?? 'unknown'}` : `signal ${exit.signal}`;
}
