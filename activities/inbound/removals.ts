import type { SyncEntity } from '../../domain/entities.ts';
import { exceedsBlastRadius } from '../../domain/absence.ts';
import type { Db, Tx } from '../../infra/database/index.ts';
import type { Quarantined } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { closeOf } from '../conflicts/quarantined.ts';

/**
 * R3, the part that a person decides: what is missing from a list at once beyond the blast radius waits in quarantine, one
 * entry for a window, until it is released. A release permits as many removals as it was shown, for a day.
 */

/** Why nothing of a window may be removed, or that it may. */
export type Removal =
  | { readonly kind: 'allowed'; readonly permitId: string | null }
  /** An earlier finding waits for a person. */
  | { readonly kind: 'waits' }
  | { readonly kind: 'too_many'; readonly entry: Quarantined };

/** A pass over a window that ended, and what it missed. */
export interface Missing {
  readonly entity: SyncEntity;
  /** `list` for lists that come whole. */
  readonly windowKey: string;
  /** Records that were not shown, or are newly cancelled. */
  readonly suspects: number;
  /** Records known here in the window. */
  readonly known: number;
  /** Start of the earliest visit among the suspects, ISO instant. */
  readonly urgentAt?: string | null;
}

export const BLAST_RADIUS = 'blast_radius';

/** A release that nobody has made use of for so long permits nothing any more: the salon has moved on. */
const PERMIT_HOURS = 24;

/** The quarantine's name for a window. */
export function windowEntry(windowKey: string): string {
  return `window:${windowKey}`;
}

/** Whether what a pass missed may be looked at and removed. */
export async function judgeRemoval(db: Db | Tx, businessId: string, missing: Missing): Promise<Removal> {
  const rows = await db.$queryRaw<{ id: string; released: boolean; permits_left: number | null }[]>`
    SELECT id, released_at IS NOT NULL AS released, permits_left FROM quarantine
     WHERE business_id = ${businessId}::uuid AND entity = ${missing.entity}
       AND external_id = ${windowEntry(missing.windowKey)} AND reason_code = ${BLAST_RADIUS}
       AND (released_at IS NULL
            OR (permits_left > 0 AND released_at > now() - make_interval(hours => ${PERMIT_HOURS})))
     ORDER BY released_at DESC NULLS FIRST LIMIT 1`;
  const [found] = rows;
  if (found?.released === true && missing.suspects <= (found.permits_left ?? 0)) {
    return { kind: 'allowed', permitId: found.id };
  }
  if (exceedsBlastRadius(missing.suspects, missing.known)) {
    return { kind: 'too_many', entry: tooManyMissing(missing) };
  }
  if (found !== undefined && !found.released) return { kind: 'waits' };
  return { kind: 'allowed', permitId: null };
}

/** Notes that so many of a permit's records were looked at. */
export async function usePermit(tx: Tx, permitId: string | null, looked: number): Promise<void> {
  if (permitId === null || looked === 0) return;
  await tx.$executeRaw`
    UPDATE quarantine SET permits_left = GREATEST(0, permits_left - ${looked}) WHERE id = ${permitId}::uuid`;
}

/** A window in which nothing is missing any more has nothing left to decide. */
export async function closeWindowEntry(
  scope: ApplyScope,
  entity: SyncEntity,
  windowKey: string,
): Promise<void> {
  const rows = await scope.tx.$queryRaw<{ external_id: string }[]>`
    UPDATE quarantine SET released_at = now(), released_by = 'sync: everything is listed again'
     WHERE business_id = ${scope.businessId}::uuid AND entity = ${entity} AND reason_code = ${BLAST_RADIUS}
       AND external_id = ${windowEntry(windowKey)} AND released_at IS NULL
    RETURNING external_id`;
  await closeOf(
    scope,
    entity,
    rows.map((row) => row.external_id),
  );
}

/** The quarantine entry of a pass in which too much was missing at once. */
function tooManyMissing({ entity, windowKey, suspects, known, urgentAt }: Missing): Quarantined {
  const all =
    suspects >= known ? ' That is everything: an empty list is more often a fault than a fact.' : '';
  return {
    entity,
    externalId: windowEntry(windowKey),
    reasonCode: BLAST_RADIUS,
    field: null,
    detail: `${String(suspects)} of ${String(known)} known records were missing or cancelled at once.${all} Nothing was removed, and their time stays held.`,
    nextStep:
      'Look in Booksy whether they are really gone. If so, release this (booksy errors release); if not, nothing is to be done: it closes by itself once they are listed again.',
    affected: suspects,
    urgentAt: urgentAt ?? null,
  };
}
