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
