import { describe, expect, it } from 'vitest';
import { createBoard, createPace, NO_LOOK, type Shown } from '../../../cli/sync/board.ts';
import type { Progress } from '../../../cli/wire.ts';

const progress: Progress = {
  phase: 'visits',
  rowsDone: 2_520,
  rowsTotal: 6_000,
  totalIsKnown: true,
  etaSeconds: 20,
  paused: false,
  mode: 'apply',
};
const run = (over: Partial<Shown> = {}, of: Partial<Progress> = {}): Shown => ({
  runId: 'r1',
  name: 'Salon Aurora',
  dry: false,
  status: 'running',
  paused: false,
  progress: { ...progress, ...of },
  ...over,
});
const look = { ...NO_LOOK, columns: 80 };

/** A board on a clock that the test moves. */
function board() {
  const time = { ms: 0 };
  const drawn = createBoard(createPace(() => time.ms));
  return {
    at(ms: number, ...runs: Shown[]): string[] {
      time.ms = ms;
      return drawn.lines(runs, look);
    },
  };
}

describe('the progress of one run', () => {
  it('has bar, share, phase, rows, pace and time to go', () => {
    const b = board();
    b.at(0, run({}, { rowsDone: 2_160 }));
    expect(b.at(2_000, run())).toEqual([
      '██████░░░░░░░░░░  42 %  visits · 2,520 of 6,000 rows · 180 rows/s · about 20 s to go',
    ]);
  });

  it('tells the pace of the last seconds, not of the whole run', () => {
    const b = board();
    b.at(0, run({}, { rowsDone: 0 }));
    b.at(100_000, run({}, { rowsDone: 0 }));
    expect(b.at(102_000, run({}, { rowsDone: 200 }))[0]).toContain('100 rows/s');
  });

  it('guesses no share while a list is not opened yet', () => {
    const [line] = board().at(0, run({}, { totalIsKnown: false, etaSeconds: null, phase: 'clients' }));
    expect(line).toBe('░░░░░░░░░░░░░░░░   …   clients · 2,520 rows so far');
  });

  it('says that it is paused, and no time to go', () => {
    const b = board();
    b.at(0, run({}, { rowsDone: 0 }));
    const held = / 42 % {2}visits · 2,520 of 6,000 rows · paused$/;
    expect(b.at(2_000, run({}, { paused: true }))[0]).toMatch(held);
    // The ledger knows it before the run has noticed.
    expect(b.at(3_000, run({ paused: true }))[0]).toMatch(held);
  });

  it('says that it is a dry run', () => {
    expect(board().at(0, run({ dry: true }))[0]).toContain('  dry run, visits · ');
  });

  it.each([
    [{ status: null, progress: null }, 'full sync: starting'],
    [{ status: 'running', progress: null }, 'full sync: under way'],
    [{ status: 'unknown', progress: null, dry: true }, 'dry run: under way'],
    [{ status: 'completed', progress: null }, '████████████████ 100 %  done'],
    [{ status: 'running', progress: null, paused: true }, 'full sync: paused'],
    [{ status: 'failed' }, 'failed'],
    [{ status: 'cancelled' }, 'cancelled'],
  ] as const)('%j reads %j', (over, line) => {
    expect(board().at(0, run(over))).toEqual([line]);
  });
});

describe('several runs', () => {
  it('have a line each, with their names in one column', () => {
    const lines = board().at(0, run(), run({ runId: 'r2', name: 'Bo', status: 'failed' }));
    expect(lines[0]).toMatch(/^Salon Aurora {2}█/);
    expect(lines[1]).toBe('Bo            failed');
  });

  it('that do not fit show those at work and count the rest', () => {
    const done = Array.from({ length: 6 }, (_, n) =>
      run({ runId: `d${n}`, name: `Done ${n}`, status: 'completed' }),
    );
    const busy = run({ runId: 'busy', name: 'Busy' });
    const lines = createBoard().lines([...done, busy], { ...look, rows: 3 });
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^Busy /);
    expect(lines[2]).toBe('… and 5 more, 5 of them done');
  });
});
