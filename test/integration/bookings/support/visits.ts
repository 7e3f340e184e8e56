import { z } from 'zod';
import type { TestApi } from '../../api/support/api.ts';
import type { TestSalon } from './salon.ts';

/** A visit as the API answers, as far as tests look at it. */
export const visitAnswer = z.object({
  booking: z.looseObject({
    id: z.string(),
    status: z.string(),
    startsLocal: z.string(),
    endsLocal: z.string(),
    version: z.number(),
    items: z.array(z.looseObject({ staffId: z.string().nullable() })),
  }),
});

/** A refusal with its other times. */
export const refusal = z.looseObject({
  code: z.string(),
  reason: z.string().optional(),
  nextFree: z.array(z.looseObject({ startsLocal: z.string() })).optional(),
});

/** Books by API what must succeed. */
export async function bookVisit(
  api: TestApi,
  salon: TestSalon,
  startsLocal: string,
  items: readonly Readonly<Record<string, unknown>>[] = [
    { variantId: salon.variantId, staffId: salon.staff[0] },
  ],
) {
  const answer = await api.send('/api/bookings', {
    method: 'POST',
    body: { businessId: salon.id, items, startsLocal },
  });
  if (answer.status !== 201) throw new Error(`The visit was not booked: ${answer.text}`);
  return visitAnswer.parse(answer.json).booking;
}

/** What holds a visit's time, as `kind from till` in UTC, earliest first. */
export async function heldBy(api: TestApi, bookingId: string): Promise<readonly string[]> {
  const { rows } = await api.database.pool.query<{ held: string }>(
    `SELECT resource_kind || ' ' || to_char(lower(during) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI') || ' '
            || to_char(upper(during) AT TIME ZONE 'UTC', 'HH24:MI') AS held
       FROM occupancy WHERE booking_id = $1 ORDER BY 1`,
    [bookingId],
  );
  return rows.map(({ held }) => held);
}

/** Makes a visit begin so many minutes ago, as time passing would have. */
export async function letItBegin(api: TestApi, bookingId: string, minutes: number): Promise<void> {
  const client = await api.database.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(
      `WITH moved AS (
         SELECT id, date_trunc('minute', now()) - make_interval(mins => $2::int) - starts_at AS shift FROM bookings WHERE id = $1
       ), visit AS (
         UPDATE bookings b SET starts_at = starts_at + shift, ends_at = ends_at + shift,
                starts_local = (starts_at + shift) AT TIME ZONE zone, ends_local = (ends_at + shift) AT TIME ZONE zone
           FROM moved m WHERE b.id = m.id RETURNING b.id
       )
       UPDATE booking_items i SET starts_at = starts_at + shift, ends_at = ends_at + shift,
              starts_local = (starts_at + shift) AT TIME ZONE zone, ends_local = (ends_at + shift) AT TIME ZONE zone
         FROM moved m WHERE i.booking_id = m.id`,
      [bookingId, minutes],
    );
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}
