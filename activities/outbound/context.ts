import type { RunBusiness, InboundDeps } from '../inbound/run.ts';
import type { RecordRef } from '../../domain/protocol/types.ts';
import type { Links } from '../../domain/states/links.ts';

/** What the engine touches the world with: the same as inbound. */
export type EngineDeps = InboundDeps;

/** The record that a process is about, and whose it is. */
export interface ProcessRef extends RecordRef {
  readonly businessId: string;
}

/** For whom it runs: a row of the ledger, and who is named in the audit trail. */
export interface ProcessRun {
  readonly runId: string;
  readonly actor: string;
  /** The record's business, where it was read already. */
  readonly business?: RunBusiness;
  /** The links of its catalog, where several records share a load of them. */
  readonly catalog?: () => Promise<Links>;
}

/** One process: everything its parts share. */
export interface ProcessContext {
  readonly deps: EngineDeps;
  readonly business: RunBusiness;
  readonly ref: ProcessRef;
  readonly run: ProcessRun;
  /** Of this process alone. */
  readonly owner: string;
}

/** Monotonic milliseconds (R13b). */
export function monotonicMs(): number {
  return performance.now();
}
