import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { ownUid, writeFeed, type FeedEntry } from '../../domain/calendars/index.ts';
import type { Db, Tx } from '../database/index.ts';
import type { OwnerKind } from './store.ts';

/** Private feeds out: whoever has the address reads the calendar, so it is shown once and kept as a hash. */
export interface StoredFeed {
  readonly id: string;
  readonly businessId: string;
  readonly ownerKind: OwnerKind;
  readonly ownerId: string;
  readonly name: string;
  readonly withDetails: boolean;
  readonly createdAt: Date;
  readonly lastReadAt: Date | null;
}

const TOKEN_FORM = /^bkc_[\w-]{43}$/;
/** How much of a calendar is shown: a month back, a year ahead. */
const DAYS_BACK = 31;
const DAYS_AHEAD = 370;
const MOST_ENTRIES = 10_000;
/** Feeds of a business that live. */
export const MOST_FEEDS = 200;

export type NewFeed = Pick<StoredFeed, 'businessId' | 'ownerKind' | 'ownerId' | 'name' | 'withDetails'>;

/** Makes a feed. Its token is given this once; null where the business has as many as it may. */
export async function makeFeed(
  tx: Tx,
  feed: NewFeed,
  actor: string,
): Promise<{ readonly id: string; readonly token: string } | null> {
  const token = `bkc_${randomBytes(32).toString('base64url')}`;
  const id = uuidv7();
  const made = await tx.$executeRaw`
    INSERT INTO calendar_feeds (id, business_id, owner_kind, owner_id, name, token_hash, with_details, created_by)
    SELECT ${id}::uuid, ${feed.businessId}::uuid, ${feed.ownerKind}, ${feed.ownerId}::uuid, ${feed.name}, ${hashOf(token)},
           ${feed.withDetails}, ${actor}
     WHERE (SELECT count(*) FROM calendar_feeds WHERE business_id = ${feed.businessId}::uuid AND revoked_at IS NULL) < ${MOST_FEEDS}`;
  return made === 0 ? null : { id, token };
}

/** The feeds of a business that live, by id. */
export async function listFeeds(
  db: Pick<Db, '$queryRaw'>,
  businessId: string,
): Promise<readonly StoredFeed[]> {
  return db.$queryRaw<StoredFeed[]>`
    SELECT id::text AS id, business_id::text AS "businessId", owner_kind AS "ownerKind", owner_id::text AS "ownerId", name,
           with_details AS "withDetails", created_at AS "createdAt", last_read_at AS "lastReadAt"
      FROM calendar_feeds WHERE business_id = ${businessId}::uuid AND revoked_at IS NULL ORDER BY id LIMIT ${MOST_FEEDS}`;
}

/** Ends a feed at once. False where none lives. */
export async function revokeFeed(tx: Tx, id: string): Promise<boolean> {
  return (
    (await tx.$executeRaw`
      UPDATE calendar_feeds SET revoked_at = now() WHERE id = ${id}::uuid AND revoked_at IS NULL`) > 0
  );
}

interface FeedRow extends StoredFeed {
  readonly tokenHash: Uint8Array;
  readonly ownerName: string;
}

/** The text of the feed that a token opens; null where it opens none, for whatever reason. */
export async function readFeed(
  db: Db,
  token: string,
): Promise<{ readonly text: string; readonly etag: string } | null> {
  if (!TOKEN_FORM.test(token)) return null;
  const hash = hashOf(token);
  const rows = await db.$queryRaw<FeedRow[]>`
    SELECT f.id::text AS id, f.business_id::text AS "businessId", f.owner_kind AS "ownerKind", f.owner_id::text AS "ownerId",
           f.name, f.with_details AS "withDetails", f.token_hash AS "tokenHash"
      FROM calendar_feeds f WHERE f.token_hash = ${hash} AND f.revoked_at IS NULL`;
  const feed = rows[0];
  if (feed === undefined || !timingSafeEqual(Buffer.from(feed.tokenHash), Buffer.from(hash))) return null;
  const text = writeFeed(feed.name, await entriesOf(db, feed));
  // Once a minute is enough to tell a feed that nobody reads.
  await db.$executeRaw`
    UPDATE calendar_feeds SET last_read_at = now()
     WHERE id = ${feed.id}::uuid AND (last_read_at IS NULL OR last_read_at < now() - interval '1 minute')`;
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"` };
}

interface EntryRow {
  readonly id: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly modifiedAt: Date;
  readonly version: bigint;
  readonly status: string;
  readonly service: string | null;
  readonly client: string | null;
  readonly staff: string | null;
}

/**
 * Visits and blocks of a person, or of the salon. Events of other calendars are left out: two salons that read each other's
 * feeds would hold an event up for ever.
 */
async function entriesOf(
  db: Pick<Db, '$queryRaw'>,
  { businessId, ownerKind, ownerId, withDetails }: StoredFeed,
): Promise<readonly FeedEntry[]> {
  const rows = await db.$queryRaw<EntryRow[]>`
    SELECT * FROM (
      SELECT i.id::text AS id, i.starts_at AS "startsAt", i.ends_at AS "endsAt",
             greatest(i.updated_at, b.updated_at) AS "modifiedAt", i.row_version + b.row_version AS version, b.status,
             CASE WHEN ${withDetails} THEN coalesce(i.service_name, v.name) END AS service,
             CASE WHEN ${withDetails} THEN coalesce(b.client_name, nullif(concat_ws(' ', p.given_name, p.family_name), '')) END AS client,
             CASE WHEN ${ownerKind} = 'business' AND ${withDetails} THEN s.name END AS staff
        FROM booking_items i
        JOIN bookings b ON b.id = i.booking_id
        LEFT JOIN services v ON v.id = i.service_id
        LEFT JOIN profiles p ON p.id = b.profile_id
        LEFT JOIN staff s ON s.id = i.staff_id
       WHERE i.business_id = ${businessId}::uuid AND (${ownerKind} = 'business' OR i.staff_id = ${ownerId}::uuid)
         AND i.ends_at > now() - make_interval(days => ${DAYS_BACK}) AND i.starts_at < now() + make_interval(days => ${DAYS_AHEAD})
      UNION ALL
      SELECT t.id::text, t.starts_at, t.ends_at, t.updated_at, t.row_version, 'time_off', NULL, NULL,
             CASE WHEN ${ownerKind} = 'business' AND ${withDetails} THEN s.name END
        FROM time_off t LEFT JOIN staff s ON s.id = t.owner_id
       WHERE t.business_id = ${businessId}::uuid AND t.source <> 'calendar'
         AND (${ownerKind} = 'business' OR t.owner_id = ${ownerId}::uuid)
         AND t.ends_at > now() - make_interval(days => ${DAYS_BACK}) AND t.starts_at < now() + make_interval(days => ${DAYS_AHEAD})
    ) e WHERE "endsAt" > "startsAt" ORDER BY "startsAt", id LIMIT ${MOST_ENTRIES}`;
  return rows.map((row) => ({
    uid: ownUid(businessId, row.id),
    startsAt: row.startsAt.getTime(),
    endsAt: row.endsAt.getTime(),
    modifiedAt: row.modifiedAt.getTime(),
    // Versions begin at 1 each; calendars begin at 0.
    sequence: Number(row.version) - 1,
    status: STATUSES[row.status] ?? 'CONFIRMED',
    summary: summaryOf(row),
  }));
}

const STATUSES: Readonly<Record<string, FeedEntry['status']>> = {
  pending: 'TENTATIVE',
  proposed: 'TENTATIVE',
  cancelled: 'CANCELLED',
};

function summaryOf({ service, client, staff }: EntryRow): string {
  const told = [service, client, staff].filter((part) => part !== null && part !== '');
  return told.length === 0 ? 'Busy' : told.join(' – ');
}

function hashOf(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(token, 'utf8').digest());
}
