import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import { editHere, inTransaction, NotThere, recordHere, type RowReader } from './deeds.ts';
import type { History, Outcome, Subject } from './history.ts';
import { ControlRefused, type Rig } from './rig.ts';
import { parseVisit, type Salon, type Slot } from './salons.ts';
import { valuesThere, type Values } from './values.ts';

/** Blocks of a person's time (R19): here, at Booksy as time off, and there as a visit without a client (type R). */

const entry = z.looseObject({
  id: z.number(),
  date_from: z.string(),
  date_till: z.string(),
  hour_from: z.string().nullable(),
  hour_till: z.string().nullable(),
  reason: z.string().nullable(),
});
/** An entry of time off at Booksy. */
export type EntryThere = z.output<typeof entry> & { readonly resourceId: number };

/** SQL that reads blocks with what they show; `$1` is what `where` compares. */
export const blockSql = (where: string): string => `
  SELECT t.id, t.source, to_char(t.starts_local, 'YYYY-MM-DD"T"HH24:MI') AS "from",
         to_char(t.ends_local, 'YYYY-MM-DD"T"HH24:MI') AS till, x.external_id AS staff
    FROM time_off t LEFT JOIN external_staff x ON x.staff_id = t.owner_id WHERE ${where}`;

export interface BlockRow {
  readonly id: string;
  readonly from: string;
  readonly till: string;
  readonly staff: string | null;
}

const BLOCKS: RowReader = {
  lock: 'SELECT FROM time_off WHERE id = $1 FOR UPDATE',
  async read(client: pg.PoolClient | pg.Pool, id) {
    const { rows } = await client.query<BlockRow>(blockSql('t.id = $1'), [id]);
    return rows[0] === undefined ? null : blockHereValues(rows[0]);
  },
};

/** What a block here shows. */
export function blockHereValues({ from, till, staff }: BlockRow): Values {
  return block(`${from}/${till}/${staff ?? 'none'}`);
}

/** What an entry of time off at Booksy shows. */
export function blockThereValues(row: EntryThere): Values {
  const { date_from, date_till, hour_from, hour_till, resourceId } = row;
  return block(
    `${date_from}T${hour_from ?? '00:00'}/${date_till}T${hour_till ?? '24:00'}/${String(resourceId)}`,
  );
}

function block(time: string): Values {
  return { life: 'live', time, note: null, email: null };
}

function timeOf(slot: Slot): string {
  return `${slot.from}/${slot.till}/${String(slot.staff.externalId)}`;
}

/** A block of somebody's time that is nowhere yet. */
function blockOf(key: string, { staff }: Slot): Omit<Subject, 'madeBy'> {
  return { key, kind: 'block', recordId: null, externalId: null, resourceId: staff.externalId };
}

/** Blocks a time here. */
export async function blockHere(
  rig: Rig,
  salon: Salon,
  history: History,
  key: string,
  slot: Slot,
): Promise<void> {
  const subject = history.addSubject({
    ...blockOf(key, slot),
    madeBy: 'platform',
    recordId: randomUUID(),
  });
  const outcome = await inTransaction(rig, async (client) => {
    await client.query(
      `INSERT INTO time_off (id, business_id, owner_kind, owner_id, zone, starts_local, ends_local, starts_at, ends_at)
       VALUES ($1, $2, 'staff', $3, $4, $5::timestamp, $6::timestamp, $5::timestamp AT TIME ZONE $4,
               $6::timestamp AT TIME ZONE $4)`,
      [subject.recordId, salon.businessId, slot.staff.id, salon.zone, slot.from, slot.till],
    );
  });
  recordHere(history, { kind: 'create', subject, group: 'life', value: 'live' }, null, outcome);
  recordHere(history, { kind: 'create', subject, group: 'time', value: timeOf(slot) }, null, outcome);
}

/** Moves a block here; its person stays. */
export async function moveBlockHere(
  rig: Rig,
  salon: Salon,
  history: History,
  subject: Subject,
  slot: Slot,
): Promise<void> {
  const staff = salon.staff.find(({ externalId }) => externalId === subject.resourceId) ?? slot.staff;
  const deed = {
    kind: 'move',
    subject,
    group: 'time',
    value: timeOf({ ...slot, staff }),
  } as const;
  await editHere(rig, history, deed, BLOCKS, async (client) => {
    await client.query(
      `UPDATE time_off SET starts_local = $2::timestamp, ends_local = $3::timestamp,
              starts_at = $2::timestamp AT TIME ZONE zone, ends_at = $3::timestamp AT TIME ZONE zone WHERE id = $1`,
      [subject.recordId, slot.from, slot.till],
    );
  });
}

export async function endBlockHere(rig: Rig, history: History, subject: Subject): Promise<void> {
  const deed = { kind: 'delete', subject, group: 'life', value: 'ended' } as const;
  await editHere(rig, history, deed, BLOCKS, async (client) => {
    const { rowCount } = await client.query('DELETE FROM time_off WHERE id = $1', [subject.recordId]);
    if (rowCount !== 1) throw new NotThere('it is not here');
  });
}

/** A visit without a client over a person's time. */
export async function blockThere(
  rig: Rig,
  salon: Salon,
  history: History,
  key: string,
  slot: Slot,
): Promise<void> {
  const subject: Subject = { key, kind: 'block', madeBy: 'booksy', recordId: null, externalId: null };
  history.addSubject(subject);
  const made = await tried(() =>
    rig.control('POST', '/visits', {
      salon: salon.id,
      status: 'A',
      type: 'R',
      subbookings: [{ booked_from: slot.from, booked_till: slot.till, staffer_id: slot.staff.externalId }],
    }),
  );
  if (made.outcome === 'ok') subject.externalId = parseVisit(made.answer).id;
  noteCreated(history, subject, slot, made.outcome, made.detail);
}

/** An entry of time off at Booksy, which sends no webhook of it. */
export async function offThere(
  rig: Rig,
  salon: Salon,
  history: History,
  key: string,
  slot: Slot,
): Promise<void> {
  const subject = history.addSubject({ ...blockOf(key, slot), madeBy: 'booksy' });
  const made = await tried(() =>
    rig.control('POST', entriesPath(salon, slot.staff.externalId), {
      date_from: slot.from.slice(0, 10),
      date_till: slot.till.slice(0, 10),
      hour_from: slot.from.slice(11),
      hour_till: slot.till.slice(11),
      reason_code: 'training',
      reason: null,
      approved: true,
    }),
  );
  if (made.outcome === 'ok') subject.externalId = entry.parse(made.answer).id;
  noteCreated(history, subject, slot, made.outcome, made.detail);
}

function noteCreated(history: History, subject: Subject, slot: Slot, outcome: Outcome, detail: string): void {
  const edit = {
    side: 'booksy',
    kind: 'create',
    subject: subject.key,
    before: null,
    outcome,
    detail,
  } as const;
  history.add({ ...edit, group: 'life', value: 'live' });
  history.add({ ...edit, group: 'time', value: timeOf(slot) });
}

/** Takes a block away at Booksy, of either kind. */
export async function endBlockThere(
  rig: Rig,
  salon: Salon,
  history: History,
  subject: Subject,
): Promise<void> {
  const path =
    subject.resourceId === undefined
      ? `/visits/${String(subject.externalId)}`
      : `${entriesPath(salon, subject.resourceId)}${String(subject.externalId)}/`;
  const { outcome, detail } = await tried(() => rig.control('DELETE', path));
  history.add({
    side: 'booksy',
    kind: 'delete',
    subject: subject.key,
    group: 'life',
    value: 'ended',
    before: outcome === 'ok' ? 'live' : null,
    outcome,
    detail,
  });
}

/** Every entry of time off of the people of a salon, from the simulator's own state. */
export async function entriesThere(rig: Rig, salon: Salon): Promise<readonly EntryThere[]> {
  const lists = await Promise.all(
    salon.staff.map(async ({ externalId }) =>
      z
        .array(entry)
        .parse(await rig.control('GET', entriesPath(salon, externalId)))
        .map((row) => ({ ...row, resourceId: externalId })),
    ),
  );
  return lists.flat();
}

/** What a block that is a visit there shows. */
export function reservationValues(visit: Parameters<typeof valuesThere>[0]): Values {
  return { ...valuesThere(visit), note: null };
}

function entriesPath(salon: Salon, resourceId: number): string {
  return `/as-salon/business/${String(salon.id)}/schedule/resource/${String(resourceId)}/time_off/`;
}

/** The control surface is not part of the story: what it refuses was not done, and it loses no answers. */
async function tried(
  work: () => Promise<unknown>,
): Promise<{ readonly outcome: Outcome; readonly answer: unknown; readonly detail: string }> {
  try {
    return { outcome: 'ok', answer: await work(), detail: '' };
  } catch (error) {
    if (!(error instanceof ControlRefused)) throw error;
    return { outcome: 'failed', answer: null, detail: String(error.status) };
  }
}
