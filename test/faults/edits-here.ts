import { randomUUID } from 'node:crypto';
import { editHere, inTransaction, NotThere, recordHere, type RowReader } from './deeds.ts';
import type { History, Subject } from './history.ts';
import type { Rig } from './rig.ts';
import type { Salon, Slot } from './salons.ts';
import { hereSql, valuesHere, type RowHere, type Values } from './values.ts';

/** What the platform's own application does: plain SQL on its own tables, past everything of ours. */

const BOOKINGS: RowReader = {
  lock: 'SELECT FROM bookings WHERE id = $1 FOR UPDATE',
  async read(client, id) {
    const { rows } = await client.query<RowHere>(hereSql('b.id = $1'), [id]);
    return rows[0] === undefined ? null : valuesHere(rows[0]);
  },
};

/** Books a time here; its contact is inline. */
export async function createHere(
  rig: Rig,
  salon: Salon,
  history: History,
  key: string,
  slot: Slot,
  note: string | null,
): Promise<Subject> {
  const subject: Subject = {
    key,
    kind: 'visit',
    madeBy: 'platform',
    recordId: randomUUID(),
    externalId: null,
  };
  history.addSubject(subject);
  const variant = salon.variants[0];
  const outcome = await inTransaction(rig, async (client) => {
    await client.query(
      `INSERT INTO bookings (id, business_id, status, client_name, client_note, zone, starts_local, ends_local, starts_at, ends_at)
       VALUES ($1, $2, 'confirmed', $3, $4, $5, $6::timestamp, $7::timestamp,
               $6::timestamp AT TIME ZONE $5, $7::timestamp AT TIME ZONE $5)`,
      [subject.recordId, salon.businessId, `Ola Próbna ${key}`, note, salon.zone, slot.from, slot.till],
    );
    await client.query(
      `INSERT INTO booking_items (id, booking_id, business_id, service_id, variant_id, service_name, staff_id, zone,
                                  starts_local, ends_local, starts_at, ends_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::timestamp, $10::timestamp,
               $9::timestamp AT TIME ZONE $8, $10::timestamp AT TIME ZONE $8)`,
      [
        randomUUID(),
        subject.recordId,
        salon.businessId,
        variant?.serviceId ?? null,
        variant?.id ?? null,
        variant?.name ?? null,
        slot.staff.id,
        salon.zone,
        slot.from,
        slot.till,
      ],
    );
  });
  const time = `${slot.from}/${slot.till}/${String(slot.staff.externalId)}`;
  recordHere(history, { kind: 'create', subject, group: 'life', value: 'live' }, null, outcome);
  recordHere(history, { kind: 'create', subject, group: 'time', value: time }, null, outcome);
  recordHere(history, { kind: 'create', subject, group: 'note', value: note }, null, outcome);
  return subject;
}

/** Moves a visit of one item. */
export async function moveHere(rig: Rig, history: History, subject: Subject, slot: Slot): Promise<void> {
  const value = `${slot.from}/${slot.till}/${String(slot.staff.externalId)}`;
  await editHere(rig, history, { kind: 'move', subject, group: 'time', value }, BOOKINGS, async (client) => {
    const moved = await client.query(
      `UPDATE booking_items SET staff_id = $2, any_staff = false, starts_local = $3::timestamp, ends_local = $4::timestamp,
              starts_at = $3::timestamp AT TIME ZONE zone, ends_at = $4::timestamp AT TIME ZONE zone
        WHERE booking_id = $1`,
      [subject.recordId, slot.staff.id, slot.from, slot.till],
    );
    if (moved.rowCount !== 1) throw new NotThere('it has not one item');
    await client.query(
      `UPDATE bookings SET starts_local = $2::timestamp, ends_local = $3::timestamp,
              starts_at = $2::timestamp AT TIME ZONE zone, ends_at = $3::timestamp AT TIME ZONE zone WHERE id = $1`,
      [subject.recordId, slot.from, slot.till],
    );
  });
}

export async function noteHere(rig: Rig, history: History, subject: Subject, note: string): Promise<void> {
  await editHere(
    rig,
    history,
    { kind: 'note', subject, group: 'note', value: note },
    BOOKINGS,
    async (client) => {
      await client.query('UPDATE bookings SET client_note = $2 WHERE id = $1', [subject.recordId, note]);
    },
  );
}

export async function cancelHere(rig: Rig, history: History, subject: Subject): Promise<void> {
  await editHere(
    rig,
    history,
    { kind: 'cancel', subject, group: 'life', value: 'ended' },
    BOOKINGS,
    async (client) => {
      await client.query(
        `UPDATE bookings SET status = 'cancelled', status_reason = 'cancelled' WHERE id = $1`,
        [subject.recordId],
      );
    },
  );
}

export async function reviveHere(rig: Rig, history: History, subject: Subject): Promise<void> {
  await editHere(
    rig,
    history,
    { kind: 'revive', subject, group: 'life', value: 'live' },
    BOOKINGS,
    async (client) => {
      await client.query(`UPDATE bookings SET status = 'confirmed', status_reason = NULL WHERE id = $1`, [
        subject.recordId,
      ]);
    },
  );
}

export async function deleteHere(rig: Rig, history: History, subject: Subject): Promise<void> {
  await editHere(
    rig,
    history,
    { kind: 'delete', subject, group: 'life', value: 'ended' },
    BOOKINGS,
    async (client) => {
      await client.query('DELETE FROM bookings WHERE id = $1', [subject.recordId]);
    },
  );
}

/** What a booking shows now; null where it is not there. */
export function readHere(rig: Rig, recordId: string): Promise<Values | null> {
  return BOOKINGS.read(rig.db, recordId);
}
