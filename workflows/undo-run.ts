/**
 * undoRun: one undo, from its plan to its end (SPEC 3.8).
 *
 * Owns nothing but the waiting: what is to be undone, the plan, its confirmation and how far it came are in PostgreSQL, so
 * that it can be rebuilt from the row at any time (R32). Id `undo/<undo>`, started by whoever asks for it and by
 * reconcileWorkflows. Plans, waits for a person until the plan is no longer offered, and carries it out part by part. What
 * has to go to Booksy goes by the ordinary process, record by record.
 *
 * The signal `confirmed`, without arguments, only says that the row changed: typed in the Temporal Web UI it does nothing.
 */
import {
  condition,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { UndoActivities, UndoStanding } from '../activities/undo/index.ts';
import type { UndoInput } from '../infra/temporal/launch-undo.ts';
import { UNDO_CONFIRMED_SIGNAL } from '../infra/temporal/names.ts';
import { inLedger } from './ledger.ts';

// Reads and writes here only, in transactions that are safe to repeat; the database may be away for a while.
const steps = proxyActivities<UndoActivities>({
  startToCloseTimeout: '30 minutes',
  scheduleToCloseTimeout: '48 hours',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});
// One row, short.
const row = proxyActivities<UndoActivities>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '48 hours',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

export const confirmedSignal = defineSignal(UNDO_CONFIRMED_SIGNAL);

export async function undoRun({ businessId, undoId }: UndoInput): Promise<UndoStanding['state']> {
  const ref = { businessId, undoId };
  let woken = false;
  setHandler(confirmedSignal, () => {
    woken = true;
  });
  let standing = await steps.planUndo.executeWithOptions({ summary: 'Plan' }, [ref]);
  while (standing.state === 'planned') {
    setCurrentDetails('Planned: waits for a person to confirm it.');
    await condition(() => woken, standing.expiresInMs + 1);
    woken = false;
    standing = await row.lookAtUndo.executeWithOptions({ summary: 'Confirmed?' }, [ref]);
  }
  if (standing.state !== 'confirmed') return standing.state;
  setCurrentDetails('Confirmed: being carried out.');
  await inLedger({ businessId, runId: undoId }, async () => {
    const { workflowId, runId: temporalRunId } = workflowInfo();
    await row.beginUndo.executeWithOptions({ summary: 'Ledger' }, [{ ...ref, workflowId, temporalRunId }]);
    await steps.applyUndo.executeWithOptions({ summary: 'Take back' }, [ref]);
    await row.endUndo.executeWithOptions({ summary: 'Close' }, [ref]);
  });
  return 'done';
}
