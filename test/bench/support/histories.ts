import type { Client } from '@temporalio/client';
import { measureWorkflows, type WorkflowCost } from '../../../infra/local/measure.ts';
import { eventually } from '../../support/eventually.ts';
import { foundIn, textOf } from './personal.ts';

/** What the workflows of one measurement left behind in Temporal. */
export interface HistoryReport extends WorkflowCost {
  readonly mostEventsOfARun: number;
  /** Distinct texts of clients that were found in histories, memos and search attributes. */
  readonly personalTexts: number;
}

/**
 * Adds up every workflow that ran on a task queue, of whatever type: what an import starts beside itself is its cost too.
 *
 * @param begunAt of the measurement: what the start of a worker looks at is none of it
 * @param personal texts that must not occur
 */
export async function readHistories(
  client: Client,
  taskQueue: string,
  begunAt: Date,
  expectedIds: readonly string[],
  personal: ReadonlySet<string>,
): Promise<HistoryReport> {
  const runs = await closedRuns(client, taskQueue, begunAt, expectedIds);
  const since = new Date(Math.min(...runs.map(({ startedAt }) => startedAt.getTime())) - 1_000);
  const ids = [...new Set(runs.map(({ workflowId }) => workflowId))];
  const cost = await measureWorkflows(client, ids, since);
  let mostEventsOfARun = 0;
  const found = new Set<string>();
  for (const { workflowId, runId } of runs) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const { raw } = await handle.describe();
    const history = await handle.fetchHistory();
    mostEventsOfARun = Math.max(mostEventsOfARun, history.events?.length ?? 0);
    // The description holds memo, search attributes, summaries and what waits.
    const document = [textOf(history), textOf(raw)].join('\n');
    for (const text of foundIn(document, personal)) found.add(text);
  }
  return { ...cost, mostEventsOfARun, personalTexts: found.size };
}

interface ClosedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly startedAt: Date;
}

/** Runs of a task queue once the server's list, which lags a moment, has all that must be in it and none is open. */
async function closedRuns(
  client: Client,
  taskQueue: string,
  begunAt: Date,
  expectedIds: readonly string[],
): Promise<readonly ClosedRun[]> {
  const query = `TaskQueue = '${taskQueue}' AND StartTime >= '${begunAt.toISOString()}'`;
  return eventually(
    async () => {
      const runs: ClosedRun[] = [];
      for await (const run of client.workflow.list({ query })) {
        if (run.status.name === 'RUNNING') throw new Error(`${run.workflowId} is still open`);
        runs.push({ workflowId: run.workflowId, runId: run.runId, startedAt: run.startTime });
      }
      const listed = new Set(runs.map(({ workflowId }) => workflowId));
      const missing = expectedIds.find((id) => !listed.has(id));
      if (missing !== undefined) throw new Error(`${missing} is not listed yet`);
      return runs;
    },
    { timeoutMs: 30_000, intervalMs: 100, what: 'the list of closed workflows' },
  );
}
