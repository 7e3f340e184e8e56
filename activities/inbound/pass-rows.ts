import type { Absent, Suspect } from '../apply/gone.ts';
import type { Batch } from './pages.ts';
import type { StepScope } from './run.ts';

/** Scratch rows of a pass over a list: what it has shown, and which cancels wait for its end. */

/** Remembers the ids that the pass has shown; at its end, counts the distinct ones. */
export async function noteShown<T>(scope: StepScope, windowKey: string, batch: Batch<T>): Promise<number> {
  const ids = batch.pages.flatMap(({ page }) => page.externalIds.filter((id) => id !== null));
  await scope.tx.$executeRaw`
    INSERT INTO sync_pass_rows (run_id, window_key, external_id)
    SELECT ${scope.runId}::uuid, ${windowKey}, id FROM unnest(${ids}::text[]) AS id
    ON CONFLICT DO NOTHING`;
  if (!batch.cursor.done) return 0;
  const rows = await scope.tx.$queryRaw<{ distinct_ids: bigint }[]>`
    SELECT count(*) AS distinct_ids FROM sync_pass_rows
     WHERE run_id = ${scope.runId}::uuid AND window_key = ${windowKey}`;
  return Number(rows[0]?.distinct_ids ?? 0);
}

/** Cancels wait in the pass's scratch rows until its end: only then it shows whether they are too many at once (R3). */
function cancelsKey(windowKey: string): string {
  return `${windowKey}:cancels`;
}

/** Lets cancels wait for the end of the pass. */
export async function noteCancels(
  scope: StepScope,
  windowKey: string,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await scope.tx.$executeRaw`
    INSERT INTO sync_pass_rows (run_id, window_key, external_id)
    SELECT ${scope.runId}::uuid, ${cancelsKey(windowKey)}, id FROM unnest(${ids}::text[]) AS id
    ON CONFLICT DO NOTHING`;
}

async function waitingCancels(scope: StepScope, windowKey: string): Promise<readonly Suspect[]> {
  const rows = await scope.tx.$queryRaw<{ id: string }[]>`
    SELECT external_id AS id FROM sync_pass_rows
     WHERE run_id = ${scope.runId}::uuid AND window_key = ${cancelsKey(windowKey)} ORDER BY external_id`;
  return rows.map(({ id }) => ({ entity: 'booking', externalId: id, mirrorId: id }));
}

/** What a pass needs to tell what it missed. */
export interface EndedPass {
  readonly key: string;
  readonly findAbsent: (scope: StepScope) => Promise<Absent>;
  /** Records known in the window. */
  readonly countKnown: (scope: StepScope) => Promise<number>;
}

/** What an ended pass did not show, and the cancels that it brought. An incomplete one removes nothing (R2). */
export async function absentOfPass(scope: StepScope, pass: EndedPass, complete: boolean): Promise<Absent> {
  const missing = complete ? (await pass.findAbsent(scope)).suspects : [];
  const suspects = [...missing, ...(await waitingCancels(scope, pass.key))];
  return { suspects, known: suspects.length === 0 ? 0 : await pass.countKnown(scope) };
}

/** Empties the scratch rows of a pass. */
export async function forgetPass(scope: StepScope, windowKey: string): Promise<void> {
  await scope.tx.$executeRaw`
    DELETE FROM sync_pass_rows
     WHERE run_id = ${scope.runId}::uuid AND window_key IN (${windowKey}, ${cancelsKey(windowKey)})`;
}
