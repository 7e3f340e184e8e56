import { detail, problem } from '../http/problem.ts';
import type { Actor } from '../counters.ts';
import { erase, save } from '../sandbox.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Salon } from '../state/salon.ts';
import type { Status, Visit } from '../types.ts';
import { blankCustomer } from './customers.ts';
import { sameTimes, assertTimeFree } from './timeCheck.ts';
import { readContact, readParts, readTraveling } from './visitBody.ts';
import type { Contact, VisitFields } from './visitBody.ts';
import { visitWire } from './visitWire.ts';

/** Who does something to a visit, and what they may. */
export interface Doer {
  readonly sandbox: Sandbox;
  readonly salon: Salon;
  readonly actor: Actor;
  /** The salon may book over what is there, if it says so. */
  readonly allowOverlap: boolean;
  /** No webhook for this one. */
  readonly silent: boolean;
}

/** Steps of the status endpoints: from which statuses to which. */
export const STATUS_STEPS = {
  confirm: { from: ['W', 'P', 'M'], to: 'A' },
  decline: { from: ['W', 'P', 'M'], to: 'D' },
  cancel: { from: ['A', 'W', 'P', 'M'], to: 'C' },
  finish: { from: ['A', 'M'], to: 'F' },
  no_show: { from: ['A', 'M', 'F'], to: 'N' },
} as const satisfies Record<string, { from: readonly Status[]; to: Status }>;
export type StatusStep = keyof typeof STATUS_STEPS;

export function isStep(name: string): name is StatusStep {
  return name in STATUS_STEPS;
}

/** Steps that lead on from that status. */
export function stepsFrom(status: Status): StatusStep[] {
  return Object.keys(STATUS_STEPS)
    .filter(isStep)
    .filter((step) => {
      const starts: readonly Status[] = STATUS_STEPS[step].from;
      return starts.includes(status);
    });
}

/** Makes a visit. No idempotency: the same body again makes another one, if the time allows it. */
export function createVisit(
  doer: Doer,
  fields: VisitFields,
  extra: Visit['extra'],
  repeating = false,
): Visit {
  const { sandbox, salon } = doer;
  const type = fields.type ?? 'B';
  const contact = readContact(salon, fields);
  const draft: Visit = {
    id: salon.newId(),
    ...contact,
    status: fields.status ?? (waitsForSalon(doer, type) ? 'W' : 'A'),
    type,
    customerNote: fields.customer_note ?? null,
    businessNote: fields.business_note ?? null,
    importUid: fields.import_uid ?? null,
    parts: readParts(salon, fields.subbookings, []),
    traveling: readTraveling(fields),
    repeating,
    extra,
  };
  if (!doer.allowOverlap) assertTimeFree(salon, draft);
  const inline = sandbox.store.settings.flags.inlineContactMakesCard && type !== 'R';
  const visit = inline ? { ...draft, customer: contact.customer ?? cardFor(doer, contact) } : draft;
  save(sandbox, salon, doer.actor, 'created', { kind: 'visit', key: String(visit.id), record: visit });
  tellClient(doer, visit, 'created');
  tellHooks(doer, visit, 'CREATED');
  return visit;
}

/** A salon that accepts by hand is asked about what clients book; about what comes by API as the flag says. */
function waitsForSalon({ sandbox, salon, actor }: Doer, type: Visit['type']): boolean {
  if (salon.business.booking_mode === 'A' || type === 'R') return false;
  return type === 'C' || (actor === 'api' && sandbox.store.settings.flags.manualModeHoldsApi);
}

/** Replaces a visit by a body: what is left out becomes empty, but for status, type and import uid. */
export function replaceVisit(doer: Doer, old: Visit, fields: VisitFields, extra: Visit['extra']): Visit {
  const { salon } = doer;
  const visit: Visit = {
    ...old,
    ...readContact(salon, fields),
    status: fields.status ?? old.status,
    type: fields.type ?? old.type,
    customerNote: fields.customer_note ?? null,
    businessNote: fields.business_note ?? null,
    importUid: fields.import_uid ?? old.importUid,
    parts: readParts(salon, fields.subbookings, old.parts),
    traveling: readTraveling(fields),
    extra,
  };
  return change(doer, old, visit);
}

/** Puts a changed visit in the place of the old one. */
export function change(doer: Doer, old: Visit, visit: Visit): Visit {
  if (doer.actor === 'api' && visit.status !== old.status) assertStep(old.status, visit.status);
  if (!doer.allowOverlap && (!sameTimes(old.parts, visit.parts) || old.status !== visit.status)) {
    const held = old.status !== 'C' && old.status !== 'D' && old.status !== 'N';
    if (!held || !sameTimes(old.parts, visit.parts)) assertTimeFree(doer.salon, visit);
  }
  save(doer.sandbox, doer.salon, doer.actor, 'changed', {
    kind: 'visit',
    key: String(visit.id),
    record: visit,
  });
  tellClient(doer, visit, 'changed');
  const cancelled = visit.status !== old.status && (visit.status === 'C' || visit.status === 'D');
  tellHooks(doer, visit, cancelled ? 'CANCELLED' : 'MODIFIED');
  return visit;
}

/** One of the status endpoints. Where the visit is already so, nothing changes and nobody is told. */
export function stepStatus(doer: Doer, old: Visit, step: StatusStep): Visit {
  const { to } = STATUS_STEPS[step];
  return old.status === to ? old : change(doer, old, { ...old, status: to });
}

/** Takes a visit away altogether, as an owner does with finished ones. There is no webhook for that. */
export function deleteVisit(doer: Doer, visit: Visit): void {
  erase(doer.sandbox, doer.salon, doer.actor, 'visit', String(visit.id));
}

/** 403 where the partner may not write appointments; 422 where this one cannot be modified. */
export function assertWritable(sandbox: Sandbox, actor: Actor): void {
  if (actor === 'api' && !sandbox.store.settings.flags.appointmentWrites) {
    throw detail(403, 'You do not have permission to perform this action.');
  }
}

export function assertModifiable(visit: Visit, actor: Actor): void {
  if (actor === 'api' && (visit.repeating || visit.parts.length > 1)) {
    throw problem(422, 'not_modifiable', 'Repeating or multi booking cannot be modified');
  }
}

function assertStep(from: Status, to: Status): void {
  const allowed = Object.values(STATUS_STEPS).some((step) => {
    const starts: readonly Status[] = step.from;
    return step.to === to && starts.includes(from);
  });
  if (!allowed) throw problem(400, 'invalid_status', `A visit cannot go from ${from} to ${to}`, 'status');
}

function cardFor(doer: Doer, contact: Contact): number | null {
  const { name, phone, email } = contact;
  if (name === null || (phone === null && email === null)) return null;
  const { sandbox, salon } = doer;
  const [first = '', ...rest] = name.split(' ');
  const last = rest.join(' ');
  const given = { first_name: first, last_name: last, cell_phone: phone, email };
  const known = salon.customers.withContact(given);
  if (known !== null) return known;
  const blank = blankCustomer(salon.newId(), sandbox.clock.told());
  const record = { ...blank, ...given };
  save(sandbox, salon, doer.actor, 'created', { kind: 'customer', key: String(record.id), record });
  return record.id;
}

function tellClient(doer: Doer, visit: Visit, why: string): void {
  const { sandbox, actor } = doer;
  const reachable = visit.phone !== null || visit.email !== null;
  if (
    actor === 'api' &&
    visit.type !== 'R' &&
    reachable &&
    sandbox.store.settings.flags.createNotifiesClient
  ) {
    sandbox.counters.clientNotified(why);
  }
}

function tellHooks(doer: Doer, visit: Visit, action: string): void {
  const { flags } = doer.sandbox.store.settings;
  if (!flags.webhooks || doer.silent || (visit.type === 'R' && !flags.webhooksForBlocks)) return;
  const times = flags.webhookPer === 'subbooking' ? visit.parts.length : 1;
  for (let n = 0; n < times; n += 1) {
    doer.sandbox.webhooks.send(doer.salon.business.id, action, visitWire(visit, doer.salon));
  }
}
