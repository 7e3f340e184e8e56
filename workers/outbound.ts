import { deleteBoxRows } from '../activities/drain/boxes.ts';
import type { OutboundDoor } from '../activities/drain/index.ts';

/** Stands in until activities/outbound is there: what was changed here is not written at Booksy. */
export const outbound: OutboundDoor = {
  async processOne({ db }, { businessId, entity, recordId }) {
    const rows = await db.$queryRaw<{ id: string }[]>`
      SELECT id::text FROM sync_outbox
       WHERE business_id = ${businessId}::uuid AND entity = ${entity} AND record_id = ${recordId}::uuid`;
    await deleteBoxRows(
      db,
      rows.map(({ id }) => id),
    );
    return { outcome: 'held', rounds: 0, writes: 0, conflicts: 0, dueAt: null };
  },
  echoesOf: () => Promise.resolve(new Set<string>()),
};
