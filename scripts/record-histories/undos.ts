/** Scenarios of the workflow of an undo: confirmed, woken for nothing, not confirmed in time, rebuilt when it was confirmed. */
import { v7 as uuidv7 } from 'uuid';
import { appendAudit, sealValues } from '../../infra/audit/index.ts';
import { createUndoLauncher, undoWorkflowId } from '../../infra/temporal/launch-undo.ts';
import type { TestEngine } from '../../test/support/engine.ts';
import { eventually } from '../../test/support/eventually.ts';

interface Scenario {
  run(engine: TestEngine): Promise<string>;
}
type Ref = { readonly businessId: string; readonly undoId: string };

export const UNDO_SCENARIOS: Readonly<Record<string, Scenario>> = {
  // A signal typed in the Temporal Web UI does nothing; then a person confirms.
  'undoRun/confirmed': {
    async run(engine) {
      const ref = await asked(engine, 3_600_000);
      const undos = createUndoLauncher(engine.worker);
      await undos.startUndo(ref);
      await planned(engine, ref);
      await undos.confirmUndo(ref);
      await looked(engine, ref);
      await confirm(engine, ref);
      await undos.confirmUndo(ref);
      return ended(engine, ref);
    },
  },

  'undoRun/not-confirmed': {
    async run(engine) {
      const ref = await asked(engine, 3_000);
      await createUndoLauncher(engine.worker).startUndo(ref);
      return ended(engine, ref);
    },
  },

  'undoRun/rebuilt': {
    async run(engine) {
      const ref = await asked(engine, 3_600_000);
      const undos = createUndoLauncher(engine.worker);
      await undos.startUndo(ref);
      await planned(engine, ref);
      await engine.worker.client.workflow.getHandle(undoWorkflowId(ref.undoId)).terminate('Lost.');
      await confirm(engine, ref);
      await undos.startUndo(ref);
      return ended(engine, ref);
    },
  },

  'undoRun/nothing': {
    async run(engine) {
      const ref = await asked(engine, 3_600_000, false);
      await createUndoLauncher(engine.worker).startUndo(ref);
      return ended(engine, ref);
    },
  },
};

/** A service that a run renamed, and somebody who wants it back; with `known` false the trail knows nothing of it. */
async function asked(engine: TestEngine, offeredMs: number, known = true): Promise<Ref> {
  const { db, vault } = engine.deps;
  const [connected] = await engine.connect();
  const businessId = connected?.businessId ?? '';
  const [runId, undoId, recordId] = [uuidv7(), uuidv7(), uuidv7()];
  await db.service.create({ data: { id: recordId, businessId, name: 'Nowa nazwa' } });
  const values = sealValues(vault, businessId, {
    before: { name: 'Stara nazwa' },
    after: { name: 'Nowa nazwa' },
  });
  if (known)
    await appendAudit(db, { businessId, runId }, [
      { actor: 'sync', action: 'updated', entity: 'service', recordId, groups: ['name'], values },
    ]);
  await db.syncUndo.create({
    data: { id: undoId, businessId, runId, requestedBy: 'test', expiresAt: new Date(Date.now() + offeredMs) },
  });
  return { businessId, undoId };
}

const PATIENCE = { timeoutMs: 60_000, what: 'the undo to go on' };

async function planned({ deps }: TestEngine, { undoId }: Ref): Promise<void> {
  await eventually(
    async () => (await deps.db.syncUndo.findUniqueOrThrow({ where: { id: undoId } })).sealedPlan !== null,
    PATIENCE,
  );
}

/** Waits until the signal was answered by a look. */
async function looked({ worker }: TestEngine, { undoId }: Ref): Promise<void> {
  const handle = worker.client.workflow.getHandle(undoWorkflowId(undoId));
  await eventually(async () => {
    const { events } = await handle.fetchHistory();
    return (events ?? []).filter((event) => event.activityTaskCompletedEventAttributes != null).length > 1;
  }, PATIENCE);
}

async function confirm({ deps }: TestEngine, { undoId }: Ref): Promise<void> {
  await deps.db.syncUndo.update({ where: { id: undoId }, data: { state: 'confirmed', confirmedBy: 'test' } });
}

async function ended({ worker }: TestEngine, { undoId }: Ref): Promise<string> {
  await worker.client.workflow.getHandle(undoWorkflowId(undoId)).result();
  return undoWorkflowId(undoId);
}
