import { randomUUID } from 'node:crypto';

import type pg from 'pg';
import { expect } from 'vitest';

/** What runs SQL: a pool, or the client of a transaction. */
export type Runner = Pick<pg.Pool, 'query'>;

export interface Salon {
  readonly businessId: string;
  readonly staff: readonly string[];
  readonly rooms: readonly string[];
  readonly serviceId: string;
}

/** Item of a visit; times are minutes after 2030-03-04T08:00Z. */
export interface ItemSpec {
  readonly from: number;
  readonly to: number;
  readonly staff?: string | null;
  readonly room?: string | null;
  readonly anyStaff?: boolean;
  readonly gap?: readonly [afterMinutes: number, minutes: number];
  readonly prior?: readonly [from: number, to: number];
  readonly seats?: number;
  readonly service?: string;
}

export interface VisitSpec {
  readonly items: readonly ItemSpec[];
  readonly status?: string;
  readonly overbooking?: boolean;
}

const ORIGIN = Date.UTC(2030, 2, 4, 8);

/** The instant so many minutes after the tests' eight o'clock. */
export function at(minutes: number): string {
  return new Date(ORIGIN + minutes * 60_000).toISOString();
}

/** A salon with staff and rooms; the outbox is empty afterwards. */
export async function openSalon(db: Runner, size: { staff?: number; rooms?: number } = {}): Promise<Salon> {
  const businessId = randomUUID();
  const staff = Array.from({ length: size.staff ?? 2 }, () => randomUUID());
  const rooms = Array.from({ length: size.rooms ?? 1 }, () => randomUUID());
  const serviceId = randomUUID();
  await db.query(
    `INSERT INTO businesses (id, name, zone, country, currency) VALUES ($1, 'Salon', 'Europe/Warsaw', 'PL', 'PLN')`,
    [businessId],
  );
  await db.query(
    `INSERT INTO staff (id, business_id, name) SELECT id, $1, 'Staff' FROM unnest($2::uuid[]) id`,
    [businessId, staff],
  );
  await db.query(
    `INSERT INTO rooms (id, business_id, name) SELECT id, $1, 'Room' FROM unnest($2::uuid[]) id`,
    [businessId, rooms],
  );
  await db.query(`INSERT INTO services (id, business_id, name) VALUES ($1, $2, 'Class')`, [
    serviceId,
    businessId,
  ]);
  await db.query('DELETE FROM sync_outbox WHERE business_id = $1', [businessId]);
  return { businessId, staff, rooms, serviceId };
}

/** Writes a visit with its items, as the platform's own application would. */
export async function book(
  db: Runner,
  salon: Salon,
  visit: VisitSpec,
): Promise<{ bookingId: string; itemIds: string[] }> {
  const bookingId = randomUUID();
  const from = Math.min(...visit.items.map((item) => item.from));
  const to = Math.max(...visit.items.map((item) => item.to));
  await db.query(
    `INSERT INTO bookings (id, business_id, status, zone, starts_local, ends_local, starts_at, ends_at, overbooking_allowed)
     VALUES ($1, $2, $3, 'Europe/Warsaw', $4::timestamptz AT TIME ZONE 'Europe/Warsaw', $5::timestamptz AT TIME ZONE 'Europe/Warsaw', $4, $5, $6)`,
    [bookingId, salon.businessId, visit.status ?? 'confirmed', at(from), at(to), visit.overbooking ?? false],
  );
  const itemIds: string[] = [];
  for (const item of visit.items) itemIds.push(await addItem(db, salon, bookingId, item));
  return { bookingId, itemIds };
}

/** Adds one item to a visit and answers its id. */
export async function addItem(db: Runner, salon: Salon, bookingId: string, item: ItemSpec): Promise<string> {
  const id = randomUUID();
  await db.query(
    `INSERT INTO booking_items (id, booking_id, business_id, service_id, staff_id, any_staff, room_id, zone,
       starts_local, ends_local, starts_at, ends_at, prior_starts_at, prior_ends_at, gap_after_minutes, gap_minutes, session_seats)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'Europe/Warsaw',
       $8::timestamptz AT TIME ZONE 'Europe/Warsaw', $9::timestamptz AT TIME ZONE 'Europe/Warsaw', $8, $9, $10, $11, $12, $13, $14)`,
    [
      id,
      bookingId,
      salon.businessId,
      item.service ?? null,
      item.staff ?? null,
      item.anyStaff ?? false,
      item.room ?? null,
      at(item.from),
      at(item.to),
      item.prior ? at(item.prior[0]) : null,
      item.prior ? at(item.prior[1]) : null,
      item.gap?.[0] ?? null,
      item.gap?.[1] ?? null,
      item.seats ?? 1,
    ],
  );
  return id;
}

/** Takes time off for a person or a room. */
export async function block(
  db: Runner,
  salon: Salon,
  kind: 'staff' | 'room',
  owner: string,
  from: number,
  to: number,
): Promise<string> {
  const id = randomUUID();
  await db.query(
    `INSERT INTO time_off (id, business_id, owner_kind, owner_id, zone, starts_local, ends_local, starts_at, ends_at)
     VALUES ($1, $2, $3, $4, 'Europe/Warsaw', $5::timestamptz AT TIME ZONE 'Europe/Warsaw', $6::timestamptz AT TIME ZONE 'Europe/Warsaw', $5, $6)`,
    [id, salon.businessId, kind, owner, at(from), at(to)],
  );
  return id;
}

/** Moves an item to another time. */
export async function move(db: Runner, itemId: string, from: number, to: number): Promise<void> {
  await db.query(
    `UPDATE booking_items SET starts_at = $2, ends_at = $3,
       starts_local = $2::timestamptz AT TIME ZONE 'Europe/Warsaw', ends_local = $3::timestamptz AT TIME ZONE 'Europe/Warsaw'
     WHERE id = $1`,
    [itemId, at(from), at(to)],
  );
}

/** Sets the status of a visit. */
export async function setStatus(db: Runner, bookingId: string, status: string): Promise<void> {
  await db.query('UPDATE bookings SET status = $2 WHERE id = $1', [bookingId, status]);
}

/** Runs work in one transaction; `importing` is the setting under which our own apply writes. */
export async function transaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  options: { importing?: boolean } = {},
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    if (options.importing === true) await client.query(`SELECT set_config('booksy_sync.import', 'on', true)`);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

export interface Held {
  readonly item: string | null;
  readonly from: number;
  readonly to: number;
  readonly exempt: boolean;
}

/** What holds a resource, in order of time; minutes as in `ItemSpec`. */
export async function heldBy(db: Runner, resource: string): Promise<Held[]> {
  const { rows } = await db.query<{ item_id: string | null; from: Date; to: Date; exempt: boolean }>(
    `SELECT item_id, lower(during) AS from, upper(during) AS to, exempt FROM occupancy WHERE resource_id = $1 ORDER BY during, id`,
    [resource],
  );
  const minutes = (instant: Date) => (instant.getTime() - ORIGIN) / 60_000;
  return rows.map((row) => ({
    item: row.item_id,
    from: minutes(row.from),
    to: minutes(row.to),
    exempt: row.exempt,
  }));
}

/** Stretches only: `[[from, to], …]`. */
export async function stretches(db: Runner, resource: string): Promise<[number, number][]> {
  return (await heldBy(db, resource)).map((held) => [held.from, held.to]);
}

/** Whether each row of a resource carries the mark, in order of time. */
export async function marks(db: Runner, resource: string): Promise<boolean[]> {
  return (await heldBy(db, resource)).map((held) => held.exempt);
}

/** Expects that the database refuses a time as held, by the constraint's name. */
export async function expectHeld(attempt: Promise<unknown>): Promise<void> {
  await expect(attempt).rejects.toMatchObject({ code: '23P01', constraint: 'occupancy_no_overlap' });
}
