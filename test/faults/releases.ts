import { z } from 'zod';
import type { Rig } from './rig.ts';
import type { Salon } from './salons.ts';

/**
 * The person of a salon (R3): what is held back because too much was missing at once stays so until somebody has looked in
 * Booksy and releases it. Faults are over by then, so what is still held back is really gone.
 */

const page = z.looseObject({
  errors: z.array(
    z.looseObject({ id: z.string(), affected: z.number().nullish(), actions: z.array(z.string()) }),
  ),
});

/** Releases what waits for a person in these salons. @returns how many entries that were */
export async function releaseHeldBack(rig: Rig, salons: readonly Salon[]): Promise<number> {
  let released = 0;
  for (const { businessId } of salons) {
    const { rows } = await rig.db.query(
      `SELECT FROM quarantine WHERE business_id = $1 AND reason_code = 'blast_radius' AND released_at IS NULL`,
      [businessId],
    );
    if (rows.length === 0) continue;
    const list = page.parse(
      await rig.api('GET', `/errors?kind=quarantine&businessId=${businessId}&limit=100`),
    );
    for (const { id, affected, actions } of list.errors) {
      if (!actions.includes('release')) continue;
      await rig.api('POST', `/errors/${encodeURIComponent(id)}/release`, { affected: affected ?? 0 });
      released += 1;
    }
  }
  return released;
}
