import type { InboundDeps } from '../inbound/run.ts';

/** What sweeps touch the world with. `booksy` must not be cached: a sweep looks at Booksy itself. */
export interface SweepDeps extends InboundDeps {
  /** The Booksy account, which has one sweeper (R36). */
  readonly accountKey: string;
  /** What Booksy allows the account (R34). */
  readonly rate: { readonly limit: number; readonly windowMs: number };
  /** Where heads of the audit trail are noted outside of the database (R42); without it in the log only. */
  readonly anchorFile?: string | null;
}

/** Beats for an activity; throws where it is to end. */
export type Beat = (detail?: unknown) => void;

/** The workflow that a sweep runs in, for its rows of the ledger (R31). */
export interface SweepingWorkflow {
  readonly workflowId: string;
  readonly temporalRunId: string;
}
