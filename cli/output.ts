import { EXIT, type ExitCode } from './exit-codes.ts';
import { fit, painterFor, type Painter } from './terminal.ts';

/** A failure of a command, with its exit code. `next` says what to do about it; nothing in it is a secret. */
export class CliError extends Error {
  readonly code: string;
  readonly next: string;
  readonly exitCode: ExitCode;
  /** Further members of the error object under --json. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    next: string,
    exitCode: ExitCode = EXIT.failed,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'CliError';
    this.code = code;
    this.next = next;
    this.exitCode = exitCode;
    this.details = details;
  }
}

/** Where a command speaks. Under --json stdout carries exactly one object, its last line; all else goes to stderr. */
export type Output = {
  readonly json: boolean;
  /** Colours of the stream that people read. */
  readonly paint: Painter;
  /** Columns of the terminal; a usual width elsewhere. */
  columns(): number;
  /** Lines that progress may take. */
  rows(): number;
  /** A line for a person who watches. */
  say(line: string): void;
  /** How far it is: redrawn in place on a terminal, elsewhere written every few seconds. */
  progress(lines: readonly string[]): void;
  /** The answer: the object for machines, or the lines for people. Call once. */
  result(object: Readonly<Record<string, unknown>>, lines: readonly string[]): void;
};

/** A stream that may be a terminal. */
export type TerminalStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** Streams to write to; tests give their own. */
export type Streams = { readonly stdout: TerminalStream; readonly stderr: TerminalStream };

/** Off a terminal progress is written this often, and while it does not move at all this often. */
const LINE_EVERY_MS = 5_000;
const SAME_LINE_EVERY_MS = 60_000;
/** Size of what is no terminal. */
const USUAL_COLUMNS = 110;
const MOST_LINES_IN_A_FILE = 10;

/**
 * @param json was --json given
 * @param now milliseconds, for how often progress is written
 */
export function createOutput(
  json: boolean,
  streams: Streams = process,
  env: NodeJS.ProcessEnv = process.env,
  now: () => number = () => performance.now(),
): Output {
  const stream = json ? streams.stderr : streams.stdout;
  const interactive = stream.isTTY === true;
  const columns = (): number => (interactive ? (stream.columns ?? 80) : USUAL_COLUMNS);
  const progress = interactive ? createCanvas(stream, columns) : createTicker(stream, now);
  const write = (text: string): void => {
    progress.erase();
    if (text !== '') stream.write(text);
  };
  return {
    json,
    paint: painterFor(stream, env),
    columns,
    rows: () => (interactive ? Math.max(1, (stream.rows ?? 24) - 2) : MOST_LINES_IN_A_FILE),
    say: (line) => write(`${line}\n`),
    progress: (lines) => progress.show(lines),
    result(object, lines) {
      write(json ? '' : lines.map((line) => `${line}\n`).join(''));
      if (json) streams.stdout.write(`${JSON.stringify(object)}\n`);
    },
  };
}

type ProgressSink = { show(lines: readonly string[]): void; erase(): void };

/**
 * Lines that are redrawn in place, in one write and over the old ones, so that nothing flickers; never wider than the
 * terminal, because a line that wraps cannot be found again.
 */
function createCanvas(stream: TerminalStream, columns: () => number): ProgressSink {
  let drawn: readonly string[] = [];
  const toTop = (): string => `${drawn.length > 1 ? `\u001b[${drawn.length - 1}A` : ''}\r`;
  return {
    show(lines) {
      const cut = lines.map((line) => fit(line, columns() - 1));
      if (cut.length === drawn.length && cut.every((line, index) => line === drawn[index])) return;
      const rest = cut.length < drawn.length ? '\u001b[J' : '';
      stream.write(
        `${drawn.length === 0 ? '' : toTop()}${cut.map((line) => `${line}\u001b[K`).join('\n')}${rest}`,
      );
      drawn = cut;
    },
    erase() {
      if (drawn.length > 0) stream.write(`${toTop()}\u001b[J`);
      drawn = [];
    },
  };
}

/** Progress in a file or a pipe: now and then, and seldom while it says the same. */
function createTicker(stream: TerminalStream, now: () => number): ProgressSink {
  let last = '';
  let writtenAt = now();
  return {
    show(lines) {
      const text = lines.map((line) => `${line}\n`).join('');
      if (now() - writtenAt < (text === last ? SAME_LINE_EVERY_MS : LINE_EVERY_MS)) return;
      stream.write(text);
      last = text;
      writtenAt = now();
    },
    erase: () => undefined,
  };
}

/** Prints a failure in the form that was asked for: one object on stdout, or two lines on stderr. */
export function printFailure(error: unknown, json: boolean, streams: Streams = process): ExitCode {
  const known = asCliError(error);
  if (json) {
    const { code, message, next, details } = known;
    streams.stdout.write(`${JSON.stringify({ ok: false, error: { code, message, next, ...details } })}\n`);
  } else {
    streams.stderr.write(`\n${known.message}\n${known.next}\n`);
  }
  return known.exitCode;
}

/** Every failure as a CliError: typed ones keep code and advice, the rest is a defect and says so. */
export function asCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = memberText(error, 'code');
  const next = memberText(error, 'next');
  if (code !== null && next !== null) {
    return new CliError(
      code,
      message,
      next,
      code === 'already_running' ? EXIT.alreadyRunning : EXIT.cannotStart,
    );
  }
  if (code === 'config_invalid') {
    // Its last line is the advice.
    const lines = message.split('\n');
    return new CliError(code, lines.slice(0, -1).join('\n'), lines.at(-1) ?? '', EXIT.cannotStart);
  }
  return new CliError(
    code !== null && /^[a-z0-9_]+$/.test(code) ? code : 'unexpected',
    message,
    'This was not expected. Run again with BOOKSY_DEBUG=1 to see where it happened, and report it.',
    EXIT.failed,
    process.env['BOOKSY_DEBUG'] && error instanceof Error ? { stack: error.stack } : {},
  );
}

function memberText(value: unknown, name: string): string | null {
  if (typeof value !== 'object' || value === null || !(name in value)) return null;
  const member: unknown = Reflect.get(value, name);
  return typeof member === 'string' ? member : null;
}
