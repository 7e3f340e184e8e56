import type { Client } from '@temporalio/client';
import pg from 'pg';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Counts what a run cost, the same on any machine: SQL statements, Temporal events, bytes of history, actions.
 * `booksy up --once` prints them, the benchmark compares them.
 */

/** What workflows cost. */
export type WorkflowCost = {
  readonly workflows: number;
  readonly temporalEvents: number;
  readonly historyBytes: number;
  /** See {@link countActions}. */
  readonly actions: number;
};

/** Statements of this module carry the mark, so that measuring is not measured. */
const MARK = '/* measure */';

/**
 * Calls of statements so far in this database, by pg_stat_statements: top-level statements (what a client sent, not what
 * functions and triggers did inside), without transaction control and session settings, without the pacer's and the
 * token's (they carry the comments `pacer` and `token` inside: PostgreSQL drops one in front) and without our own.
 */
const COUNT_STATEMENTS = `SELECT ${MARK} coalesce(sum(calls), 0)::float8 AS calls
  FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
 WHERE d.datname = current_database() AND s.toplevel
   AND s.query !~* '^\\s*(begin|commit|rollback|end|abort|savepoint|release|start transaction|set|reset|show|discard|deallocate|listen|unlisten|notify)\\M'
   AND s.query !~ '/\\*\\s*(pacer|token|measure)\\s*\\*/'`;

/** A counter of statements that starts at zero now. */
export type StatementCounter = { count(): Promise<number>; close(): Promise<void> };

/**
 * Starts counting statements.
 * @returns null where pg_stat_statements is not loaded (a PostgreSQL that is not ours): then there is no number
 */
export async function startStatementCounter(databaseUrl: string): Promise<StatementCounter | null> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'booksy-sync measure' });
  // A connection that breaks while nothing is asked must not end the process.
  client.on('error', () => undefined);
  await client.connect();
  const read = async (): Promise<number> => {
    const { rows } = await client.query<{ calls: number }>(COUNT_STATEMENTS);
    return rows[0]?.calls ?? 0;
  };
  try {
    const before = await read();
    return { count: async () => (await read()) - before, close: () => client.end() };
  } catch {
    await client.end();
    return null;
  }
}

/**
 * What the executions of some workflows cost, all runs of a chain (continue-as-new) together.
 * @param ids workflow ids to count
 * @param since executions that started earlier do not belong to the run
 */
export async function measureWorkflows(
  client: Client,
  ids: readonly string[],
  since: Date,
): Promise<WorkflowCost> {
  let workflows = 0;
  let temporalEvents = 0;
  let historyBytes = 0;
  let actions = 0;
  for (const workflowId of ids) {
    for (const runId of await runsOf(client, workflowId, since)) {
      const handle = client.workflow.getHandle(workflowId, runId);
      const description = await handle.describe();
      const { events } = await handle.fetchHistory();
      workflows += 1;
      temporalEvents += description.historyLength;
      historyBytes += description.historySize ?? 0;
      actions += countActions((events ?? []).map(asCounted));
    }
  }
  return { workflows, temporalEvents, historyBytes, actions };
}

async function runsOf(client: Client, workflowId: string, since: Date): Promise<string[]> {
  const newest = (await client.workflow.getHandle(workflowId).describe()).runId;
  // The list follows the truth by some milliseconds.
  for (let attempt = 0; ; attempt += 1) {
    const runs: string[] = [];
    const query = `WorkflowId = "${workflowId}" AND StartTime >= "${since.toISOString()}"`;
    for await (const execution of client.workflow.list({ query })) runs.push(execution.runId);
    if (runs.includes(newest) || attempt >= 40) return runs.length > 0 ? runs : [newest];
    await delay(50);
  }
}

/** The part of a history event that counting needs. */
export type CountedEvent = {
  readonly kind:
    | 'started'
    | 'activityStarted'
    | 'timerStarted'
    | 'signalReceived'
    | 'updateAccepted'
    | 'childInitiated'
    | 'externalSignal'
    | 'attributesUpserted'
    | 'marker'
    | 'other';
  /** Attempts of an activity up to and with this start. */
  readonly attempt: number;
};

/**
 * Actions of one execution, counted from its history as Temporal bills them: a start (also by continue-as-new) 1, each
 * attempt of an activity 1, a timer 1, a signal received 1, a signal to another workflow 1, an update 1, a child workflow
 * 2 (its own start is then not counted again by the caller), an upsert of search attributes 1, a marker (local activity,
 * version, side effect) 1. Queries and heartbeats leave no trace in the history and are not counted.
 */
export function countActions(events: readonly CountedEvent[]): number {
  return events.reduce((sum, event) => {
    switch (event.kind) {
      case 'activityStarted':
        return sum + event.attempt;
      case 'childInitiated':
        return sum + 2;
      case 'other':
        return sum;
      case 'started':
      case 'timerStarted':
      case 'signalReceived':
      case 'updateAccepted':
      case 'externalSignal':
      case 'attributesUpserted':
      case 'marker':
        return sum + 1;
    }
  }, 0);
}

type HistoryEvent = NonNullable<
  Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>['events']
>[number];

function asCounted(event: HistoryEvent): CountedEvent {
  const attempt = event.activityTaskStartedEventAttributes?.attempt ?? 1;
  return { kind: kindOf(event), attempt };
}

function kindOf(event: HistoryEvent): CountedEvent['kind'] {
  if (event.workflowExecutionStartedEventAttributes) return 'started';
  if (event.activityTaskStartedEventAttributes) return 'activityStarted';
  if (event.timerStartedEventAttributes) return 'timerStarted';
  if (event.workflowExecutionSignaledEventAttributes) return 'signalReceived';
  if (event.workflowExecutionUpdateAcceptedEventAttributes) return 'updateAccepted';
  if (event.startChildWorkflowExecutionInitiatedEventAttributes) return 'childInitiated';
  if (event.signalExternalWorkflowExecutionInitiatedEventAttributes) return 'externalSignal';
  if (event.upsertWorkflowSearchAttributesEventAttributes) return 'attributesUpserted';
  if (event.markerRecordedEventAttributes) return 'marker';
  return 'other';
}
