import { isZone, localOf } from '../../domain/local-time.ts';
import { isStale } from '../../domain/sweep/freshness.ts';
import type { Tx } from '../database/index.ts';
import type { LoadedSalon, SaleTerms } from '../availability/load.ts';
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

/** Whether the picture of Booksy is too old to sell a day by it. */
export type PictureAge = (localDate: string) => boolean;

/**
 * The picture is stale of every day where Booksy is out of reach (circuit open, which a revoked token opens) or nothing may be
 * written to it: not connected, held, or not allowed yet. Else of those days whose window is unproven for too long (R20, R37).
 */
export async function pictureAge(
  db: Pick<Tx, '$queryRaw'>,
  { businessId, terms, description }: LoadedSalon,
): Promise<PictureAge> {
  if (!terms.connected || !terms.pushAllowed || terms.paused || terms.circuitOpen) return () => true;
  const found = await db.$queryRaw<WindowRow[]>`
    SELECT window_key, proven_sent_at AS proven, due_at AS due, interval_seconds AS seconds, clock_timestamp() AS now
      FROM integration_sync_status WHERE business_id = ${businessId}::uuid AND entity = 'booking'`;
  const [first] = found;
  if (first === undefined) return () => true;
  const rows = found.map((row) => ({
    entity: 'booking',
    windowKey: row.window_key,
    provenAt: row.proven?.getTime() ?? null,
    dueAt: row.due?.getTime() ?? null,
    everySeconds: row.seconds,
  }));
  // In a zone that nobody knows nothing is sold: the slot engine says so.
  if (!isZone(description.zone)) return () => false;
  const today = localOf(first.now.toISOString(), description.zone).slice(0, 10);
  return (localDate) => isStale(rows, first.now.getTime(), daysBetween(today, localDate));
}

interface WindowRow {
  readonly window_key: string;
  readonly proven: Date | null;
  readonly due: Date | null;
  readonly seconds: number | null;
  readonly now: Date;
}

function daysBetween(from: string, till: string): number {
  return Math.round((Date.parse(`${till}T00:00Z`) - Date.parse(`${from}T00:00Z`)) / 86_400_000);
}
