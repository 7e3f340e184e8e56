import { appendAudit } from '../../infra/audit/index.ts';
import { askAfterResume } from '../../infra/sweep/ask.ts';
import type { DrainDeps } from './deps.ts';

export interface HoldBusiness {
  readonly businessId: string;
  /** What a person asked for in the Temporal Web UI. */
  readonly wish: 'pause' | 'resume';
}

const ACTOR = 'temporal-ui';

/**
 * Writes down a wish of the Temporal Web UI: the truth of a pause is in PostgreSQL (R28). After a resume Booksy is looked at
 * before anything is pushed (R30). Asking twice changes nothing.
 */
export async function holdBusiness(
  { db }: Pick<DrainDeps, 'db'>,
  { businessId, wish }: HoldBusiness,
): Promise<void> {
  await db.$transaction(async (tx) => {
    const rows =
      wish === 'pause'
        ? await tx.$executeRaw`
            UPDATE businesses SET paused_at = now(), paused_by = ${ACTOR}
             WHERE id = ${businessId}::uuid AND paused_at IS NULL`
        : await tx.$executeRaw`
            UPDATE businesses SET paused_at = NULL, paused_by = NULL
             WHERE id = ${businessId}::uuid AND paused_at IS NOT NULL`;
    if (rows === 0) return;
    if (wish === 'resume') await askAfterResume(tx, businessId);
    const action = wish === 'pause' ? 'paused' : 'resumed';
    await appendAudit(tx, { businessId }, [{ actor: ACTOR, action, reasonCode: 'business' }]);
  });
}
