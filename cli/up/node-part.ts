import { describeExit, startChild, type LineLog } from '../../infra/local/child.ts';
import { PROGRAM_ROOT, programArguments } from '../../infra/local/program.ts';
import { CliError } from '../output.ts';
import { EXIT } from '../exit-codes.ts';
import { readableLines } from './readable.ts';
import type { Part, Supervisor } from './supervisor.ts';

/** What a part sends when it is ready; members beside `type` differ by part. */
export type ReadyMessage = { readonly type: 'ready'; readonly port?: number; readonly url?: string };

export type NodePartOptions = {
  readonly name: string;
  /** Entry file, relative to the root of the repository ("workers/main.ts"). */
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: LineLog;
  readonly readyTimeoutMs?: number;
  readonly graceMs?: number;
};

/**
 * Starts one of our own programs in its own process group with an IPC channel. When this process goes, the channel
 * breaks and the program stops by itself.
 * @returns the part at once, and a promise of its ready message
 */
export async function startNodePart(
  options: NodePartOptions,
): Promise<{ part: Part; ready: Promise<ReadyMessage> }> {
  const { name, entry, env, log, readyTimeoutMs = 90_000, graceMs = 20_000 } = options;
  const child = await startChild(
    process.execPath,
    programArguments(entry),
    { cwd: PROGRAM_ROOT, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    log,
  );
  const part: Part = {
    name,
    pid: child.pid,
    exited: child.exited,
    lastLines: child.lastLines,
    stop: ({ hurry }) => child.stop({ signal: 'SIGTERM', graceMs: hurry ? 500 : graceMs }),
  };
  const ready = new Promise<ReadyMessage>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(notReady(name, `no sign of life in ${readyTimeoutMs / 1000} s`, child.lastLines())),
      readyTimeoutMs,
    );
    child.process.on('message', (message: unknown) => {
      if (!isReady(message)) return;
      clearTimeout(timer);
      resolve(message);
    });
    void child.exited.then((exit) => {
      clearTimeout(timer);
      reject(notReady(name, describeExit(exit), child.lastLines()));
    });
  });
  ready.catch(() => undefined);
  return { part, ready };
}

/** Starts a program, waits until it is ready, and hands it to the supervisor. */
export async function startWatched(
  supervisor: Supervisor,
  options: NodePartOptions,
): Promise<{ part: Part; message: ReadyMessage }> {
  const { part, ready } = await startNodePart(options);
  try {
    // Until it is ready its end is told by `ready`, in better words than "it died".
    const message = await supervisor.guard(ready);
    supervisor.add(part);
    return { part, message };
  } catch (error) {
    await part.stop({ hurry: true });
    throw error;
  }
}

function notReady(name: string, why: string, lines: readonly string[]): CliError {
  const said = readableLines(lines, 12);
  return new CliError(
    'part_not_ready',
    `${name} did not start (${why}).${said.length > 0 ? ` Its last lines:\n${said.map((line) => `  ${line}`).join('\n')}` : ''}`,
    'Mend what the lines name and start again.',
    EXIT.cannotStart,
    { part: name },
  );
}

function isReady(message: unknown): message is ReadyMessage {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';
}
