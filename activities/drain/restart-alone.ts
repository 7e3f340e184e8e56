import { v7 as uuidv7 } from 'uuid';
import { SYNC_ENTITIES } from '../../domain/entities.ts';
import type { DrainDeps } from './deps.ts';
import { startAlone } from './failures.ts';

/**
 * Starts the workflow of every record that failed alone and has none (R32): after Temporal lost what it knew, or was away
 * when the record failed. Starting one that runs changes nothing.
 *
 * @returns rows that were looked at
 */
export async function restartAlone(deps: Pick<DrainDeps, 'db' | 'launcher' | 'logger'>): Promise<number> {
  const rows = await deps.db.$queryRaw<{ business_id: string; entity: string; record_key: string }[]>`
    SELECT business_id::text, entity, record_key FROM sync_failures WHERE state = 'open' ORDER BY first_failed_at`;
  for (const { business_id: businessId, entity, record_key: key } of rows) {
    const known = SYNC_ENTITIES.find((each) => each === entity);
    if (known !== undefined) await startAlone(deps, { businessId, entity: known, key, runId: uuidv7() });
  }
  return rows.length;
}
