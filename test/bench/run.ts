import { describeMachine, type Machine } from './machine.ts';
import { allRows, chosenRows } from './registry.ts';
import { failedRow, rowOf, type Bench, type BenchServers, type Row, type Sizes } from './row.ts';
import { startBenchServers } from './support/servers.ts';

/** What `--json` prints as its last line. */
export interface BenchReport {
  readonly machine: Machine;
  readonly rows: readonly Row[];
}

export interface RunOptions {
  /** Beginnings of row names; none = all rows. */
  readonly only: readonly string[];
  readonly sizes: Sizes;
  /** See {@link Bench.explain}. */
  readonly explain?: boolean;
  say(line: string): void;
  /** Told of each row as soon as it is measured. */
  onRow?(row: Row): void;
}

/** Default sizes (SPEC 14). */
export const DEFAULT_SIZES: Sizes = { base: 10_000, large: 100_000 };

/** Thrown where no row is called so. */
export class NoRowsError extends Error {}

/**
 * Measures rows one after the other. A row that cannot be measured is reported as such and the others go on.
 *
 * @throws NoRowsError where nothing matches
 */
export async function runBench(options: RunOptions): Promise<BenchReport> {
  const { only, onRow } = options;
  const machine = describeMachine();
  const known = allRows(options.sizes);
  const specs = chosenRows(known, only);
  if (specs.length === 0) {
    const names = known.map(({ name }) => name).join(', ');
    throw new NoRowsError(`No row begins with ${only.join(' or ')}. There are: ${names}.`);
  }
  const { bench, stop } = makeBench(options);
  const rows: Row[] = [];
  try {
    for (const spec of specs) {
      const row = await spec.measure(bench).then(
        (measured) => rowOf(spec, measured),
        (error: unknown) => failedRow(spec, error),
      );
      rows.push(row);
      onRow?.(row);
    }
  } finally {
    await stop();
  }
  return { machine, rows };
}

function makeBench({ sizes, say, explain = false }: RunOptions): { bench: Bench; stop(): Promise<void> } {
  const done = new Map<string, Promise<unknown>>();
  let started: Promise<{ servers: BenchServers; stop(): Promise<void> }> | undefined;
  const bench: Bench = {
    sizes,
    say,
    explain,
    shared<T>(key: string, work: () => Promise<T>): Promise<T> {
      const before = done.get(key);
      // The key says whose result it is: whoever asks for it by that key gave the same work.
      if (before !== undefined) return before as Promise<T>;
      const now = work();
      done.set(key, now);
      return now;
    },
    async servers() {
      started ??= startBenchServers();
      return (await started).servers;
    },
  };
  return {
    bench,
    async stop() {
      await (await started?.catch(() => undefined))?.stop();
    },
  };
}
