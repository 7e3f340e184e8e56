import { z } from 'zod';
import { eventually } from '../../../support/eventually.ts';
import type { ConflictRig } from './rig.ts';

/** What the salon makes at Booksy, and what has come of it here. */

export const made = z.looseObject({ id: z.number() });

/** The visit here of a visit at Booksy, or null while there is none. */
export async function hereOf(rig: ConflictRig, link: string): Promise<string | null> {
  const [row] = await rig.sql<{ booking_id: string }>(
    'SELECT booking_id FROM external_bookings WHERE external_id = $1 AND booking_id IS NOT NULL',
    [link],
  );
  return row?.booking_id ?? null;
}

/** Waits for a visit of Booksy's to be here; returns its id here. */
export const arrived = (rig: ConflictRig, link: string): Promise<string> =>
  eventually(() => hereOf(rig, link), { timeoutMs: 30_000, what: 'the visit here' });

/** A visit of both sides: its id here and at Booksy. */
export interface Booked {
  readonly id: string;
  readonly link: string;
}

/** A visit that the salon makes at Booksy, once it is here; nobody's time keeps it from being made. */
export async function bookedThere(
  rig: ConflictRig,
  at: string,
  more: { readonly variant?: string; readonly staff?: string; readonly fields?: object } = {},
): Promise<Booked> {
  const { id } = made.parse(
    await rig.engine.simulator.control('POST', '/visits', {
      salon: Number(rig.salon),
      allowOverlap: true,
      customer_name: 'Ala Próbna',
      subbookings: [
        {
          booked_from: at,
          booked_till: `${at.slice(0, 14)}45`,
          staffer_id: Number(more.staff ?? rig.staff.externalId),
          service_variant_id: Number(more.variant ?? rig.variant.externalId),
        },
      ],
      ...more.fields,
    }),
  );
  const link = String(id);
  return { link, id: await arrived(rig, link) };
}

/** A variant of this minute: no sweep has seen it. Returns its id at Booksy. */
export async function unseenVariant(rig: ConflictRig, label: string): Promise<string> {
  const [service] = await rig.sql<{ id: string }>(
    `SELECT external_id AS id FROM external_services WHERE record_id = $1`,
    [rig.variant.serviceId],
  );
  const { id } = made.parse(
    await rig.engine.simulator.asSalon(
      'POST',
      `/business/${rig.salon}/service/${service?.id ?? ''}/variant/`,
      { label, price: '99.00', type: 'X', duration: 45 },
    ),
  );
  return String(id);
}
