import { describeExit, type Exit } from '../../infra/local/child.ts';
import { CliError } from '../output.ts';
import { EXIT } from '../exit-codes.ts';
import { readableLines } from './readable.ts';

/** A running part of the installation that the supervisor watches and stops. */
export type Part = {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  lastLines(): readonly string[];
  stop(options: { hurry: boolean }): Promise<unknown>;
};

/** Thrown by `guard` when a person asked to stop. */
export class StopRequested extends Error {
  constructor() {
    super('stop was requested');
    this.name = 'StopRequested';
  }
}

/** Starts nothing itself: it watches the parts it is given, and stops them in the reverse order of their start. */
export type Supervisor = {
  /** Aborted as soon as a part dies or a stop is requested: whoever polls then stops polling. */
  readonly signal: AbortSignal;
  /** Watches a part from now on. */
  add(part: Part): void;
  /** The parts added so far, oldest first. */
  parts(): readonly Part[];
  /** Waits for `work`, but rejects as soon as a part dies or a stop is requested. */
  guard<T>(work: Promise<T>): Promise<T>;
  /** Resolves never; rejects when a part dies or a stop is requested. */
  watch(): Promise<never>;
  /** The first request stops in order, a second one hurries. */
  requestStop(): void;
  /** Stops all parts, newest first. */
  stopAll(say: (line: string) => void): Promise<void>;
};

/** One Ctrl-C can arrive twice: from the terminal and forwarded by npm. Only a later one is a second Ctrl-C. */
const SAME_REQUEST_MS = 700;

export function createSupervisor(now: () => number = () => performance.now()): Supervisor {
  const parts: Part[] = [];
  let stopping = false;
  let requestedAt: number | null = null;
  const hurry = createGate();
  const abort = new AbortController();
  let reject: (error: Error) => void = () => undefined;
  const failure = new Promise<never>((_, refuse) => (reject = refuse));
  const fail = (error: Error): void => {
    reject(error);
    abort.abort(error);
  };
  // Nobody may be waiting at the moment it fails; whoever asks later still gets it.
  failure.catch(() => undefined);

  return {
    signal: abort.signal,
    add(part) {
      parts.push(part);
      void part.exited.then((exit) => {
        if (!stopping) fail(partDied(part, exit));
      });
    },
    parts: () => parts,
    guard: (work) => Promise.race([failure, work]),
    watch: () => failure,
    requestStop() {
      const at = now();
      if (requestedAt === null) {
        requestedAt = at;
        fail(new StopRequested());
      } else if (at - requestedAt >= SAME_REQUEST_MS) {
        hurry.open();
      }
    },
    async stopAll(say) {
      stopping = true;
      for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
        const started = now();
        const calm = part.stop({ hurry: hurry.isOpen() });
        const current = part;
        await Promise.race([calm, hurry.opened.then(() => current.stop({ hurry: true }))]);
        say(`${part.name} stopped (${((now() - started) / 1000).toFixed(1)} s)`);
      }
    },
  };
}

function partDied(part: Part, exit: Exit): CliError {
  const lines = readableLines(part.lastLines(), 12);
  const said =
    lines.length === 0
      ? 'It wrote nothing.'
      : `Its last lines:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  return new CliError(
    'part_died',
    `${part.name} ended by itself (${describeExit(exit)}, pid ${part.pid}). ${said}`,
    'The other parts were stopped in order and nothing stored was lost. Mend the cause and start again: it goes on where it stopped.',
    EXIT.partDied,
    { part: part.name, exitCode: exit.code, signal: exit.signal, lastLines: lines },
  );
}

function createGate(): { open(): void; isOpen(): boolean; opened: Promise<void> } {
  let resolve: () => void = () => undefined;
  let isOpen = false;
  const opened = new Promise<void>((done) => (resolve = done));
  return {
    opened,
    isOpen: () => isOpen,
    open() {
      isOpen = true;
      resolve();
    },
  };
}
