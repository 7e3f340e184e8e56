/** What a row of the benchmark is, and when it holds. */

/** A bound that a number must keep. */
export interface Goal {
  readonly is: 'at most' | 'at least';
  readonly bound: number;
}

export const atMost = (bound: number): Goal => ({ is: 'at most', bound });
export const atLeast = (bound: number): Goal => ({ is: 'at least', bound });

/** What measuring came to. */
export interface Measured {
  readonly value: number;
  /** The numbers behind the value, for people. */
  readonly detail?: string;
  /** Where the bound is known only from the measurement itself (a limit that the row has set). */
  readonly goal?: Goal;
}

/** A row that can be measured. */
export interface RowSpec {
  /** Dotted, stable: other programs read it. */
  readonly name: string;
  readonly unit: string;
  /** Null where a number is only reported. */
  readonly goal: Goal | null;
  readonly measure: (bench: Bench) => Promise<Measured>;
}

/** A measured row as `--json` prints it. */
export interface Row {
  readonly name: string;
  /** Null where it could not be measured; `detail` then says why. */
  readonly value: number | null;
  readonly unit: string;
  /** `<= 40`, `>= 10`, or null where nothing is promised. */
  readonly goal: string | null;
  /** False where the goal is missed or nothing could be measured. */
  readonly holds: boolean;
  readonly detail: string;
}

/** Visits of the salons that rows are measured on. */
export interface Sizes {
  readonly base: number;
  /** The second, larger size; null where one size was asked for. */
  readonly large: number | null;
}

/** What a row measures with. */
export interface Bench {
  readonly sizes: Sizes;
  /** Tells how far the work is; never the result. */
  say(line: string): void;
  /** Whether imports shall also tell which statements they sent how often. */
  readonly explain: boolean;
  /** Work whose result several rows read is done once. */
  shared<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** The servers of this run, started on first use. */
  servers(): Promise<BenchServers>;
}

/** Servers that all rows use; each measurement makes a database, a task queue and a simulator of its own. */
export interface BenchServers {
  /** URL of a database in which others may be created. */
  readonly adminUrl: string;
  /** Name of a migrated, otherwise empty database to copy. */
  readonly template: string;
  readonly temporalAddress: string;
  /** For what lasts as long as the run. */
  readonly folder: string;
  /** Ends a process even when this one is killed. */
  watch(pid: number): void;
  forget(pid: number): void;
}

/** Judges a measurement. */
export function rowOf(spec: RowSpec, measured: Measured): Row {
  const goal = measured.goal ?? spec.goal;
  const value = rounded(measured.value);
  return {
    name: spec.name,
    value,
    unit: spec.unit,
    goal: goal === null ? null : `${goal.is === 'at most' ? '<=' : '>='} ${String(goal.bound)}`,
    holds: Number.isFinite(measured.value) && (goal === null || keeps(goal, value)),
    detail: measured.detail ?? '',
  };
}

/** The row of a measurement that failed. */
export function failedRow(spec: RowSpec, error: unknown): Row {
  const goal = spec.goal;
  return {
    name: spec.name,
    value: null,
    unit: spec.unit,
    goal: goal === null ? null : `${goal.is === 'at most' ? '<=' : '>='} ${String(goal.bound)}`,
    holds: false,
    detail: `not measured: ${error instanceof Error ? error.message : String(error)}`,
  };
}

function keeps({ is, bound }: Goal, value: number): boolean {
  return is === 'at most' ? value <= bound : value >= bound;
}

/** Three decimals say enough, and what is printed is what is judged. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** `100000` → `100k`, `2500` → `2500`. */
export function sizeLabel(visits: number): string {
  return visits >= 1000 && visits % 1000 === 0 ? `${String(visits / 1000)}k` : String(visits);
}
