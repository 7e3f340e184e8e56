/** What a load test is: it puts the product under stress and then counts. Invariants decide; times are only reported. */
import type { BenchServers } from '../bench/row.ts';

/** How much: `short` fits into `npm test`. */
export type LoadSize = 'short' | 'full';

export interface LoadContext {
  readonly servers: BenchServers;
  readonly size: LoadSize;
  /** Tells how far it is; never the result. */
  say(line: string): void;
  /** An invariant; what does not hold is reported in words. */
  expect(holds: boolean, otherwise: string): void;
}

export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** @returns what it counted and how long things took */
  readonly run: (context: LoadContext) => Promise<Readonly<Record<string, number>>>;
}

/** A scenario that was run. */
export interface ScenarioReport {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

/** What `npm run test:load -- --json` prints as its last line. */
export interface LoadReport {
  readonly ok: boolean;
  readonly size: LoadSize;
  readonly seconds: number;
  readonly scenarios: readonly ScenarioReport[];
}
