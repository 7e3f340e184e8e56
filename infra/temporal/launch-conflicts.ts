import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { SignalledResolution } from '../../domain/conflicts/resolution.ts';
import type { Db } from '../database/index.ts';
import { RESOLVE_SIGNAL, WORKFLOW_TYPES } from './names.ts';
import { businessAttribute, kindAttribute } from './search-attributes.ts';

/** Starting and signalling the workflows of conflicts. Their truth is in the rows (R32): starting twice does no harm. */

/** Input of the workflow of one conflict. */
export interface ConflictInput {
  readonly version: 1;
  readonly businessId: string;
  readonly conflictId: string;
}

export interface TemporalPlace {
  readonly client: Client;
  readonly taskQueue: string;
}

/** Id of a conflict's workflow. */
export function conflictWorkflowId(conflictId: string): string {
  return `conflict/${conflictId}`;
}

/** What the API needs: sends a decision to the conflict's workflow, starting it where there is none. */
export interface ConflictLauncher {
  resolveConflict(
    conflict: Pick<ConflictInput, 'businessId' | 'conflictId'>,
    resolution: Pick<SignalledResolution, 'resolutionId' | 'choice'> & { readonly actor: string },
  ): Promise<void>;
}

export function createConflictLauncher({ client, taskQueue }: TemporalPlace): ConflictLauncher {
  return {
    async resolveConflict(conflict, { resolutionId, choice, actor }) {
      // The decision itself, with its reason, stands in the row: nothing that a person wrote passes through Temporal.
      await client.workflow.signalWithStart(WORKFLOW_TYPES.conflictResolution, {
        ...startOptions(conflict, taskQueue),
        signal: RESOLVE_SIGNAL,
        signalArgs: [{ resolutionId, choice, actor, stored: true, ...placeholder(choice) }],
      });
    },
  };
}

/** A signal must be whole, and the time of a move is in the row. */
function placeholder(choice: string): object {
  return choice === 'move' ? { move: { startsLocal: '1970-01-01T00:00' } } : {};
}

/** How many workflows are started at a time. */
const AT_ONCE = 16;

/**
 * Starts the workflow of every open conflict that has none (R32): after a transaction that opened some, at the start of a
 * worker, and by schedule.
 *
 * @param businessIds only these; all unless given
 * @returns how many were started
 */
export async function startMissingConflicts(
  place: TemporalPlace & { readonly db: Pick<Db, '$queryRaw'> },
  businessIds?: readonly string[],
): Promise<number> {
  const rows = await place.db.$queryRaw<{ id: string; business_id: string }[]>`
    SELECT id::text, business_id::text FROM booksy_sync_conflicts
     WHERE status = 'open' AND (${businessIds === undefined} OR business_id = ANY(${[...(businessIds ?? [])]}::uuid[]))
     ORDER BY opened_at`;
  if (rows.length === 0) return 0;
  const running = await runningConflicts(place.client, businessIds);
  const missing = rows.filter(({ id }) => !running.has(conflictWorkflowId(id)));
  let started = 0;
  for (let at = 0; at < missing.length; at += AT_ONCE) {
    const batch = missing.slice(at, at + AT_ONCE);
    const each = await Promise.all(
      batch.map(({ id, business_id: businessId }) => startConflict(place, { businessId, conflictId: id })),
    );
    started += each.filter(Boolean).length;
  }
  return started;
}

async function startConflict(
  { client, taskQueue }: TemporalPlace,
  conflict: Pick<ConflictInput, 'businessId' | 'conflictId'>,
): Promise<boolean> {
  try {
    await client.workflow.start(WORKFLOW_TYPES.conflictResolution, {
      ...startOptions(conflict, taskQueue),
      workflowIdConflictPolicy: 'FAIL',
    });
    return true;
  } catch (error) {
    // The list of running ones lags a moment.
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/** Ids of the workflows that run. The list may lag: who is missing in it is asked by the start itself. */
async function runningConflicts(
  client: Client,
  businessIds: readonly string[] | undefined,
): Promise<ReadonlySet<string>> {
  const of = businessIds?.map((id) => `'${id.replaceAll("'", '')}'`).join(', ');
  const query = `ExecutionStatus = 'Running' AND BooksySyncKind = 'conflict'${of === undefined ? '' : ` AND BooksySyncBusiness IN (${of})`}`;
  const ids = new Set<string>();
  for await (const { workflowId } of client.workflow.list({ query })) ids.add(workflowId);
  return ids;
}

function startOptions(
  { businessId, conflictId }: Pick<ConflictInput, 'businessId' | 'conflictId'>,
  taskQueue: string,
) {
  const input: ConflictInput = { version: 1, businessId, conflictId };
  return {
    workflowId: conflictWorkflowId(conflictId),
    taskQueue,
    args: [input] as [ConflictInput],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    staticSummary: 'A conflict that waits for a decision',
    typedSearchAttributes: [
      { key: businessAttribute, value: businessId },
      { key: kindAttribute, value: 'conflict' },
    ],
  };
}
