/** Appointments with an import id of ours that no webhook tells of, on another day than the visit: sweeps find them (R15b, R16a). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKFLOW_TYPES } from '../../../infra/temporal/names.ts';
import type { SweepInput } from '../../../infra/temporal/schedules-types.ts';
import { askFor } from '../../../infra/sweep/ask.ts';
import { eventually } from '../../support/eventually.ts';
import { startConflictRig, type ConflictRig } from '../conflicts/support/rig.ts';

let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig();
  await rig.engine.simulator.configure({ flags: { webhooks: false } });
}, 240_000);

afterAll(() => rig.stop());

const PATIENCE = { timeoutMs: 30_000 };
const dayOf = (at: string) => at.slice(0, 10);

async function sweep(): Promise<void> {
  const input: SweepInput = { version: 1, accountKey: rig.engine.config.booksy.accountKey, tier: 'near' };
  await askFor(rig.engine.deps.db, [rig.businessId], ['ahead']);
  await rig.engine.worker.run(WORKFLOW_TYPES.sweep, input);
  await rig.quiet();
}

/** A free hour of another day. */
function otherDay(day: string): string {
  for (;;) {
    const at = rig.freeHour();
    if (dayOf(at) !== day) return at;
  }
}

/** An appointment at Booksy with the import id of a visit of ours. */
async function madeThere(id: string, at: string, fields: object): Promise<string> {
  const made = (await rig.engine.simulator.control('POST', '/visits', {
    salon: Number(rig.salon),
    import_uid: `${id}:1`,
    subbookings: [
      {
        booked_from: at,
        booked_till: `${at.slice(0, 11)}${String(Number(at.slice(11, 13)) + 1).padStart(2, '0')}:00`,
        staffer_id: Number(rig.staff.externalId),
        service_variant_id: Number(rig.variant.externalId),
      },
    ],
    ...fields,
  })) as { id: number };
  return String(made.id);
}
const statusThere = async (id: string) => (await rig.there(id))['status'];

describe('a second appointment of a visit, on another day', { timeout: 240_000 }, () => {
  it('that the salon has moved and edited is a conflict; both stay until a person says which (R16a)', async () => {
    const { id, link, at } = await rig.bookedOnBoth({ note: 'nasza' });
    const other = await madeThere(id, otherDay(dayOf(at)), {
      customer_name: 'Zofia Z.',
      customer_note: 'poprawione w salonie',
    });
    await sweep();
    const conflict = await rig.open('double', id);
    expect([await statusThere(link), await statusThere(other), await rig.linkOf(id)]).toEqual([
      'A',
      'A',
      link,
    ]);
    // The next sweep asks nobody again.
    await sweep();
    expect((await rig.list(`?status=open&recordId=${id}`)).conflicts.map((each) => each.id)).toEqual([
      conflict.id,
    ]);

    expect((await rig.resolve(conflict, { choice: 'keep-platform' })).status).toBe(200);
    await eventually(async () => (await statusThere(other)) === 'C', {
      ...PATIENCE,
      what: 'the other one ended',
    });
    await rig.quiet();
    expect([await statusThere(link), await rig.linkOf(id)]).toEqual(['A', link]);
  });

  it('that never was linked is taken for ours, and not made once more (R15b)', async () => {
    // Nothing may go out when it is booked: its only appointment is the one that a sweep finds.
    await rig.sql('UPDATE businesses SET push_allowed_at = NULL WHERE id = $1', [rig.businessId]);
    const at = rig.freeHour();
    const id = await rig.book(at, { note: 'nasza' });
    await rig.quiet();
    const found = await madeThere(id, otherDay(dayOf(at)), {
      customer_name: 'Zofia Z.',
      customer_note: 'nasza',
    });
    await sweep();
    await eventually(async () => (await rig.linkOf(id)) === found, { ...PATIENCE, what: 'the link' });
    await rig.sql('UPDATE businesses SET push_allowed_at = now() WHERE id = $1', [rig.businessId]);
    await sweep();
    const rows = await rig.sql('SELECT external_id FROM external_bookings WHERE booking_id = $1', [id]);
    expect(rows).toEqual([{ external_id: found }]);
    const made = await rig.sql(`SELECT 1 FROM sync_intents WHERE record_id = $1 AND operation = 'create'`, [
      id,
    ]);
    expect(made).toEqual([]);
  });
});
