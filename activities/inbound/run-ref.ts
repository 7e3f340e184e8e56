/** One run on one business. Only ids: this is what passes through Temporal. */
export interface RunRef {
  readonly businessId: string;
  readonly runId: string;
}

/** Thrown where a run or its business is not there. */
export class RunMissingError extends Error {
  readonly code = 'run_missing';
}

/** Thrown where another attempt of the same step has moved the run on: this one must not count again. */
export class SupersededError extends Error {
  readonly code = 'step_superseded';
}

/** Thrown before an apply while a person holds the run or its business (R30): nothing was written. */
export class HeldError extends Error {
  readonly code = 'run_held';
}
