import { z } from 'zod';
import { localDate, parseBody, text } from '../http/body.ts';
import { invalid, notFound } from '../http/problem.ts';
import { readParts } from '../routes/visitBody.ts';
import { change, createVisit, deleteVisit, isStep, stepsFrom, stepStatus } from '../routes/visitDeeds.ts';
import type { Doer } from '../routes/visitDeeds.ts';
import type { Sandbox } from '../sandbox.ts';
import { erase, save } from '../sandbox.ts';
import type { Salon } from '../state/salon.ts';
import { timeOffSpan } from '../state/salon.ts';
import { formatLocal, parseLocal, DAY_MINUTES } from '../time.ts';
import { spanOf } from '../types.ts';
import type { TimeOff, Visit } from '../types.ts';
import { STAFF_REASONS, APPLIANCE_REASONS } from '../routes/schedules.ts';
import { clockOf, STEP_WORDS } from './words.ts';

/** What a form sends: every field is text. */
const whole = z
  .string()
  .regex(/^-?\d{1,15}$/, 'not a number')
  .transform(Number);
const hour = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'not a time HH:MM');
const ticked = z.literal('on').optional();
const maybe = z
  .string()
  .optional()
  .transform((value) => (value === undefined || value.trim() === '' ? null : value.trim()));

const base = { salon: whole };
const deedSchema = z.discriminatedUnion('deed', [
  z.object({
    ...base,
    deed: z.literal('create'),
    variant: whole,
    staff: whole,
    date: localDate,
    time: hour,
    minutes: maybe,
    client: maybe,
    phone: maybe,
    email: maybe,
    note: maybe,
    type: z.enum(['B', 'C']).default('B'),
    over: ticked,
  }),
  z.object({
    ...base,
    deed: z.literal('block'),
    resource: whole,
    date: localDate,
    from: hour,
    till: hour,
    note: maybe,
    over: ticked,
  }),
  z.object({
    ...base,
    deed: z.literal('away'),
    resource: whole,
    date: localDate,
    from: maybe,
    till: maybe,
    reason: text,
  }),
  z.object({ ...base, deed: z.literal('back'), id: whole }),
  /** From a form: the visit's new day, time and people. */
  z.looseObject({
    ...base,
    deed: z.literal('move'),
    visit: whole,
    date: localDate,
    time: hour,
    over: ticked,
  }),
  /** From the board: so many minutes later, and this part by somebody else. */
  z.object({
    ...base,
    deed: z.literal('shift'),
    visit: whole,
    minutes: whole,
    part: whole.optional(),
    resource: whole.optional(),
    over: ticked,
  }),
  z.object({ ...base, deed: z.literal('step'), visit: whole, step: z.string() }),
  z.object({ ...base, deed: z.literal('delete'), visit: whole }),
]);
export type Deed = z.output<typeof deedSchema>;

/** What was done, for the person, and the visit it was done to. */
export interface Done {
  readonly message: string;
  readonly visit: number | null;
}

/** Does what a form says, as the salon would: webhooks go out. Throws problems of the API. */
export function doDeed(sandbox: Sandbox, salon: Salon, body: unknown): Done {
  const deed = parseBody(deedSchema, body);
  const doer: Doer = {
    sandbox,
    salon,
    actor: 'salon',
    allowOverlap: 'over' in deed && deed.over === 'on',
    silent: false,
  };
  switch (deed.deed) {
    case 'create':
      return create(doer, deed);
    case 'block':
      return block(doer, deed);
    case 'away':
      return goAway(doer, deed);
    case 'back':
      return comeBack(doer, deed.id);
    case 'move':
      return move(doer, deed);
    case 'shift':
      return shift(doer, deed);
    case 'step':
      return step(doer, deed.visit, deed.step);
    case 'delete': {
      const visit = find(salon, deed.visit);
      deleteVisit(doer, visit);
      return {
        message: 'Deleted. Booksy sends no webhook for that: the next sweep finds out.',
        visit: visit.id,
      };
    }
  }
}

/** The salon of a form, before the rest of it is looked at. */
export function salonOfDeed(sandbox: Sandbox, body: unknown): Salon {
  const { salon } = parseBody(z.looseObject(base), body);
  const found = sandbox.store.salon(salon);
  if (found === undefined) throw notFound();
  return found;
}

/** Whether it was done on the board itself and not in a form. */
export function isDragged(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'deed' in body && body.deed === 'shift';
}

function find(salon: Salon, id: number): Visit {
  const visit = salon.visits.get(id);
  if (visit === undefined) throw notFound();
  return visit;
}

type Of<D extends Deed['deed']> = Extract<Deed, { deed: D }>;

function create(doer: Doer, deed: Of<'create'>): Done {
  const from = `${deed.date}T${deed.time}`;
  const minutes = deed.minutes === null ? null : Number(deed.minutes);
  if (minutes !== null && !(Number.isInteger(minutes) && minutes >= 5 && minutes <= DAY_MINUTES))
    throw invalid('minutes', 'from 5 to 1440');
  const till = minutes === null ? {} : { booked_till: formatLocal((parseLocal(from) ?? 0) + minutes) };
  // A card that was chosen from the list says its id at its end.
  const card = /#(\d+)$/.exec(deed.client ?? '')?.[1];
  const contact =
    card === undefined
      ? { customer_name: deed.client, customer_phone: deed.phone, customer_email: deed.email }
      : { booked_for_id: Number(card) };
  const visit = createVisit(
    doer,
    {
      ...contact,
      type: deed.type,
      customer_note: deed.note,
      subbookings: [{ booked_from: from, ...till, staffer_id: deed.staff, service_variant_id: deed.variant }],
    },
    undefined,
  );
  const [part] = visit.parts;
  return { message: `Booked: ${part?.serviceName ?? 'visit'}, ${when(visit)}.`, visit: visit.id };
}

function when(visit: Visit): string {
  const { from, till } = spanOf(visit);
  return `${formatLocal(from).slice(0, 10)} ${clockOf(from)}–${clockOf(till)}`;
}

function block(doer: Doer, deed: Of<'block'>): Done {
  const resource = doer.salon.resources.get(deed.resource);
  if (resource === undefined) throw invalid('resource', 'No such person or room');
  const visit = createVisit(
    doer,
    {
      type: 'R',
      business_note: deed.note,
      subbookings: [
        {
          booked_from: `${deed.date}T${deed.from}`,
          booked_till: `${deed.date}T${deed.till}`,
          ...(resource.type === 'R' ? { appliance_id: resource.id } : { staffer_id: resource.id }),
        },
      ],
    },
    undefined,
  );
  return { message: `Blocked: ${resource.name}, ${when(visit)}.`, visit: visit.id };
}

function goAway({ sandbox, salon, actor }: Doer, deed: Of<'away'>): Done {
  const resource = salon.resources.get(deed.resource);
  if (resource === undefined) throw invalid('resource', 'No such person or room');
  const reasons = resource.type === 'R' ? APPLIANCE_REASONS : STAFF_REASONS;
  const id = salon.newId();
  const record: TimeOff = {
    id,
    resource_id: resource.id,
    date_from: deed.date,
    date_till: deed.date,
    hour_from: deed.from,
    hour_till: deed.till,
    reason_code: reasons.includes(deed.reason) ? deed.reason : 'other',
    reason: null,
    approved: true,
  };
  const span = timeOffSpan(record);
  if (!(span.till > span.from)) throw invalid('till', 'Ends before it begins');
  save(sandbox, salon, actor, 'created', { kind: 'timeOff', key: String(id), record });
  return {
    message: `${resource.name} is away. Booksy sends no webhook for time off: the next sweep finds out.`,
    visit: null,
  };
}

function comeBack({ sandbox, salon, actor }: Doer, id: number): Done {
  const entry = salon.timeOff.get(id);
  if (entry === undefined) throw notFound();
  erase(sandbox, salon, actor, 'timeOff', String(id));
  return { message: 'The time off is gone. Booksy sends no webhook for that.', visit: null };
}

function move(doer: Doer, deed: Of<'move'>): Done {
  const { salon } = doer;
  const old = find(salon, deed.visit);
  const minutes = (parseLocal(`${deed.date}T${deed.time}`) ?? 0) - spanOf(old).from;
  // Who does each part comes as `staff-<part id>`.
  const staffOf = (part: Visit['parts'][number]): number | null => {
    const given = deed[`staff-${String(part.id)}`];
    return typeof given === 'string' && /^-?\d+$/.test(given) ? Number(given) : part.staffer;
  };
  return put(doer, old, (part) => ({ minutes, staffer: staffOf(part), appliance: part.appliance }));
}

function shift(doer: Doer, { visit, minutes, part: chosen, resource }: Of<'shift'>): Done {
  const old = find(doer.salon, visit);
  const target = resource === undefined ? undefined : doer.salon.resources.get(resource);
  return put(doer, old, (part) => {
    const same = { minutes, staffer: part.staffer, appliance: part.appliance };
    if (part.id !== chosen || resource === undefined) return same;
    return target?.type === 'R' ? { ...same, appliance: target.id } : { ...same, staffer: resource };
  });
}

type Placement = (part: Visit['parts'][number]) => {
  readonly minutes: number;
  readonly staffer: number | null;
  readonly appliance: number | null;
};

/** Moves all parts by the same time; who does them is told for each. */
function put(doer: Doer, old: Visit, place: Placement): Done {
  const given = old.parts.map((part) => {
    const { minutes, staffer, appliance } = place(part);
    return {
      id: part.id,
      booked_from: formatLocal(part.from + minutes),
      booked_till: formatLocal(part.till + minutes),
      staffer_id: staffer,
      appliance_id: appliance,
      service_variant_id: part.variant,
      service_name: part.serviceName,
    };
  });
  const moved = change(doer, old, { ...old, parts: readParts(doer.salon, given, old.parts) });
  return { message: `Moved to ${when(moved)}.`, visit: moved.id };
}

function step(doer: Doer, id: number, wanted: string): Done {
  if (!isStep(wanted)) throw invalid('step', 'No such step');
  const old = find(doer.salon, id);
  if (!stepsFrom(old.status).includes(wanted)) throw invalid('step', 'its status has changed meanwhile');
  stepStatus(doer, old, wanted);
  return { message: STEP_WORDS[wanted].done, visit: id };
}
