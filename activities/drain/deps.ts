import type { ProcessReport } from '../../domain/protocol/port.ts';
import type { RecordRef } from '../../domain/protocol/types.ts';
import type { Links } from '../../domain/states/links.ts';
import type { Db, Tx } from '../../infra/database/index.ts';
import type { Launcher } from '../../infra/temporal/launch.ts';
import type { InboundDeps, RunBusiness } from '../inbound/run.ts';
import type { Wakes } from './wakes.ts';

/** The writing half of the engine, as the drain uses it (activities/outbound). */
export interface OutboundDoor {
  /** @throws what makes the record or the system fail; the drain tells them apart (R29) */
  processOne(
    deps: InboundDeps,
    ref: RecordRef & { readonly businessId: string },
    run: {
      readonly runId: string;
      readonly actor: string;
      readonly business?: RunBusiness;
      readonly catalog?: () => Promise<Links>;
    },
  ): Promise<ProcessReport>;
  /** Ids of those records whose content equals their base: their box rows say nothing new (R26). */
  echoesOf(db: Db | Tx, businessId: string, records: readonly RecordRef[]): Promise<ReadonlySet<string>>;
}

/** What a drain touches the world with. */
export interface DrainDeps extends InboundDeps {
  readonly wakes: Wakes;
  readonly launcher: Pick<Launcher, 'startRecordSync' | 'startFullSync'>;
  readonly outbound: OutboundDoor;
  /** How long it waits for news on empty boxes; for tests of its end. Default 2,000. */
  readonly lingerMs?: number;
  /** Starts the workflows of conflicts that were opened. */
  readonly startConflicts: (businessId: string) => Promise<unknown>;
  /** Forgets what pages and offers have cached of a business; takes Booksy's id. */
  readonly dropCached: (businessExternalId: string) => Promise<void>;
}

/** Who the drain acts as in ledger and audit. */
export const DRAIN_ACTOR = 'sync';

/** A workflow run that drains one business. */
export interface DrainRun {
  readonly businessId: string;
  readonly runId: string;
  readonly workflowId: string;
  readonly temporalRunId: string;
}
