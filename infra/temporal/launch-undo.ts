import type { Db } from '../database/index.ts';
import type { LaunchOptions } from './launch-types.ts';
import { UNDO_CONFIRMED_SIGNAL, WORKFLOW_TYPES } from './names.ts';
import { businessAttribute, kindAttribute } from './search-attributes.ts';

/** Starting and waking the workflows of undos. Their truth is in the rows (R32): starting twice does no harm. */

/** Input of the workflow of one undo. */
export interface UndoInput {
  readonly version: 1;
  readonly businessId: string;
  readonly undoId: string;
}

type UndoRef = Omit<UndoInput, 'version'>;

/** Id of an undo's workflow. */
export function undoWorkflowId(undoId: string): string {
  return `undo/${undoId}`;
}

/** The part of the launcher that the API uses. */
export interface UndoLauncher {
  /** Starts the workflow that plans the undo and waits for its confirmation. */
  startUndo(undo: UndoRef): Promise<void>;
  /** Tells it that the row was confirmed, and starts it where there is none. */
  confirmUndo(undo: UndoRef): Promise<void>;
}

export function createUndoLauncher({ client, taskQueue }: LaunchOptions): UndoLauncher {
  return {
    async startUndo(undo) {
      await client.workflow.start(WORKFLOW_TYPES.undoRun, startOptions(undo, taskQueue));
    },
    async confirmUndo(undo) {
      await client.workflow.signalWithStart(WORKFLOW_TYPES.undoRun, {
        ...startOptions(undo, taskQueue),
        signal: UNDO_CONFIRMED_SIGNAL,
      });
    },
  };
}

/**
 * Starts the workflow of every undo that waits or was confirmed and has none (R32): at the start of a worker, and by
 * schedule. Those that run are left alone.
 *
 * @returns how many rows were looked after
 */
export async function startMissingUndos(
  place: LaunchOptions & { readonly db: Pick<Db, '$queryRaw'> },
): Promise<number> {
  const rows = await place.db.$queryRaw<{ id: string; business_id: string }[]>`
    SELECT id::text, business_id::text FROM sync_undos WHERE state IN ('planned', 'confirmed') ORDER BY created_at`;
  if (rows.length === 0) return 0;
  const running = new Set<string>();
  const query = `ExecutionStatus = 'Running' AND BooksySyncKind = 'undo'`;
  for await (const { workflowId } of place.client.workflow.list({ query })) running.add(workflowId);
  const missing = rows.filter(({ id }) => !running.has(undoWorkflowId(id)));
  const launcher = createUndoLauncher(place);
  for (const { id, business_id: businessId } of missing) await launcher.startUndo({ businessId, undoId: id });
  return missing.length;
}

function startOptions({ businessId, undoId }: UndoRef, taskQueue: string) {
  const input: UndoInput = { version: 1, businessId, undoId };
  return {
    workflowId: undoWorkflowId(undoId),
    taskQueue,
    args: [input] as [UndoInput],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    staticSummary: 'Taking back what the sync did',
    typedSearchAttributes: [
      { key: businessAttribute, value: businessId },
      { key: kindAttribute, value: 'undo' },
    ],
  };
}
