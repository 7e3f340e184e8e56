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

/**
 * Asks for another try of the records that failed alone and that only a person can mend (R29): what made them unreadable is
 * over. @returns how many that were
 */
export async function retryFailedAlone(rig: Rig, salons: readonly Salon[]): Promise<number> {
  const { rows } = await rig.db.query<{ business: string }>(
    `SELECT DISTINCT business_id AS business FROM sync_failures WHERE business_id = ANY($1) AND state = 'open'`,
    [salons.map(({ businessId }) => businessId)],
  );
  let asked = 0;
  for (const { business } of rows) {
    const list = page.parse(await rig.api('GET', `/errors?kind=record&businessId=${business}&limit=100`));
    for (const { id, actions } of list.errors) {
      if (!actions.includes('retry')) continue;
      // It may have gone through in this very moment.
      await rig.api('POST', `/errors/${encodeURIComponent(id)}/retry`).then(
        () => (asked += 1),
        () => undefined,
      );
    }
  }
  return asked;
}

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
