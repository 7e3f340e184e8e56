import { setTimeout as delay } from 'node:timers/promises';
import {
  blockHere,
  blockThere,
  endBlockHere,
  endBlockThere,
  moveBlockHere,
  offThere,
} from './edits-blocks.ts';
import { emailHere, emailThere, seededClients } from './edits-clients.ts';
import { hoursFor, hoursHere, hoursSubjects, hoursThere } from './edits-hours.ts';
import {
  cancelHere,
  createHere,
  deleteHere,
  moveHere,
  noteHere,
  readHere,
  reviveHere,
} from './edits-here.ts';
import { cancelThere, createThere, deleteThere, moveThere, noteThere } from './edits-there.ts';
import type { History, Subject } from './history.ts';
import type { Rig } from './rig.ts';
import type { Salon, Slot } from './salons.ts';
import type { Script, Step } from './script.ts';

/** How long an editor waits for what was made on the other side. */
const ARRIVAL_MS = 3_000;
/** Seeded visits that a run has: those of the steps, and those that faults are aimed at. */
const SEEDED = [...Array.from({ length: 9 }, (_, n) => `s${String(n + 1)}`), 'a1', 'a2', 'a3', 'a4'];

/**
 * Does what a script says, each step at its time: what is done to one record follows one after the other, and nobody waits for
 * another record.
 */
export async function play(rig: Rig, salon: Salon, script: Script, history: History): Promise<void> {
  for (const [index, row] of (await seededVisits(rig, salon)).entries()) {
    history.addSubject({
      key: SEEDED[index] ?? '',
      kind: 'visit',
      madeBy: 'seed',
      recordId: row.booking_id,
      externalId: Number(row.external_id),
    });
  }
  for (const subject of await seededClients(rig, salon)) history.addSubject(subject);
  for (const subject of hoursSubjects(salon, script.seed)) history.addSubject(subject);
  const done = new Map<string, Set<string>>();
  const turns = new Map<string, Promise<void>>();
  const slots = new Map<string, Slot>();
  const startedAt = performance.now();
  for (const [index, step] of script.steps.entries()) {
    // Times are drawn in the order of the script: the same seed, the same times. Texts differ from those of other runs too,
    // for a salon is used again.
    const given = step.slotOf === undefined ? undefined : slots.get(step.slotOf);
    const slot = step.deed === 'hours' ? null : (given ?? salon.slot());
    if (step.deed === 'create' && slot !== null) slots.set(step.subject, slot);
    const before = turns.get(step.subject) ?? Promise.resolve();
    turns.set(
      step.subject,
      before.then(async () => {
        await delay(Math.max(0, step.at - (performance.now() - startedAt)));
        const seen = history.edits.length;
        const text = `${step.side} ${script.seed}.${String(index)}`;
        if (slot === null) await hoursStep(rig, salon, history, step, text);
        else await take(rig, salon, history, step, text, slot);
        const acted = history.edits
          .slice(seen)
          .some(({ outcome, subject }) => outcome === 'ok' && subject === step.subject);
        if (step.scenario === undefined || !acted) return;
        const sides = done.get(step.scenario) ?? new Set();
        sides.add(`${step.side} ${step.deed}`);
        done.set(step.scenario, sides);
      }),
    );
  }
  await Promise.all(turns.values());
  for (const [scenario, sides] of done) if (sides.size >= 2) history.hit(scenario);
}

/** Visits that both sides had before the run: the future ones of one part, in a fixed order. */
async function seededVisits(rig: Rig, salon: Salon) {
  const { rows } = await rig.db.query<{ booking_id: string; external_id: string }>(
    `SELECT x.booking_id, x.external_id FROM external_bookings x JOIN bookings b ON b.id = x.booking_id
      WHERE x.business_id = $1 AND x.gone_at IS NULL AND b.status IN ('confirmed', 'pending') AND b.starts_at > now()
        AND (SELECT count(*) FROM booking_items i WHERE i.booking_id = b.id AND i.staff_id IS NOT NULL) = 1
        AND (SELECT count(*) FROM booking_items i WHERE i.booking_id = b.id) = 1
        AND NOT EXISTS (SELECT FROM booksy_sync_conflicts c WHERE c.status = 'open'
                         AND (c.record_id = b.id OR c.other_record_id = b.id OR c.external_id = x.external_id))
        AND NOT EXISTS (SELECT FROM sync_intents t WHERE t.record_id = b.id AND t.remembered_until IS NOT NULL)
      ORDER BY x.external_id::bigint LIMIT $2`,
    [salon.businessId, SEEDED.length],
  );
  return rows;
}

async function hoursStep(rig: Rig, salon: Salon, history: History, step: Step, text: string): Promise<void> {
  const subject = history.subjects.get(step.subject);
  if (subject === undefined) return;
  const edit = step.side === 'platform' ? hoursHere : hoursThere;
  await edit(rig, salon, history, subject, hoursFor(text));
}

async function take(
  rig: Rig,
  salon: Salon,
  history: History,
  step: Step,
  text: string,
  slot: Slot,
): Promise<void> {
  const here = step.side === 'platform';
  switch (step.deed) {
    case 'create':
      if (here) await createHere(rig, salon, history, step.subject, slot, text);
      else await createThere(rig, salon, history, step.subject, slot, text, step.slotOf !== undefined);
      return;
    case 'block':
      return here
        ? blockHere(rig, salon, history, step.subject, slot)
        : blockThere(rig, salon, history, step.subject, slot);
    case 'off':
      return offThere(rig, salon, history, step.subject, slot);
    case 'move':
    case 'note':
    case 'cancel':
    case 'delete':
    case 'revive':
    case 'email':
    case 'hours':
      return change(rig, salon, history, step, slot, text);
  }
}

async function change(
  rig: Rig,
  salon: Salon,
  history: History,
  step: Step,
  slot: Slot,
  text: string,
): Promise<void> {
  const subject = history.subjects.get(step.subject);
  if (subject === undefined) return;
  const here = step.side === 'platform';
  // A person edits what has arrived; it may be on its way.
  const until = performance.now() + ARRIVAL_MS;
  await link(rig, subject);
  while ((here ? subject.recordId : subject.externalId) === null && performance.now() < until) {
    await delay(100);
    await link(rig, subject);
  }
  if ((here ? subject.recordId : subject.externalId) === null) {
    history.note(`${step.side} cannot ${step.deed} ${step.subject}: it has not arrived there`);
    return;
  }
  if (subject.kind === 'client') {
    const email = `${text.replace(/[^\w]+/g, '.')}.${String(salon.id)}@poczta.example`;
    return here ? emailHere(rig, history, subject, email) : emailThere(rig, salon, history, subject, email);
  }
  if (subject.kind === 'block') {
    if (step.deed === 'move') return moveBlockHere(rig, salon, history, subject, slot);
    return here ? endBlockHere(rig, history, subject) : endBlockThere(rig, salon, history, subject);
  }
  // Nobody moves or notes what is over; what is live cannot be revived.
  if (here && subject.recordId !== null && step.deed !== 'delete') {
    const now = await readHere(rig, subject.recordId).catch(() => null);
    if (now === null || (now.life === 'ended') !== (step.deed === 'revive')) return;
  }
  switch (step.deed) {
    case 'move':
      return here ? moveHere(rig, history, subject, slot) : moveThere(rig, history, subject, slot);
    case 'note':
      return here ? noteHere(rig, history, subject, text) : noteThere(rig, history, subject, text);
    case 'cancel':
      return here ? cancelHere(rig, history, subject) : cancelThere(rig, history, subject);
    case 'delete':
      return here ? deleteHere(rig, history, subject) : deleteThere(rig, history, subject);
    case 'revive':
      return here ? reviveHere(rig, history, subject) : undefined;
    case 'create':
    case 'block':
    case 'off':
    case 'email':
    case 'hours':
      return undefined;
  }
}

/** Finds the other side of a record, once it is linked. */
export async function link(rig: Rig, subject: Subject): Promise<void> {
  if (
    subject.kind === 'client' ||
    subject.kind === 'hours' ||
    (subject.recordId !== null && subject.externalId !== null)
  )
    return;
  const [table, own] =
    subject.kind === 'visit' ? ['external_bookings', 'booking_id'] : ['external_time_off', 'time_off_id'];
  const { rows } = await rig.db
    .query<{ record_id: string | null; external_id: string }>(
      // A block that is a visit at Booksy is linked under the visit's id and its parts.
      `SELECT ${own} AS record_id, external_id FROM ${table}
        WHERE ${own} = $1::uuid OR split_part(external_id, ':', 1) = $2 ORDER BY gone_at NULLS FIRST LIMIT 1`,
      [subject.recordId, subject.externalId === null ? null : String(subject.externalId)],
    )
    .catch(() => ({ rows: [] }));
  const [row] = rows;
  if (row === undefined) return;
  subject.recordId ??= row.record_id;
  subject.externalId ??= Number(row.external_id.split(':')[0]);
}
