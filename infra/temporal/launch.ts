import { WorkflowNotFoundError } from '@temporalio/client';
import { failingStep, openOperation } from './launch-facts.ts';
import { fullSyncLauncher } from './launch-full-sync.ts';
import { recordsLauncher } from './launch-records.ts';
import type { Launcher, LaunchOptions, OpenOperation } from './launch-types.ts';

/** The one door to Temporal for whoever starts, signals or asks workflows; the files beside hold its parts. */
export { businessSyncId, fullSyncId, recordOfSync, recordSyncId } from './launch-ids.ts';
export type {
  AwaitedResult,
  BusinessSyncInput,
  FailingStep,
  FullSyncInput,
  Launcher,
  LaunchOptions,
  OpenFullSync,
  OpenOperation,
  RecordSyncInput,
  StartedFullSync,
  StartedRecordSync,
} from './launch-types.ts';

/** Starts, asks and lists workflows. */
export function createLauncher(options: LaunchOptions): Launcher {
  const { client } = options;
  return {
    ...fullSyncLauncher(options),
    ...recordsLauncher(options),

    async listOpen({ businessIds }) {
      if (businessIds.length === 0) return [];
      const ids = businessIds.map((id) => `'${id.replaceAll("'", '')}'`).join(', ');
      // Conflicts wait for weeks: they have a list of their own.
      const query = `ExecutionStatus = 'Running' AND BooksySyncBusiness IN (${ids}) AND BooksySyncKind != 'conflict'`;
      const open: OpenOperation[] = [];
      for await (const info of client.workflow.list({ query })) open.push(openOperation(info));
      return open;
    },

    async failingStep(workflowId) {
      try {
        const info = await client.workflow.getHandle(workflowId).describe();
        return info.status.name === 'RUNNING' ? failingStep(info) : null;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      }
    },
  };
}
