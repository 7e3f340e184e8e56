import { setTimeout as delay } from 'node:timers/promises';
import {
  blockHere,
  cancelHere,
  clientHere,
  createHere,
  deleteHere,
  moveHere,
  noteHere,
  readHere,
  reviveHere,
} from './edits-here.ts';
import { blockThere, cancelThere, createThere, deleteThere, moveThere, noteThere } from './edits-there.ts';
import type { History, Subject } from './history.ts';
import type { Rig } from './rig.ts';
import type { Salon, Slot } from './salons.ts';
import type { Script, Step } from './script.ts';

/** How long an editor waits for a visit that was made on the other side. */
const ARRIVAL_MS = 2_000;

/** Does what a script says, each step at its time. */
export async function play(rig: Rig, salon: Salon, script: Script, history: History): Promise<void> {
  const seeded = await seededVisits(rig, salon);
  for (const [index, row] of seeded.entries()) {
    history.addSubject({
      key: `s${String(index + 1)}`,
      madeBy: 'seed',
      bookingId: row.booking_id,
      externalId: Number(row.external_id),
    });
  }
  const slots = new Map<string, Slot>();
  const done = new Map<string, Set<string>>();
  const startedAt = performance.now();
  for (const [index, step] of script.steps.entries()) {
    const wait = step.at - (performance.now() - startedAt);
    if (wait > 0) await delay(wait);
    const before = history.edits.length;
    await take(rig, salon, history, step, index, slots);
    const ok = history.edits.slice(before).some(({ outcome }) => outcome === 'ok');
    if (step.scenario === undefined || !ok) continue;
    const sides = done.get(step.scenario) ?? new Set();
    sides.add(`${step.side} ${step.deed}`);
    done.set(step.scenario, sides);
  }
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
      ORDER BY x.external_id::bigint LIMIT 9`,
    [salon.businessId],
  );
  return rows;
}

async function take(
  rig: Rig,
  salon: Salon,
  history: History,
  step: Step,
  index: number,
  slots: Map<string, Slot>,
): Promise<void> {
  const slot = (step.slotOf === undefined ? undefined : slots.get(step.slotOf)) ?? salon.slot();
  const text = `${step.side} ${String(index)}`;
  switch (step.deed) {
    case 'create': {
      slots.set(step.subject, slot);
      const over = step.slotOf !== undefined;
      if (step.side === 'platform') await createHere(rig, salon, history, step.subject, slot, text);
      else await createThere(rig, salon, history, step.subject, slot, text, over);
      return;
    }
    case 'block':
      if (step.side === 'platform') await blockHere(rig, salon, history, slot);
      else await blockThere(rig, salon, history, slot);
      return;
    case 'client':
      await clientHere(rig, salon, history, `proba${String(Date.now() % 1_000_000)}@poczta.example`);
      return;
    case 'move':
    case 'note':
    case 'cancel':
    case 'delete':
    case 'revive':
      await change(rig, history, step, slot, text);
  }
}

async function change(rig: Rig, history: History, step: Step, slot: Slot, text: string): Promise<void> {
  const subject = history.subjects.get(step.subject);
  if (subject === undefined) return;
  const here = step.side === 'platform';
  // A person edits what has arrived; it may be on its way.
  const until = performance.now() + ARRIVAL_MS;
  await link(rig, subject);
  while ((here ? subject.bookingId : subject.externalId) === null && performance.now() < until) {
    await delay(100);
    await link(rig, subject);
  }
  if ((here ? subject.bookingId : subject.externalId) === null) {
    history.note(`${step.side} cannot ${step.deed} ${step.subject}: it has not arrived there`);
    return;
  }
  // Nobody moves or notes what is over; what is live cannot be revived.
  if (here && subject.bookingId !== null && step.deed !== 'delete') {
    const now = await readHere(rig, subject.bookingId).catch(() => null);
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
    case 'client':
      return undefined;
  }
}

/** Finds the other side of a visit, once it is linked. */
export async function link(rig: Rig, subject: Subject): Promise<void> {
  if (subject.bookingId !== null && subject.externalId !== null) return;
  const { rows } = await rig.db
    .query<{ booking_id: string | null; external_id: string }>(
      `SELECT booking_id, external_id FROM external_bookings
        WHERE booking_id = $1::uuid OR external_id = $2 ORDER BY gone_at NULLS FIRST LIMIT 1`,
      [subject.bookingId, subject.externalId === null ? null : String(subject.externalId)],
    )
    .catch(() => ({ rows: [] }));
  const [row] = rows;
  if (row === undefined) return;
  subject.bookingId ??= row.booking_id;
  subject.externalId ??= Number(row.external_id);
}
