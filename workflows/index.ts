/** Every workflow type by the name that Temporal knows it by. */
export { businessSync } from './business-sync.ts';
export { calendarPoll } from './calendar-poll.ts';
export { conflictResolution } from './conflict-resolution.ts';
export { fullSync } from './full-sync.ts';
export { recordSync } from './record-sync.ts';
export { undoRun } from './undo-run.ts';
export { sweep } from './sweep.ts';
export { reconcileWorkflows } from './reconcile-workflows.ts';
