import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { History, Outcome, Subject } from './history.ts';
import type { Rig } from './rig.ts';
import type { Salon, Slot } from './salons.ts';
import { hereSql, valuesHere, type RowHere, type Values } from './values.ts';

/** What the platform's own application does: plain SQL on its own tables, past everything of ours. */

interface Deed {
  readonly kind: string;
  readonly subject: Subject;
  readonly group: 'life' | 'time' | 'note' | null;
  readonly value: string | null;
}

/** Books a time here; its contact is inline. */
export async function createHere(
  rig: Rig,
  salon: Salon,
  history: History,
  key: string,
  slot: Slot,
  note: string | null,
): Promise<Subject> {
  const subject: Subject = { key, madeBy: 'platform', bookingId: randomUUID(), externalId: null };
  history.addSubject(subject);
  const variant = salon.variants[0];
  const outcome = await inTransaction(rig, async (client) => {
    await client.query(
      `INSERT INTO bookings (id, business_id, status, client_name, client_note, zone, starts_local, ends_local, starts_at, ends_at)
       VALUES ($1, $2, 'confirmed', $3, $4, $5, $6::timestamp, $7::timestamp,
               $6::timestamp AT TIME ZONE $5, $7::timestamp AT TIME ZONE $5)`,
      [subject.bookingId, salon.businessId, `Ola Próbna ${key}`, note, salon.zone, slot.from, slot.till],
    );
    await client.query(
      `INSERT INTO booking_items (id, booking_id, business_id, service_id, variant_id, service_name, staff_id, zone,
                                  starts_local, ends_local, starts_at, ends_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::timestamp, $10::timestamp,
               $9::timestamp AT TIME ZONE $8, $10::timestamp AT TIME ZONE $8)`,
      [
        randomUUID(),
        subject.bookingId,
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
  record(history, { kind: 'create', subject, group: 'life', value: 'live' }, null, outcome);
  record(history, { kind: 'create', subject, group: 'time', value: time }, null, outcome);
  record(history, { kind: 'create', subject, group: 'note', value: note }, null, outcome);
  return subject;
}

/** Moves a visit of one item. */
export async function moveHere(rig: Rig, history: History, subject: Subject, slot: Slot): Promise<void> {
  const value = `${slot.from}/${slot.till}/${String(slot.staff.externalId)}`;
  await edit(rig, history, { kind: 'move', subject, group: 'time', value }, async (client) => {
    const moved = await client.query(
      `UPDATE booking_items SET staff_id = $2, any_staff = false, starts_local = $3::timestamp, ends_local = $4::timestamp,
              starts_at = $3::timestamp AT TIME ZONE zone, ends_at = $4::timestamp AT TIME ZONE zone
        WHERE booking_id = $1`,
      [subject.bookingId, slot.staff.id, slot.from, slot.till],
    );
    if (moved.rowCount !== 1) throw new NotThere('it has not one item');
    await client.query(
      `UPDATE bookings SET starts_local = $2::timestamp, ends_local = $3::timestamp,
              starts_at = $2::timestamp AT TIME ZONE zone, ends_at = $3::timestamp AT TIME ZONE zone WHERE id = $1`,
      [subject.bookingId, slot.from, slot.till],
    );
  });
}

export async function noteHere(rig: Rig, history: History, subject: Subject, note: string): Promise<void> {
  await edit(rig, history, { kind: 'note', subject, group: 'note', value: note }, async (client) => {
    await client.query('UPDATE bookings SET client_note = $2 WHERE id = $1', [subject.bookingId, note]);
  });
}

export async function cancelHere(rig: Rig, history: History, subject: Subject): Promise<void> {
  await edit(rig, history, { kind: 'cancel', subject, group: 'life', value: 'ended' }, async (client) => {
    await client.query(
      `UPDATE bookings SET status = 'cancelled', status_reason = 'cancelled' WHERE id = $1`,
      [subject.bookingId],
    );
  });
}

export async function reviveHere(rig: Rig, history: History, subject: Subject): Promise<void> {
  await edit(rig, history, { kind: 'revive', subject, group: 'life', value: 'live' }, async (client) => {
    await client.query(`UPDATE bookings SET status = 'confirmed', status_reason = NULL WHERE id = $1`, [
      subject.bookingId,
    ]);
  });
}

export async function deleteHere(rig: Rig, history: History, subject: Subject): Promise<void> {
  await edit(rig, history, { kind: 'delete', subject, group: 'life', value: 'ended' }, async (client) => {
    await client.query('DELETE FROM bookings WHERE id = $1', [subject.bookingId]);
  });
}

/** A block of a person's time (R19). */
export async function blockHere(rig: Rig, salon: Salon, history: History, slot: Slot): Promise<void> {
  const outcome = await inTransaction(rig, async (client) => {
    await client.query(
      `INSERT INTO time_off (id, business_id, owner_kind, owner_id, zone, starts_local, ends_local, starts_at, ends_at)
       VALUES ($1, $2, 'staff', $3, $4, $5::timestamp, $6::timestamp, $5::timestamp AT TIME ZONE $4,
               $6::timestamp AT TIME ZONE $4)`,
      [randomUUID(), salon.businessId, slot.staff.id, salon.zone, slot.from, slot.till],
    );
  });
  history.note(`platform blocks ${slot.from} of ${String(slot.staff.externalId)}: ${outcome}`);
}

/** Changes the e-mail of a client who has a card. */
export async function clientHere(rig: Rig, salon: Salon, history: History, email: string): Promise<void> {
  const outcome = await inTransaction(rig, async (client) => {
    await client.query(
      `UPDATE profiles SET email = $2 WHERE id = (
         SELECT p.id FROM profiles p JOIN external_clients x ON x.profile_id = p.id
          WHERE p.business_id = $1 ORDER BY p.id LIMIT 1)`,
      [salon.businessId, email],
    );
  });
  history.note(`platform sets an e-mail: ${outcome}`);
}

/** What a booking shows now; null where it is not there. */
export async function readHere(rig: Rig, bookingId: string): Promise<Values | null> {
  const { rows } = await rig.db.query<RowHere>(hereSql('b.id = $1'), [bookingId]);
  return rows[0] === undefined ? null : valuesHere(rows[0]);
}

class NotThere extends Error {}

/** Reads what is there under the row's lock, then does it: `before` is what its editor really saw. */
async function edit(
  rig: Rig,
  history: History,
  deed: Deed,
  work: (client: pg.PoolClient) => Promise<void>,
): Promise<void> {
  let before: string | null = null;
  const outcome = await inTransaction(rig, async (client) => {
    await client.query('SELECT FROM bookings WHERE id = $1 FOR UPDATE', [deed.subject.bookingId]);
    const { rows } = await client.query<RowHere>(hereSql('b.id = $1'), [deed.subject.bookingId]);
    const [row] = rows;
    if (row === undefined) throw new NotThere('it is not here');
    if (deed.group !== null) before = valuesHere(row)[deed.group];
    await work(client);
  });
  record(history, deed, before, outcome);
}

function record(history: History, deed: Deed, before: string | null, outcome: string): void {
  const known: Outcome = outcome === 'ok' || outcome === 'unknown' ? outcome : 'failed';
  history.add({
    side: 'platform',
    kind: deed.kind,
    subject: deed.subject.key,
    group: deed.group,
    value: deed.value,
    before,
    outcome: known,
    detail: known === 'failed' ? outcome : '',
  });
}

/** `ok`, `unknown` where the server went during the commit, else why it was refused. */
async function inTransaction(rig: Rig, work: (client: pg.PoolClient) => Promise<void>): Promise<string> {
  let committing = false;
  let client: pg.PoolClient | null = null;
  try {
    client = await rig.db.connect();
    await client.query('BEGIN');
    await work(client);
    committing = true;
    await client.query('COMMIT');
    client.release();
    return 'ok';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // What the database itself said counts; a broken connection says nothing of a commit.
    const refused = /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('57') && !code.startsWith('08');
    client?.release(true);
    if (committing && !refused) return 'unknown';
    return error instanceof Error ? `${code} ${error.message}`.slice(0, 80) : 'failed';
  }
}
