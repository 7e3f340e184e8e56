import type { History, Outcome, Subject } from './history.ts';
import { ControlRefused, type Rig } from './rig.ts';
import { parseVisit, type Salon, type Slot, type VisitThere } from './salons.ts';
import { valuesThere } from './values.ts';

/** What the salon and its clients do at Booksy: through the simulator's control surface, so that webhooks go out. */

/** A visit made at Booksy. */
export async function createThere(
  rig: Rig,
  salon: Salon,
  history: History,
  key: string,
  slot: Slot,
  note: string | null,
  allowOverlap = false,
): Promise<Subject> {
  const subject: Subject = { key, kind: 'visit', madeBy: 'booksy', recordId: null, externalId: null };
  history.addSubject(subject);
  const variant = salon.variants[0];
  const { outcome, answer, detail } = await call(rig, 'POST', '/visits', {
    salon: salon.id,
    status: 'A',
    type: 'C',
    customer_name: `Iga Zmyślona ${key}`,
    customer_note: note,
    allowOverlap,
    subbookings: [
      {
        booked_from: slot.from,
        booked_till: slot.till,
        staffer_id: slot.staff.externalId,
        service_variant_id: variant?.externalId ?? null,
        service_name: variant?.name ?? null,
      },
    ],
  });
  if (answer !== null) subject.externalId = answer.id;
  const time = `${slot.from}/${slot.till}/${String(slot.staff.externalId)}`;
  for (const [group, value] of [
    ['life', 'live'],
    ['time', time],
    ['note', note],
  ] as const) {
    history.add({
      side: 'booksy',
      kind: 'create',
      subject: key,
      group,
      value,
      before: null,
      outcome,
      detail,
    });
  }
  return subject;
}

export async function moveThere(rig: Rig, history: History, subject: Subject, slot: Slot): Promise<void> {
  const value = `${slot.from}/${slot.till}/${String(slot.staff.externalId)}`;
  await edit(rig, history, subject, 'move', 'time', value, (visit) => ({
    subbookings: visit.subbookings.map(({ id }) => ({
      id,
      booked_from: slot.from,
      booked_till: slot.till,
      staffer_id: slot.staff.externalId,
    })),
  }));
}

export async function noteThere(rig: Rig, history: History, subject: Subject, note: string): Promise<void> {
  await edit(rig, history, subject, 'note', 'note', note, () => ({ customer_note: note }));
}

export async function cancelThere(rig: Rig, history: History, subject: Subject): Promise<void> {
  await edit(rig, history, subject, 'cancel', 'life', 'ended', () => ({ status: 'C' }));
}

export async function deleteThere(rig: Rig, history: History, subject: Subject): Promise<void> {
  await edit(rig, history, subject, 'delete', 'life', 'ended', null);
}

async function edit(
  rig: Rig,
  history: History,
  subject: Subject,
  kind: string,
  group: 'life' | 'time' | 'note',
  value: string,
  patch: ((visit: VisitThere) => object) | null,
): Promise<void> {
  const path = `/visits/${String(subject.externalId)}`;
  const seen = subject.externalId === null ? null : (await call(rig, 'GET', path)).answer;
  if (seen === null) {
    history.note(`Booksy cannot ${kind} ${subject.key}: it is not there`);
    return;
  }
  const { outcome, detail } =
    patch === null ? await call(rig, 'DELETE', path) : await call(rig, 'PATCH', path, patch(seen));
  const before = valuesThere(seen)[group];
  history.add({ side: 'booksy', kind, subject: subject.key, group, value, before, outcome, detail });
}

/** The control surface is not part of the story: what it refuses was not done, and it loses no answers. */
async function call(
  rig: Rig,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ outcome: Outcome; answer: VisitThere | null; detail: string }> {
  try {
    const answer = await rig.control(method, path, body);
    return { outcome: 'ok', answer: answer === undefined ? null : parseVisit(answer), detail: '' };
  } catch (error) {
    if (!(error instanceof ControlRefused)) throw error;
    return { outcome: 'failed', answer: null, detail: String(error.status) };
  }
}
