/** Which schedule started a sweep: what it asks for beside what is due. */
export const SWEEP_TIERS = ['near', 'far', 'nightly'] as const;
export type SweepTier = (typeof SWEEP_TIERS)[number];

/** Input of the sweep workflow. */
export interface SweepInput {
  readonly version: 1;
  /** The Booksy account that is swept. */
  readonly accountKey: string;
  readonly tier: SweepTier;
}

/** Input of the workflow that polls calendars of others. */
export interface CalendarPollInput {
  readonly version: 1;
  readonly accountKey: string;
}

/** Input of the workflow that restarts what rows say should run. */
export interface ReconcileInput {
  readonly version: 1;
  readonly accountKey: string;
}
