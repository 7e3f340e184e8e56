import { createWakes } from '../../activities/drain/index.ts';
import { createFeedFetcher } from '../../infra/calendars/fetch.ts';
import { startMissingConflicts } from '../../infra/temporal/launch-conflicts.ts';
import { createLauncher } from '../../infra/temporal/launch.ts';
import { createSyncWorker } from '../../workers/worker.ts';
import type { TestEngine } from './engine.ts';
import { startTestWorker, type TestWorker } from './temporal.ts';

/** A second worker of an engine's product, on another Temporal server, with the same database. */
export async function startEngineWorker(
  { config, deps }: Pick<TestEngine, 'config' | 'deps'>,
  address: string,
): Promise<TestWorker> {
  return startTestWorker({
    address,
    create: ({ client, ...given }) =>
      createSyncWorker({
        ...given,
        inbound: deps,
        account: config.booksy,
        calendars: { calendars: config.calendars, feeds: createFeedFetcher(config.calendars) },
        realTime: {
          wakes: createWakes(),
          launcher: createLauncher({ client, taskQueue: given.taskQueue }),
          startConflicts: (businessId) =>
            startMissingConflicts({ db: deps.db, client, taskQueue: given.taskQueue }, [businessId]),
          dropCached: () => Promise.resolve(),
        },
        logger: deps.logger,
      }),
  });
}
