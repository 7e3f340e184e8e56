import { Worker, type NativeConnection, type WorkflowBundle } from '@temporalio/worker';
import { createCalendarActivities, type CalendarDeps } from '../activities/calendars/index.ts';
import { createConflictActivities } from '../activities/conflicts/index.ts';
import { createInboundActivities } from '../activities/index.ts';
import { createDrainActivities, type DrainDeps } from '../activities/drain/index.ts';
import type { InboundDeps } from '../activities/inbound/run.ts';
import { echoesOf, processOne } from '../activities/outbound/index.ts';
import { createSweepActivities, type SweepDeps } from '../activities/sweep/index.ts';
import type { Logger } from '../infra/logger.ts';
import { createUndoActivities } from '../activities/undo/index.ts';
import { failureInterceptor } from './failures.ts';

/** Milliseconds that running activities get to reach their next cursor when the worker stops. */
export const SHUTDOWN_GRACE_MS = 10_000;

/** A cancelled activity hears of it with its next heartbeat, so this bounds how long a cancel takes. */
const HEARTBEAT_THROTTLE_MS = 2_000;

export interface SyncWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly workflowBundle: WorkflowBundle | { readonly codePath: string };
  readonly inbound: InboundDeps;
  /** The Booksy account that is swept (R36). */
  readonly account: Pick<SweepDeps, 'accountKey' | 'rate' | 'anchorFile'>;
  /** What the real-time path needs besides (R28). */
  readonly realTime: Pick<DrainDeps, 'wakes' | 'launcher' | 'startConflicts' | 'dropCached'>;
  /** How calendars of others are read. */
  readonly calendars: Pick<CalendarDeps, 'calendars' | 'feeds'>;
  readonly logger: Logger;
}

/** The worker that runs every workflow and activity of this product on one task queue. */
export async function createSyncWorker(options: SyncWorkerOptions): Promise<Worker> {
  const { connection, namespace, taskQueue, workflowBundle, inbound, logger } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle,
    activities: {
      ...createInboundActivities(inbound),
      ...createConflictActivities(inbound),
      ...createDrainActivities({ ...inbound, ...options.realTime, outbound: { processOne, echoesOf } }),
      ...createSweepActivities({ ...inbound, ...options.account }),
      ...createUndoActivities({ ...inbound, startConflicts: options.realTime.startConflicts }),
      ...createCalendarActivities({ ...inbound, ...options.calendars }),
    },
    shutdownGraceTime: SHUTDOWN_GRACE_MS,
    // Cached workflows are 0.35 MB each; what falls out is replayed.
    maxCachedWorkflows: 200,
    // Drains linger for two seconds each: a hundred businesses that change at once must not wait for places.
    maxConcurrentActivityTaskExecutions: 100,
    // By default a heartbeat waits for most of its time-out; with it waits the news that the activity was cancelled.
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    interceptors: {
      activity: [(context) => ({ inbound: failureInterceptor(logger, context) })],
    },
  });
}
