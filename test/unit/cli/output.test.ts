import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../cli/exit-codes.ts';
import { asCliError, CliError, createOutput, printFailure, type Streams } from '../../../cli/output.ts';
import { LocalError } from '../../../infra/local/errors.ts';

function captured(isTTY = false): Streams & { out(): string; err(): string } {
  const text = { out: '', err: '' };
  const sink = (name: 'out' | 'err') =>
    Object.assign(
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          text[name] += chunk.toString();
          done();
        },
      }),
      { isTTY },
    );
  return { stdout: sink('out'), stderr: sink('err'), out: () => text.out, err: () => text.err };
}

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

  it('redraws progress on a terminal and clears it before the next line', () => {
    const streams = captured(true);
    const output = createOutput(false, streams);
    output.progress('10 %');
    output.progress('20 %');
    output.say('done');
    expect(streams.out()).toBe('10 %\r\u001b[2K20 %\r\u001b[2Kdone\n');
  });

  it('does not flood a file with progress', () => {
    const streams = captured(false);
    const output = createOutput(false, streams);
    for (let step = 0; step < 100; step += 1) output.progress(`${step} %`);
    expect(streams.out()).toBe('');
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
