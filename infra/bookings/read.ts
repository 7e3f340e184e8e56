import type { Tx } from '../database/index.ts';

/** A visit as the API shows it. Times local to the minute, instants ISO. */
export interface ReadBooking {
  readonly id: string;
  readonly businessId: string;
  readonly status: string;
  readonly statusReason: string | null;
  readonly awaitsBooksy: boolean;
  readonly linked: boolean;
  readonly source: string;
  readonly overbooked: boolean;
  readonly profileId: string | null;
  readonly clientName: string | null;
  readonly clientPhone: string | null;
  readonly clientEmail: string | null;
  readonly note: string | null;
  readonly zone: string;
  readonly startsLocal: string;
  readonly endsLocal: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly items: readonly ReadItem[];
}

export interface ReadItem {
  readonly id: string;
  readonly serviceId: string | null;
  readonly variantId: string | null;
  readonly serviceName: string | null;
  readonly staffId: string | null;
  readonly anyStaff: boolean;
  readonly roomId: string | null;
  readonly startsLocal: string;
  readonly endsLocal: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly priceType: string | null;
  readonly priceMinor: number | null;
  readonly currency: string | null;
}

/**
 * One visit of these businesses; null where there is none.
 *
 * @param businessIds null = all
 */
export async function readBooking(
  db: Pick<Tx, '$queryRaw'>,
  businessIds: readonly string[] | null,
  id: string,
): Promise<ReadBooking | null> {
  const [visit] = await readBookings(db, businessIds, [id]);
  return visit ?? null;
}

async function readBookings(
  db: Pick<Tx, '$queryRaw'>,
  businessIds: readonly string[] | null,
  ids: readonly string[],
): Promise<readonly ReadBooking[]> {
  const rows = await db.$queryRaw<{ visit: ReadBooking }[]>`
    SELECT /* prepared */ jsonb_build_object('id', b.id, 'businessId', b.business_id, 'status', b.status, 'statusReason', b.status_reason,
      'awaitsBooksy', b.awaits_booksy,
      'linked', EXISTS (SELECT FROM external_bookings m WHERE m.booking_id = b.id AND m.gone_at IS NULL),
      'source', b.source, 'overbooked', b.overbooking_allowed, 'profileId', b.profile_id, 'clientName', b.client_name,
      'clientPhone', b.client_phone, 'clientEmail', b.client_email, 'note', b.client_note, 'zone', b.zone,
      'startsLocal', to_char(b.starts_local, 'YYYY-MM-DD"T"HH24:MI'), 'endsLocal', to_char(b.ends_local, 'YYYY-MM-DD"T"HH24:MI'),
      'startsAt', b.starts_at, 'endsAt', b.ends_at, 'version', b.row_version, 'createdAt', b.created_at, 'updatedAt', b.updated_at,
      'items', coalesce((SELECT jsonb_agg(jsonb_build_object('id', i.id, 'serviceId', i.service_id, 'variantId', i.variant_id,
          'serviceName', i.service_name, 'staffId', i.staff_id, 'anyStaff', i.any_staff, 'roomId', i.room_id,
          'startsLocal', to_char(i.starts_local, 'YYYY-MM-DD"T"HH24:MI'), 'endsLocal', to_char(i.ends_local, 'YYYY-MM-DD"T"HH24:MI'),
          'startsAt', i.starts_at, 'endsAt', i.ends_at, 'priceType', i.price_type, 'priceMinor', i.price_minor,
          'currency', i.currency) ORDER BY i.starts_at, i.position, i.id)
        FROM booking_items i WHERE i.booking_id = b.id), '[]')) AS visit
      FROM unnest(${[...ids]}::uuid[]) w (id)
     CROSS JOIN LATERAL (SELECT x.* FROM bookings x WHERE x.id = w.id OFFSET 0) b
     WHERE ${businessIds === null} OR b.business_id = ANY(${[...(businessIds ?? [])]}::uuid[])`;
  return rows.map(({ visit }) => ({
    ...visit,
    startsAt: iso(visit.startsAt),
    endsAt: iso(visit.endsAt),
    createdAt: iso(visit.createdAt),
    updatedAt: iso(visit.updatedAt),
    items: visit.items.map((item) => ({ ...item, startsAt: iso(item.startsAt), endsAt: iso(item.endsAt) })),
  }));
}

function iso(text: string): string {
  return new Date(text).toISOString();
}

/** Reads visits of any business; those that are asked for in one turn of the event loop by one statement. */
export function createBookingReader(db: Pick<Tx, '$queryRaw'>): (id: string) => Promise<ReadBooking | null> {
  let asked: { readonly ids: string[]; readonly answer: Promise<ReadonlyMap<string, ReadBooking>> } | null =
    null;
  return async (id) => {
    if (asked === null) {
      const ids: string[] = [];
      const answer = new Promise((resolve) => setImmediate(resolve)).then(async () => {
        asked = null;
        const visits = await readBookings(db, null, ids);
        return new Map(visits.map((visit) => [visit.id, visit]));
      });
      asked = { ids, answer };
    }
    asked.ids.push(id);
    return (await asked.answer).get(id) ?? null;
  };
}

const POLL_MS = 40;

/**
 * Waits until Booksy has answered about a visit that awaits it, at most so long (R20). Where the salon accepts by hand the answer
 * is that it waits there too: then nothing more is to be had now.
 *
 * @returns the visit as it is then
 */
export async function awaitBooksy(
  db: Pick<Tx, '$queryRaw'>,
  id: string,
  mostMs: number,
): Promise<ReadBooking | null> {
  const until = performance.now() + mostMs;
  for (;;) {
    const rows = await db.$queryRaw<{ awaits: boolean }[]>`
      SELECT b.awaits_booksy AND NOT EXISTS (
               SELECT FROM external_bookings m WHERE m.business_id = b.business_id AND m.booking_id = b.id AND m.gone_at IS NULL
             ) AS awaits
        FROM bookings b WHERE b.id = ${id}::uuid`;
    if (rows[0]?.awaits !== true || performance.now() >= until) return readBooking(db, null, id);
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}
