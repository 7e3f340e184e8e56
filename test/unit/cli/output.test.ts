import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../cli/exit-codes.ts';
import { asCliError, CliError, createOutput, printFailure } from '../../../cli/output.ts';
import { LocalError } from '../../../infra/local/errors.ts';
import { captured } from './support/captured.ts';

describe('output under --json', () => {
  it('keeps stdout for the one object', () => {
    const streams = captured();
    const output = createOutput(true, streams);
    output.say('working');
    output.result({ ok: true, n: 1 }, ['not shown']);
    expect(streams.out()).toBe('{"ok":true,"n":1}\n');
    expect(streams.err()).toBe('working\n');
  });

  it('prints a failure as one object with code, message and advice', () => {
    const streams = captured();
    const code = printFailure(
      new CliError('port_taken', 'Taken.', 'Choose another.', EXIT.cannotStart),
      true,
      streams,
    );
    expect(JSON.parse(streams.out())).toEqual({
      ok: false,
      error: { code: 'port_taken', message: 'Taken.', next: 'Choose another.' },
    });
    expect(code).toBe(EXIT.cannotStart);
    expect(streams.err()).toBe('');
  });
});

describe('output for people', () => {
  it('writes lines to stdout and failures to stderr', () => {
    const streams = captured();
    createOutput(false, streams).result({ ok: true }, ['one', 'two']);
    printFailure(new CliError('x', 'It broke.', 'Mend it.'), false, streams);
    expect(streams.out()).toBe('one\ntwo\n');
    expect(streams.err()).toContain('It broke.\nMend it.\n');
  });

  it('redraws progress over itself in one write and clears it before the next line', () => {
    const streams = captured({ columns: 80, rows: 24 });
    const output = createOutput(false, streams, {});
    output.progress(['10 %']);
    output.progress(['20 %']);
    output.progress(['20 %']);
    output.say('done');
    // The same again is not drawn again.
    expect(streams.out()).toBe('10 %\u001b[K\r20 %\u001b[K\r\u001b[Jdone\n');
  });

  it('redraws several lines from their top, and clears what is left of more of them', () => {
    const streams = captured({ columns: 80, rows: 24 });
    const output = createOutput(false, streams, {});
    output.progress(['a 1', 'b 1']);
    output.progress(['a 2']);
    expect(streams.out()).toBe('a 1\u001b[K\nb 1\u001b[K\u001b[1A\ra 2\u001b[K\u001b[J');
  });

  it('never draws a line that would wrap', () => {
    const streams = captured({ columns: 10, rows: 24 });
    createOutput(false, streams, {}).progress(['0123456789abc']);
    expect(streams.out()).toBe('01234567…\u001b[K');
  });

  it('writes progress to a file every five seconds, and seldom while nothing moves', () => {
    const streams = captured();
    let now = 0;
    const output = createOutput(false, streams, {}, () => now);
    for (const [at, line] of [
      [1_000, 'a'],
      [5_000, 'b'],
      [9_900, 'c'],
      [10_000, 'd'],
      [20_000, 'd'],
      [69_900, 'd'],
      [70_000, 'd'],
    ] as const) {
      now = at;
      output.progress([line]);
    }
    expect(streams.out()).toBe('b\nd\nd\n');
  });

  it('is in colour on a terminal only, and not where NO_COLOR says so', () => {
    const terminal = captured({ columns: 80, rows: 24 });
    const green = (json: boolean, streams = terminal, env: NodeJS.ProcessEnv = {}) =>
      createOutput(json, streams, env).paint.green('x');
    expect(green(false)).toBe('\u001b[32mx\u001b[39m');
    expect(green(true)).toBe('\u001b[32mx\u001b[39m');
    expect(green(false, terminal, { NO_COLOR: '1' })).toBe('x');
    expect(green(false, terminal, { NO_COLOR: '' })).toBe('\u001b[32mx\u001b[39m');
    expect(green(false, terminal, { TERM: 'dumb' })).toBe('x');
    expect(green(false, captured())).toBe('x');
  });
});

describe('asCliError', () => {
  it('keeps code and advice of typed errors and gives a running copy its own exit code', () => {
    expect(asCliError(new LocalError('port_taken', 'm', 'n'))).toMatchObject({
      code: 'port_taken',
      next: 'n',
      exitCode: EXIT.cannotStart,
    });
    expect(asCliError(new LocalError('already_running', 'm', 'n')).exitCode).toBe(EXIT.alreadyRunning);
  });

  it('calls everything else unexpected', () => {
    expect(asCliError(new Error('boom'))).toMatchObject({ code: 'unexpected', exitCode: EXIT.failed });
    expect(asCliError('text').message).toBe('text');
  });
});
