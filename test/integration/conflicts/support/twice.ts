import type { Card, ConflictRig } from './rig.ts';

/** A visit that is at Booksy two times. */
export interface Twice {
  readonly id: string;
  /** The linked appointment, and the other one. */
  readonly link: string;
  readonly other: string;
  readonly conflict: Card;
}

/** A visit of ours and a second appointment with its import id, edited by the salon since; a person is asked (R16a). */
export async function bookedTwice(rig: ConflictRig): Promise<Twice> {
  const visit = await rig.bookedOnBoth({ note: 'nasza' });
  const at = rig.freeHour();
  const made = (await rig.engine.simulator.control('POST', '/visits', {
    salon: Number(rig.salon),
    import_uid: `${visit.id}:1`,
    customer_name: 'Zofia Z.',
    customer_note: 'poprawione w salonie',
    subbookings: [
      {
        booked_from: at,
        booked_till: `${at.slice(0, 14)}45`,
        staffer_id: Number(rig.staff.externalId),
        service_variant_id: Number(rig.variant.externalId),
      },
    ],
  })) as { id: number };
  return { ...visit, other: String(made.id), conflict: await rig.open('double', visit.id) };
}
