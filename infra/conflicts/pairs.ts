import type { Reader } from './picture.ts';

/** Records that belong to a record, sorted by id, as the merge has them. */

/** Who carries out a variant. */
export async function staffOf(db: Reader, variantId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ staff_id: string }[]>`
    SELECT staff_id::text FROM service_variant_staff WHERE variant_id = ${variantId}::uuid ORDER BY 1`;
  return rows.map((row) => row.staff_id);
}

/** Services that are given in a room, as far as Booksy decides about them. */
export async function servicesOf(db: Reader, roomId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ service_id: string }[]>`
    SELECT p.service_id::text FROM service_rooms p
     WHERE p.room_id = ${roomId}::uuid
       AND EXISTS (SELECT FROM external_services m WHERE m.entity = 'service' AND m.record_id = p.service_id)
     ORDER BY p.service_id::text COLLATE "C"`;
  return rows.map((row) => row.service_id);
}
