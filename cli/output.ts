import { EXIT, type ExitCode } from './exit-codes.ts';

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
  /** A line for a person who watches. */
  say(line: string): void;
  /** How far it is: redrawn in place on a terminal, elsewhere a line every few seconds. */
  progress(line: string): void;
  /** The answer: the object for machines, or the lines for people. Call once. */
  result(object: Readonly<Record<string, unknown>>, lines: readonly string[]): void;
};

/** Streams to write to; tests give their own. */
export type Streams = { stdout: NodeJS.WritableStream; stderr: NodeJS.WritableStream & { isTTY?: boolean } };

/** Off a terminal progress is a line this often. */
const LINE_EVERY_MS = 5_000;

/** @param json was --json given */
export function createOutput(json: boolean, streams: Streams = process): Output {
  const stream: NodeJS.WritableStream & { isTTY?: boolean } = json ? streams.stderr : streams.stdout;
  const interactive = stream.isTTY === true;
  let drawn = false;
  let lineAt = performance.now();
  const write = (text: string): void => {
    if (drawn) stream.write('\r\u001b[2K');
    drawn = false;
    stream.write(text);
  };
  return {
    json,
    say: (line) => write(`${line}\n`),
    progress(line) {
      if (interactive) {
        write(line);
        drawn = true;
      } else if (performance.now() - lineAt >= LINE_EVERY_MS) {
        write(`${line}\n`);
        lineAt = performance.now();
      }
    },
    result(object, lines) {
      if (!json) {
        write(lines.map((line) => `${line}\n`).join(''));
        return;
      }
      write('');
      streams.stdout.write(`${JSON.stringify(object)}\n`);
    },
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
