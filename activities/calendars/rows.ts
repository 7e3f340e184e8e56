import type { Tx, Db } from '../../infra/database/index.ts';
import { VaultError, vaultContext, type Vault } from '../../infra/crypto.ts';
import type { CalendarDeps } from './deps.ts';

/** A calendar that this process polls now. */
export interface ClaimedCalendar {
  readonly id: string;
  readonly businessId: string;
  readonly ownerKind: 'staff' | 'business';
  readonly ownerId: string;
  readonly zone: string;
  readonly sealedUrl: Uint8Array;
  readonly sealedCopy: Uint8Array | null;
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly bodyHash: string | null;
  readonly intervalSeconds: number;
  readonly failures: number;
  /** By the database's clock. */
  readonly now: Date;
  /** Its last copy does not count any more. */
  readonly isStale: boolean;
}

/** Longer than a poll can take. */
const CLAIM_SECONDS = 300;

/** Takes the calendar that has waited longest; null where none is due. Two workers never take the same one. */
export async function claimDue(
  db: Db,
  { keepHours }: CalendarDeps['calendars'],
): Promise<ClaimedCalendar | null> {
  const rows = await db.$queryRaw<ClaimedCalendar[]>`
    UPDATE external_calendars c SET claimed_until = now() + make_interval(secs => ${CLAIM_SECONDS})
      FROM businesses b
     WHERE b.id = c.business_id AND c.id = (
       SELECT id FROM external_calendars
        WHERE active AND due_at <= now() AND (claimed_until IS NULL OR claimed_until < now())
        ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING c.id::text AS id, c.business_id::text AS "businessId", c.owner_kind AS "ownerKind", c.owner_id::text AS "ownerId",
              b.zone, c.sealed_url AS "sealedUrl", c.sealed_copy AS "sealedCopy", c.etag, c.last_modified AS "lastModified",
              c.body_hash AS "bodyHash", c.interval_seconds AS "intervalSeconds", c.failures, now() AS now,
              coalesce(c.ok_at, c.created_at) < now() - make_interval(hours => ${keepHours}) AS "isStale"`;
  return rows[0] ?? null;
}

/** Whether the calendar is still there and polled; holds its row until the commit. */
export async function stillThere(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<{ active: boolean }[]>`
    SELECT active FROM external_calendars WHERE id = ${id}::uuid FOR UPDATE`;
  return rows[0]?.active === true;
}

/** Opens a sealed column of a calendar; null where there is nothing, or nothing that this process can open. */
export function openColumn(
  { vault, logger }: { readonly vault: Vault; readonly logger: CalendarDeps['logger'] },
  { id, businessId }: Pick<ClaimedCalendar, 'id' | 'businessId'>,
  column: 'sealed_url' | 'sealed_copy',
  sealed: Uint8Array | null,
): string | null {
  if (sealed === null) return null;
  try {
    return vault
      .open(sealed, vaultContext({ tenant: businessId, table: 'external_calendars', column, row: id }))
      .toString('utf8');
  } catch (error) {
    const code = error instanceof VaultError ? error.code : 'unexpected';
    logger.warn({ calendarId: id, column, code }, 'a calendar could not be opened');
    return null;
  }
}
