import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBench } from './support/bench.ts';
import { cellsIn } from './support/cells-in.ts';
import { cellsOut } from './support/cells-out.ts';
import { allCells, EMPTY_CELLS, printedMatrix } from './support/matrix.ts';

/**
 * Everything that is kept in step, each way: real PostgreSQL, the simulator over HTTP. Out = done here by SQL, seen there; in =
 * done there by the salon, seen here after the next pass.
 */

const bench = createBench();

beforeAll(() => bench.start(), 180_000);

afterAll(() => bench.rig.stop());

cellsOut(bench);
cellsIn(bench);

describe('the matrix', () => {
  it('has a test or a reason in every cell', () => {
    process.stdout.write(`\n${printedMatrix(bench.proven)}\n\n`);
    const empty = allCells().filter((id) => !bench.proven.has(id) && EMPTY_CELLS[id] === undefined);
    expect(empty).toEqual([]);
    // A reason for what is tested after all is a lie.
    expect(allCells().filter((id) => bench.proven.has(id) && EMPTY_CELLS[id] !== undefined)).toEqual([]);
  });
});
