/** The body of a webhook in the box: sealed, and emptied after some days (R4a). */
import { vaultContext } from '../crypto.ts';
import type { PrismaClient } from '../database/index.ts';

/** How long a body is evidence. */
export const BODY_LIFE_DAYS = 7;
const MOST_ROWS = 5_000;

/** Where a body is sealed for. The row's id is not known before it is stored; the same news has the same place. */
export function bodyContext(businessId: string, bodyHash: string): string {
  return vaultContext({
    tenant: businessId,
    table: 'webhook_logs',
    column: 'sealed_body',
    row: `${businessId}:${bodyHash}`,
  });
}

/**
 * Empties the bodies that are older than R4a keeps them; action, ids and times stay. In pieces, so that no lock is long.
 *
 * @returns how many were emptied
 */
export async function forgetBodies(prisma: Pick<PrismaClient, '$executeRaw'>): Promise<number> {
  let forgotten = 0;
  for (;;) {
    const rows = await prisma.$executeRaw`
      UPDATE webhook_logs SET sealed_body = NULL
       WHERE id IN (SELECT id FROM webhook_logs
                     WHERE sealed_body IS NOT NULL
                       AND received_at < now() - ${BODY_LIFE_DAYS}::int * interval '1 day'
                     ORDER BY received_at LIMIT ${MOST_ROWS}::int)`;
    forgotten += rows;
    if (rows < MOST_ROWS) return forgotten;
  }
}
