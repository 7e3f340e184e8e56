/** What the endpoints stand on. Everything that touches the world comes in from here. */
import type { FullSyncProgress } from '../domain/progress.ts';
import type { ApiConfig, TemporalConfig } from '../infra/config.ts';
import type { PrismaClient } from '../infra/database/generated/client.ts';
import type { Logger } from '../infra/logger.ts';

/** A workflow that has not ended, as Temporal tells it. */
export interface OpenOperation {
  readonly workflowId: string;
  readonly temporalRunId: string;
  /** Kind of run, in the words of `sync_runs.kind`. */
  readonly kind: string;
  readonly businessId: string | null;
  /** ISO instant. */
  readonly startedAt: string;
}

export interface StartedFullSync {
  readonly workflowId: string;
  /** Id of the run's row in `sync_runs`: of the run that is under way where it was there already. */
  readonly runId: string;
  readonly alreadyRunning: boolean;
}

/** Starting and asking workflows; infra/temporal/launch.ts is the one that does it. */
export interface Launcher {
  startFullSync(request: { businessId: string; runId: string; actor: string }): Promise<StartedFullSync>;
  /** Null where no full sync of the business is open. */
  fullSyncProgress(businessId: string): Promise<FullSyncProgress | null>;
  listOpen(request: { businessIds: readonly string[] }): Promise<readonly OpenOperation[]>;
}

/** How Temporal and the workers are; each call may take as long as its time-out, and throws where nobody answers. */
export interface TemporalStatus {
  /** Version of the server. */
  serverVersion(): Promise<string>;
  /** Workers that asked for work lately. */
  pollers(): Promise<number>;
}

/** Spends one call at Booksy; throws with a `code` where it does not work. */
export type ProbeBooksy = () => Promise<void>;

export interface ApiDeps {
  readonly api: ApiConfig;
  readonly temporal: Pick<TemporalConfig, 'uiUrl' | 'namespace' | 'taskQueue'>;
  /** Key of the Booksy account (R34). */
  readonly accountKey: string;
  readonly prisma: PrismaClient;
  readonly launcher: Launcher;
  readonly temporalStatus: TemporalStatus;
  readonly probeBooksy: ProbeBooksy;
  readonly logger: Logger;
  readonly version: string;
}
