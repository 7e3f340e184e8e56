import { Writable } from 'node:stream';
import { createOutput, type Output, type Streams, type TerminalStream } from '../../../../cli/output.ts';

/** Streams that remember what was written. */
export type Captured = Streams & { out(): string; err(): string };

/** @param terminal as a terminal of so many columns and rows; left out = a file */
export function captured(terminal?: { columns: number; rows: number }): Captured {
  const text = { out: '', err: '' };
  const sink = (name: 'out' | 'err'): TerminalStream => {
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        text[name] += chunk.toString();
        done();
      },
    });
    return Object.assign(stream, { isTTY: terminal !== undefined }, terminal);
  };
  return { stdout: sink('out'), stderr: sink('err'), out: () => text.out, err: () => text.err };
}

/** An output into memory, without colour. */
export function outputOf(json: boolean): { output: Output; streams: Captured; object(): unknown } {
  const streams = captured();
  const output = createOutput(json, streams, {});
  return {
    output,
    streams,
    object() {
      const lines = streams.out().trimEnd().split('\n');
      if (lines.length !== 1) throw new Error(`stdout has ${lines.length} lines: ${streams.out()}`);
      const value: unknown = JSON.parse(lines[0] ?? '');
      return value;
    },
  };
}
