import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Who a process is. A pid alone is not enough: pids are reused, and ending somebody else's process because it inherited
 * a recorded pid must not happen. The start mark differs for every process that ever had the pid.
 */
export type ProcessIdentity = {
  readonly pid: number;
  /** Opaque; equal only for the very same process of the very same boot. */
  readonly startMark: string;
};

/** Is there a process with this pid (a zombie does not count)? */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists, it is merely not ours to signal.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return linuxStat(pid)?.state !== 'Z';
}

/** The identity of a running process, or null if there is none with this pid. */
export function identify(pid: number): ProcessIdentity | null {
  if (!isAlive(pid)) return null;
  const startMark = startMarkOf(pid);
  return startMark === null ? null : { pid, startMark };
}

/** Does the process that was recorded still run (the same one, not another with its pid)? */
export function isStillRunning(recorded: ProcessIdentity): boolean {
  return identify(recorded.pid)?.startMark === recorded.startMark;
}

/** The command line of a process, its arguments joined by spaces; empty when it cannot be read. */
export function commandLineOf(pid: number): string {
  if (process.platform === 'linux') {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    } catch {
      return '';
    }
  }
  return ps(pid, 'command=');
}

/**
 * Asks a process to stop, waits, and kills it when it does not.
 * @param target the recorded identity: checked again before every signal
 * @param signal first signal (PostgreSQL stops fast on SIGINT, others on SIGTERM)
 */
export async function endProcess(
  target: ProcessIdentity,
  { signal = 'SIGTERM', graceMs = 10_000 }: { signal?: NodeJS.Signals; graceMs?: number } = {},
): Promise<void> {
  for (const [step, waitMs] of [
    [signal, graceMs],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!isStillRunning(target)) return;
    sendSignal(target.pid, step);
    if (await gone(target, waitMs)) return;
  }
}

/** Sends a signal; a process that has just gone is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone, or not ours: whoever waits for its end sees which.
  }
}

async function gone(target: ProcessIdentity, waitMs: number): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  while (performance.now() < deadline) {
    if (!isStillRunning(target)) return true;
    await delay(25);
  }
  return !isStillRunning(target);
}

function startMarkOf(pid: number): string | null {
  if (process.platform === 'linux') {
    const stat = linuxStat(pid);
    return stat === null ? null : `${bootId()}/${stat.startTicks}`;
  }
  const started = ps(pid, 'lstart=');
  return started === '' ? null : started;
}

/** State and start time from /proc/<pid>/stat; the name in parentheses may itself hold spaces and parentheses. */
function linuxStat(pid: number): { state: string; startTicks: string } | null {
  if (process.platform !== 'linux') return null;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // proc(5): field 3 is the state, field 22 the start time; fields[0] is field 3.
    return { state: fields[0] ?? '', startTicks: fields[19] ?? '' };
  } catch {
    return null;
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'boot';
  }
}

function ps(pid: number, column: string): string {
  try {
    return execFileSync('ps', ['-o', column, '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}
