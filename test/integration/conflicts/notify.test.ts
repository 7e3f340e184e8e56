/** A rule's wish that an admin be told (SPEC 3.9): on the conflict, in the inbox and in the log, where alerts will find it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lookAtConflict } from '../../../activities/conflicts/look.ts';
import { NOTIFY_CODE } from '../../../domain/conflicts/notify.ts';
import { eventually } from '../../support/eventually.ts';
import { startConflictRig, type ConflictRig } from './support/rig.ts';

let rig: ConflictRig;
beforeAll(async () => {
  rig = await startConflictRig();
}, 240_000);
afterAll(() => rig.stop());

const wish = (notifyAdmin: boolean) =>
  rig.sql(
    `INSERT INTO sync_rules (business_id, id, name, source_system, priority, conditions, actions)
     VALUES ($1, 'wish', 'Wish', 'both', 50, $2, $3)
     ON CONFLICT (business_id, id) DO UPDATE SET actions = excluded.actions`,
    [
      rig.businessId,
      { bufferTimes: { before: 0, after: 0 }, maxAdvanceBooking: 365 },
      { syncAvailability: true, autoResolveConflicts: false, notifyAdmin },
    ],
  );
const listed = async (filter: string) =>
  (await rig.list(`?status=open&${filter}`)).conflicts.map(({ id }) => id);

it('stands on the conflict, filters the inbox, and is one line in the log for each occasion', async () => {
  const { id, link } = await rig.bookedOnBoth({ note: 'przed' });
  await rig.editThere(link, { customer_note: 'z Booksy' });
  await rig.sql(`UPDATE bookings SET client_note = 'z platformy' WHERE id = $1`, [id]);
  const conflict = await rig.open('field', id);
  const ref = { businessId: rig.businessId, conflictId: conflict.id };
  // The default rule asks for it, and the conflict's own workflow has looked.
  await eventually(async () => (await rig.card(conflict.id)).notifyAdmin === true, { timeoutMs: 20_000 });
  expect(await listed('notifyAdmin=true')).toContain(conflict.id);
  expect(await listed('notifyAdmin=false')).not.toContain(conflict.id);

  const lines: unknown[] = [];
  const logger = rig.engine.deps.logger.child({});
  logger.warn = (line: unknown) => lines.push(line);
  const look = () => lookAtConflict({ ...rig.engine.deps, logger }, ref);
  await look();
  expect(lines).toEqual([]);
  await wish(false);
  await look();
  expect(await rig.card(conflict.id)).toMatchObject({ notifyAdmin: false, shown: conflict.shown });
  expect(await listed('notifyAdmin=true')).not.toContain(conflict.id);
  await wish(true);
  await look();
  await look();
  await rig.sql(`UPDATE booksy_sync_conflicts SET remind_at = now() WHERE id = $1`, [conflict.id]);
  await look();
  expect(lines).toEqual(
    ['waits', 'reminded'].map((occasion) => ({ code: NOTIFY_CODE, occasion, ...ref, kind: 'field' })),
  );
  // It is no news: what was shown before it can still be decided.
  expect((await rig.resolve(conflict, { choice: 'keep-booksy', shown: conflict.shown })).status).toBe(200);
});
