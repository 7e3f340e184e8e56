import type { ESLint } from 'eslint';
import { activityBounds } from './rules/activity-bounds.ts';
import { importArrows } from './rules/import-arrows.ts';
import { pure } from './rules/pure.ts';
import { syncValidators } from './rules/sync-validators.ts';
import { workflowIds } from './rules/workflow-ids.ts';
import { workflowReach } from './rules/workflow-reach.ts';

export { ARROWS, WORKFLOW_FOLDERS, WORKFLOW_PACKAGES } from './arrows.ts';

/** The rules of this repository, for eslint.config.mjs. */
export const plugin = {
  meta: { name: 'booksy-sync' },
  rules: {
    'activity-bounds': activityBounds,
    'import-arrows': importArrows,
    pure,
    'sync-validators': syncValidators,
    'workflow-ids': workflowIds,
    'workflow-reach': workflowReach,
  },
} satisfies ESLint.Plugin;
