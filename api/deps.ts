/** What the endpoints stand on. Everything that touches the world comes in from here. */
import type { ApiConfig, TemporalConfig, WebhookConfig } from '../infra/config.ts';
import type { TimeChanges } from '../infra/availability/index.ts';
import type { CalendarConfig } from '../infra/config/calendars.ts';
import type { Vault } from '../infra/crypto.ts';
import type { PrismaClient } from '../infra/database/index.ts';
import type { Reads } from '../infra/database/replica.ts';
import type { Logger } from '../infra/logger.ts';
import type { ConflictLauncher } from '../infra/temporal/launch-conflicts.ts';
import type { UndoLauncher } from '../infra/temporal/launch-undo.ts';
import type { Schedules } from '../infra/temporal/schedule-door.ts';
import type { Launcher as TemporalLauncher } from '../infra/temporal/launch.ts';

export type { FailingStep, OpenOperation } from '../infra/temporal/launch.ts';

/** Starting and asking workflows: the part of the launcher that the API uses. */
export type Launcher = Pick<
  TemporalLauncher,
  | 'startFullSync'
  | 'fullSyncProgress'
  | 'openFullSync'
  | 'wakeFullSync'
  | 'cancelFullSync'
  | 'startRecordSync'
  | 'signalRecordSync'
  | 'recordSyncResult'
  | 'listOpen'
  | 'failingStep'
>;

/** How Temporal and the workers are; each call may take as long as its time-out, and throws where nobody answers. */
export interface TemporalStatus {
  /** Version of the server. */
  serverVersion(): Promise<string>;
  /** Workers that asked for work lately. */
  pollers(): Promise<number>;
}

/** Asks Booksy for anything at all; throws with a `code` where nobody answers. */
export type ProbeBooksy = () => Promise<void>;

export interface ApiDeps {
  readonly api: ApiConfig;
  readonly temporal: Pick<TemporalConfig, 'uiUrl' | 'namespace' | 'taskQueue'>;
  /** Key of the Booksy account (R34). */
  readonly accountKey: string;
  readonly prisma: PrismaClient;
  /** Reads a list: on the replica while it follows closely, else (and where it fails in the middle) on `prisma`. */
  readonly reads: Reads['run'];
  /** Opens what is sealed for people to see: mapping cards, samples of a plan. What it opens is never logged. */
  readonly vault: Vault;
  /** What proves that a webhook is Booksy's, for every business of the installation. */
  readonly webhooks: WebhookConfig;
  /** How addresses of calendars are judged. Default: only public ones. */
  readonly calendars?: Pick<CalendarConfig, 'allowLoopback'>;
  readonly launcher: Launcher;
  readonly conflicts: ConflictLauncher;
  readonly undos: UndoLauncher;
  readonly schedules: Schedules;
  readonly temporalStatus: TemporalStatus;
  readonly probeBooksy: ProbeBooksy;
  /** Tells that a salon's time has changed; without it free time is read anew for each request. */
  readonly timeChanges?: TimeChanges;
  readonly logger: Logger;
  readonly version: string;
  /** Milliseconds since the epoch, against which the times of webhooks are held. Default: this machine's clock. */
  readonly now?: () => number;
  /** How long the answer to a booking waits for Booksy (R20), asked at each request. Missing: two seconds. */
  readonly booksyWait?: { readonly ms: number };
  /**
   * How long an answer waits for what a worker makes of a decision (R33), asked at each request. Missing: two seconds, for
   * an undo four.
   */
  readonly outcomeWait?: { readonly ms: number };
}
