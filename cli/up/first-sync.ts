import { createApiClient } from '../api-client.ts';
import { duration } from '../format.ts';
import type { Output } from '../output.ts';
import { entityLines, sumEntities } from '../sync/entities.ts';
import { failureLines, followRuns, startFullSync } from '../sync/follow.ts';
import { readStatus, sumWaiting } from '../sync/status.ts';
import type { Running } from './start.ts';

/** The full syncs that a start of `up` brought about. */
export type StartupSync = {
  /** Follows them to their end and says what arrived. A sync that fails is told, it does not end `up`. */
  report(signal: AbortSignal): Promise<void>;
};

/**
 * Starts a full sync for every business that never finished one; what an earlier run left under way goes on by itself
 * and is followed too.
 */
export async function syncWhatIsMissing(running: Running, output: Output): Promise<StartupSync> {
  const api = createApiClient(running.addresses.api, running.addresses.adminToken);
  const { businesses } = await readStatus(api);
  const names = new Map(businesses.map(({ businessId, name }) => [businessId, name]));
  const under = businesses.flatMap(({ name, running: now }) =>
    now ? [{ runId: now.operationId, name }] : [],
  );
  const unsynced = businesses.filter(({ running: now, lastRun }) => !now && lastRun?.status !== 'completed');
  const missing = unsynced.filter(({ paused }) => paused === null);
  const { runs: started } =
    missing.length === 0
      ? { runs: [] }
      : await startFullSync(api, { businessIds: missing.map(({ businessId }) => businessId) });
  const runs = [
    ...under,
    ...started.flatMap(({ runId, businessId }) =>
      runId === null ? [] : [{ runId, name: names.get(businessId) ?? businessId }],
    ),
  ];
  const paused = businesses.filter((business) => business.paused !== null);
  return {
    async report(signal) {
      for (const { name, businessId } of paused)
        output.say(`${name} is paused: npm run -s booksy -- sync resume --business ${businessId}`);
      if (runs.length === 0) {
        if (businesses.length === 0) output.say('The Booksy account lists no business.');
        else if (unsynced.length === 0)
          output.say(
            'Everything was synced by an earlier run: npm run -s booksy -- sync full does it again.',
          );
        return;
      }
      output.say(
        under.length > 0
          ? 'The full sync of the earlier run goes on.'
          : 'First full sync: everything of the salon, from Booksy to here.',
      );
      const begun = performance.now();
      const operations = await followRuns(api, runs, output, signal);
      const failures = failureLines(operations);
      if (failures.length > 0) failures.forEach((line) => output.say(line));
      else {
        output.say(`Arrived in ${duration((performance.now() - begun) / 1000)}:`);
        const real = operations.filter(({ mode }) => mode === 'apply');
        entityLines(sumEntities(real.map(({ counts }) => counts))).forEach((line) => output.say(line));
      }
      const waiting = sumWaiting((await readStatus(api)).businesses);
      output.say(
        waiting === 0
          ? 'Nothing waits for you.'
          : `${waiting} things wait for a decision of yours: npm run -s booksy -- sync status`,
      );
    },
  };
}
