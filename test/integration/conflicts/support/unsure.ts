import { v7 as uuidv7 } from 'uuid';
import type { ConflictRig } from './rig.ts';
import { made } from './there.ts';

/** A card at Booksy that bears the name of a client of ours, and nothing else. */
export async function unsureCard(rig: ConflictRig, family: string) {
  const profile = uuidv7();
  // A client of before: it is not on its way to Booksy.
  await rig.sql(
    `WITH quiet AS (SELECT set_config('booksy_sync.import', 'on', true), set_config('booksy_sync.origin', 'booksy', true))
     INSERT INTO profiles (id, business_id, given_name, family_name) SELECT $1, $2, 'Halina', $3 FROM quiet`,
    [profile, rig.businessId, family],
  );
  const { id } = made.parse(
    await rig.engine.simulator.asSalon('POST', `/business/${rig.salon}/customer/`, {
      first_name: 'Halina',
      last_name: family,
    }),
  );
  return { card: String(id), family, profile };
}
export type UnsureCard = Awaited<ReturnType<typeof unsureCard>>;

/** Visits of a card that the salon makes at Booksy, soonest first; no webhook tells of silent ones. */
export async function visitsThere(
  rig: ConflictRig,
  { card, family }: UnsureCard,
  count: number,
  silent = false,
) {
  const hours = Array.from({ length: count }, () => rig.freeHour());
  const links = [];
  for (const at of hours) {
    const visit = made.parse(
      await rig.engine.simulator.control('POST', '/visits', {
        salon: Number(rig.salon),
        silent,
        booked_for_id: Number(card),
        customer_name: `Halina ${family}`,
        subbookings: [
          {
            booked_from: at,
            booked_till: `${at.slice(0, 14)}45`,
            staffer_id: Number(rig.staff.externalId),
            service_variant_id: Number(rig.variant.externalId),
          },
        ],
      }),
    );
    links.push(String(visit.id));
  }
  return links;
}
