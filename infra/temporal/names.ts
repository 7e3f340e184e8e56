/** Names that the worker, the launcher and the tests share. Workflow ids are made in `launch.ts` and nowhere else. */
export const TASK_QUEUE = 'booksy-sync';

/** Workflow types by what they do. */
export const WORKFLOW_TYPES = {
  fullSync: 'fullSync',
} as const;

/** Query of a full sync that answers with its progress. */
export const PROGRESS_QUERY = 'progress';
