import { v7 as uuidv7 } from 'uuid';
import { vaultContext, type Vault } from '../crypto.ts';
import type { Db, Tx } from '../database/index.ts';
import { hostOf } from './address.ts';

/** Least and most seconds between two polls of a calendar. */
export const POLL_SECONDS = { least: 300, most: 86_400, usual: 900 } as const;
/** Calendars of a business: each costs a request every few minutes. */
export const MOST_CALENDARS = 200;

export type OwnerKind = 'staff' | 'business';

/** A calendar of others as people see it; never its address. */
export interface StoredCalendar {
  readonly id: string;
  readonly businessId: string;
  readonly ownerKind: OwnerKind;
  readonly ownerId: string;
  readonly name: string;
  readonly host: string;
  readonly active: boolean;
  readonly blocksBooksy: boolean;
  readonly intervalSeconds: number;
  readonly state: 'new' | 'ok' | 'failing' | 'expired';
  readonly errorCode: string | null;
  readonly errorDetail: string | null;
  readonly failures: number;
  readonly events: number;
  /** Blocks to come. */
  readonly blocks: number;
  readonly fetchedAt: Date | null;
  readonly okAt: Date | null;
  readonly failingSince: Date | null;
  readonly laidOutUntil: Date | null;
  readonly dueAt: Date;
}

export interface NewCalendar {
  readonly businessId: string;
  readonly ownerKind: OwnerKind;
  readonly ownerId: string;
  readonly name: string;
  /** Checked by `feedAddress`. */
  readonly url: URL;
  readonly blocksBooksy: boolean;
  readonly intervalSeconds: number;
}

export interface CalendarChange {
  readonly name?: string | undefined;
  readonly url?: URL | undefined;
  readonly active?: boolean | undefined;
  readonly blocksBooksy?: boolean | undefined;
  readonly intervalSeconds?: number | undefined;
}

/** Calendars of these businesses, by id. */
export async function listCalendars(
  db: Pick<Db, '$queryRaw'>,
  businessIds: readonly string[],
  page: { readonly id?: string | undefined; readonly after?: string | undefined; readonly limit: number },
): Promise<readonly StoredCalendar[]> {
  return db.$queryRaw<StoredCalendar[]>`
    SELECT c.id::text AS id, c.business_id::text AS "businessId", c.owner_kind AS "ownerKind", c.owner_id::text AS "ownerId",
           c.name, c.host, c.active, c.blocks_booksy AS "blocksBooksy", c.interval_seconds AS "intervalSeconds", c.state,
           c.error_code AS "errorCode", c.error_detail AS "errorDetail", c.failures, c.events, c.fetched_at AS "fetchedAt",
           c.ok_at AS "okAt", c.failing_since AS "failingSince", c.laid_out_until AS "laidOutUntil", c.due_at AS "dueAt",
           (SELECT count(*)::int FROM time_off t WHERE t.external_calendar_id = c.id AND t.ends_at > now()) AS blocks
      FROM external_calendars c
     WHERE c.business_id = ANY (${[...businessIds]}::uuid[])
       AND (${page.id ?? null}::uuid IS NULL OR c.id = ${page.id ?? null}::uuid)
       AND (${page.after ?? null}::uuid IS NULL OR c.id > ${page.after ?? null}::uuid)
     ORDER BY c.id LIMIT ${page.limit}`;
}

/** Adds a calendar, due at once. Null where the business has as many as it may, or nobody of it owns it. */
export async function addCalendar(tx: Tx, vault: Vault, calendar: NewCalendar): Promise<string | null> {
  const id = uuidv7();
  const { businessId, ownerKind, ownerId, url } = calendar;
  const added = await tx.$executeRaw`
    INSERT INTO external_calendars (id, business_id, owner_kind, owner_id, name, sealed_url, host, blocks_booksy, interval_seconds)
    SELECT ${id}::uuid, ${businessId}::uuid, ${ownerKind}, ${ownerId}::uuid, ${calendar.name},
           ${sealUrl(vault, businessId, id, url)}, ${hostOf(url)}, ${calendar.blocksBooksy}, ${calendar.intervalSeconds}
     WHERE (SELECT count(*) FROM external_calendars WHERE business_id = ${businessId}::uuid) < ${MOST_CALENDARS}`;
  return added === 0 ? null : id;
}

/**
 * Changes a calendar and makes it due. Another address is another calendar: what was known of the old one goes, its blocks
 * with the next poll. One that is put to rest blocks nothing until it is woken.
 */
export async function changeCalendar(
  tx: Tx,
  vault: Vault,
  { id, businessId }: { readonly id: string; readonly businessId: string },
  change: CalendarChange,
): Promise<void> {
  const { name, url, active, blocksBooksy, intervalSeconds } = change;
  await tx.$executeRaw`
    UPDATE external_calendars
       SET name = coalesce(${name ?? null}, name), active = coalesce(${active ?? null}, active),
           blocks_booksy = coalesce(${blocksBooksy ?? null}, blocks_booksy),
           interval_seconds = coalesce(${intervalSeconds ?? null}, interval_seconds), due_at = now(), updated_at = now()
     WHERE id = ${id}::uuid`;
  if (url !== undefined)
    await tx.$executeRaw`
      UPDATE external_calendars
         SET sealed_url = ${sealUrl(vault, businessId, id, url)}, host = ${hostOf(url)}, etag = NULL, last_modified = NULL,
             body_hash = NULL, sealed_copy = NULL, state = 'new', error_code = NULL, error_detail = NULL, failures = 0,
             failing_since = NULL, ok_at = NULL, created_at = now()
       WHERE id = ${id}::uuid`;
  if (active === false) {
    await dropBlocks(tx, id);
    await tx.$executeRaw`
      UPDATE external_calendars SET state = 'new', laid_out_until = NULL, error_code = NULL, error_detail = NULL, failures = 0,
             failing_since = NULL WHERE id = ${id}::uuid`;
  }
  if (blocksBooksy !== undefined) await renewBlocks(tx, id);
}

/**
 * The same blocks under new ids: the old ones end at Booksy like any time off that is deleted here, and whether the new ones
 * go there is judged where they would be pushed.
 */
async function renewBlocks(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`
    WITH gone AS (DELETE FROM time_off WHERE external_calendar_id = ${id}::uuid AND ends_at > now() RETURNING *)
    INSERT INTO time_off (id, business_id, owner_kind, owner_id, source, zone, starts_local, ends_local, starts_at, ends_at,
                          all_day, reason_code, approved, external_calendar_id, event_key)
    SELECT gen_random_uuid(), business_id, owner_kind, owner_id, source, zone, starts_local, ends_local, starts_at, ends_at,
           all_day, reason_code, approved, external_calendar_id, event_key FROM gone`;
}

/** Takes a calendar away with its blocks to come; those that are over stay as history. False where it is not there. */
export async function removeCalendar(tx: Tx, id: string): Promise<boolean> {
  const gone = await tx.$executeRaw`DELETE FROM external_calendars WHERE id = ${id}::uuid`;
  if (gone > 0) await dropBlocks(tx, id);
  return gone > 0;
}

/** Makes a calendar due now. */
export async function makeDue(db: Pick<Db, '$executeRaw'>, id: string): Promise<void> {
  await db.$executeRaw`UPDATE external_calendars SET due_at = now() WHERE id = ${id}::uuid AND active`;
}

async function dropBlocks(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM time_off WHERE external_calendar_id = ${id}::uuid AND ends_at > now()`;
}

function sealUrl(vault: Vault, businessId: string, id: string, url: URL): Uint8Array<ArrayBuffer> {
  const place = { tenant: businessId, table: 'external_calendars', column: 'sealed_url', row: id };
  return new Uint8Array(vault.seal(url.href, vaultContext(place)));
}
