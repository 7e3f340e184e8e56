import { isStale } from '../../domain/sweep/freshness.ts';
import type { Tx } from '../database/index.ts';
import type { SaleTerms } from '../availability/load.ts';
import { BookingError } from './errors.ts';

/** How a visit made here begins its life (R20). */
export interface Sale {
  readonly status: 'confirmed' | 'pending';
  /** Confirmed only once Booksy has taken it. */
  readonly awaitsBooksy: boolean;
  /** Whether it is worth waiting for that: Booksy can be reached. */
  readonly waits: boolean;
}

/**
 * What the mode of the business makes of a sale. Where the picture of Booksy is stale the business's policy decides.
 *
 * @throws {BookingError} `selling_stopped`
 */
export function saleOf(terms: SaleTerms, pictureIsStale: boolean): Sale {
  if (pictureIsStale) {
    switch (terms.stalePolicy) {
      case 'pending_only':
        return { status: 'pending', awaitsBooksy: true, waits: false };
      case 'sell':
        return { status: 'confirmed', awaitsBooksy: false, waits: false };
      case 'stop':
        throw new BookingError('selling_stopped', {
          message:
            'What Booksy holds is not known well enough now, and the business sells nothing meanwhile.',
          next: 'Try again later; GET /api/admin/booksy/sync-status says what is wrong.',
        });
    }
  }
  return terms.mode === 'instant'
    ? { status: 'confirmed', awaitsBooksy: false, waits: false }
    : { status: 'pending', awaitsBooksy: true, waits: true };
}

/**
 * Whether today and tomorrow are unproven for 15 minutes, Booksy is out of reach (circuit open, which a revoked token opens),
 * or nothing may be written to it: not connected, held, or not allowed yet.
 */
export async function pictureIsStale(
  db: Pick<Tx, '$queryRaw'>,
  businessId: string,
  terms: SaleTerms,
): Promise<boolean> {
  if (!terms.connected || !terms.pushAllowed || terms.paused || terms.circuitOpen) return true;
  const rows = await db.$queryRaw<{ window_key: string; proven: Date | null; due: Date | null; now: Date }[]>`
    SELECT window_key, proven_sent_at AS proven, due_at AS due, now() AS now FROM integration_sync_status
     WHERE business_id = ${businessId}::uuid AND entity = 'booking'`;
  return isStale(
    rows.map((row) => ({
      entity: 'booking',
      windowKey: row.window_key,
      provenAt: row.proven?.getTime() ?? null,
      dueAt: row.due?.getTime() ?? null,
    })),
    rows[0]?.now.getTime() ?? 0,
  );
}
