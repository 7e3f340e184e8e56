/** Names that the worker, the launcher and the tests share. Workflow ids are made in `launch.ts` and nowhere else. */
export const TASK_QUEUE = 'booksy-sync';

/** Workflow types by what they do. */
export const WORKFLOW_TYPES = {
  fullSync: 'fullSync',
  recordSync: 'recordSync',
  businessSync: 'businessSync',
  sweep: 'sweep',
  reconcileWorkflows: 'reconcileWorkflows',
  conflictResolution: 'conflictResolution',
  undoRun: 'undoRun',
  calendarPoll: 'calendarPoll',
} as const;

/** Query of a full sync that answers with its progress. */
export const PROGRESS_QUERY = 'progress';

/**
 * Signals of a full sync, without arguments. The truth of a pause is in PostgreSQL (R28): `wake` says that it changed there;
 * `pause` and `resume` are for a person in the Temporal Web UI and are written down first.
 */
export const WAKE_SIGNAL = 'wake';
export const PAUSE_SIGNAL = 'pause';
export const RESUME_SIGNAL = 'resume';

/**
 * Signals of the sync of a record that failed alone (R29), without arguments: try it now, or leave it until it changes
 * again. Both may be typed in the Temporal Web UI.
 */
export const RETRY_SIGNAL = 'retry';
export const SKIP_SIGNAL = 'skip';

/** Signal of a conflict's workflow: what a person decided, as JSON (see workflows/conflict-resolution.ts). */
export const RESOLVE_SIGNAL = 'resolve';

/** Signal of an undo's workflow, without arguments: its row was confirmed. The row says it; a signal alone does nothing. */
export const UNDO_CONFIRMED_SIGNAL = 'confirmed';
