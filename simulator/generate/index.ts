import { createRandom } from '../random.ts';
import { parseDate, yearOf } from '../time.ts';
import type { Resource, SalonData, Visit } from '../types.ts';
import { Book } from './book.ts';
import { generateCatalog } from './catalog.ts';
import type { Draft } from './drafts.ts';
import { fullName } from './drafts.ts';
import { businessId, createIds } from './ids.ts';
import type { IdSource } from './ids.ts';
import { generateCustomers } from './people.ts';
import { blocksOverVisits, dstVisits, overbookedVisits, timeOffOverVisits } from './special.ts';
import { generateHours, generateTeam, generateTimeOff } from './team.ts';
import { placeBlocks, placeVisits } from './visits.ts';
import type { VisitPlan } from './visits.ts';

/** What a salon is made from; the same values give the same salon, byte for byte. */
export interface SeedParameters {
  readonly seed: string;
  /** How many salons. */
  readonly salons: number;
  /** Visits and blocks of each salon. */
  readonly visits: number;
  /** Client cards of each salon. */
  readonly clients: number;
  /** `YYYY-MM-DD`: the day that is today for the seed. */
  readonly today: string;
  /** Bookable staff; null = 8, and more where that many visits need them. */
  readonly staff: number | null;
  /** Visits booked over others; null = a few. */
  readonly overbooked: number | null;
}

const DAYS_BACK = 548;
const DAYS_AHEAD = 92;
const VISITS_PER_STAFF = 2500;
/** Visits (and cards) of all salons together: about a kilobyte each is held in memory. */
const MOST_IN_ALL = 1_000_000;

/** Makes the n-th salon (from 0). */
export function generateSalon(parameters: SeedParameters, index: number): SalonData {
  const random = createRandom(`${parameters.seed}/${String(index)}`);
  const ids = createIds(index);
  const today = parseDate(parameters.today) ?? 0;
  const [first, last] = [today - DAYS_BACK, today + DAYS_AHEAD];
  const staffCount = parameters.staff ?? Math.max(8, Math.ceil(parameters.visits / VISITS_PER_STAFF));
  const team = generateTeam(random, ids, staffCount);
  const catalog = generateCatalog(
    random,
    ids,
    team.bookable.map(({ id }) => id),
  );
  const hours = generateHours(random, team, today, first, last);
  const timeOff = generateTimeOff(random, ids, team, first, last);
  const customers = generateCustomers(random, ids, parameters.clients, today);
  const book = new Book(catalog, hours, team.rooms, timeOff);
  const plan: VisitPlan = {
    random,
    book,
    staff: team.bookable,
    rooms: team.rooms,
    customers,
    today,
    first,
    last,
  };
  const drafts = draftAll(plan, parameters);
  const over = parameters.visits >= 200 ? timeOffOverVisits(plan, ids, drafts, 2) : [];
  return {
    business: {
      id: businessId(index),
      name: index === 0 ? 'Salon Pod Łabędziem' : `Salon Pod Łabędziem ${String(index + 1)}`,
      status: 'L',
      booking_mode: 'A',
      timezone: 'Europe/Warsaw',
      country: 'pl',
      currency: 'PLN',
    },
    resources: [
      ...team.bookable.map((staff) => withServices(staff, catalog.variants)),
      ...team.reception,
      ...team.rooms.map((room) => ({ ...room, services: roomServices(room, drafts, catalog.variants) })),
    ],
    categories: catalog.categories,
    services: catalog.services,
    variants: catalog.variants,
    customers,
    timeOff: [...timeOff, ...over],
    schedules: hours.schedules,
    customDays: new Map(
      [...hours.customDays].map(([owner, days]) => [
        owner,
        new Map([...days].map(([date, open]) => [date, { hours: open }])),
      ]),
    ),
    visits: finish(plan, drafts, ids),
  };
}

function draftAll(plan: VisitPlan, { visits, overbooked }: SeedParameters): Draft[] {
  const big = visits >= 200;
  const overlaps = overbooked ?? (big ? Math.max(4, Math.round(visits / 2000)) : 0);
  const special = visits >= 20 ? dstVisits(plan) : [];
  const blocks = placeBlocks(plan, Math.round(visits * 0.015));
  const overBlocks = big ? 1 : 0;
  const plain = Math.max(0, visits - special.length - blocks.length - overlaps - overBlocks);
  const drafts = [...special, ...blocks, ...placeVisits(plan, plain)];
  drafts.push(...overbookedVisits(plan, drafts, overlaps));
  drafts.push(...blocksOverVisits(plan, drafts, overBlocks));
  // Where the special ones found no place, plain ones fill up: the number is a promise.
  if (drafts.length < visits) drafts.push(...placeVisits(plan, visits - drafts.length));
  return drafts.slice(0, visits);
}

function withServices(staff: Resource, variants: SalonData['variants']): Resource {
  const services = new Set(
    variants.filter((variant) => variant.staffers.includes(staff.id)).map((v) => v.service_id),
  );
  return { ...staff, services: [...services] };
}

function roomServices(room: Resource, drafts: readonly Draft[], variants: SalonData['variants']): number[] {
  const serviceOf = new Map(variants.map((variant) => [variant.id, variant.service_id]));
  const services = new Set<number>();
  for (const part of drafts.flatMap((draft) => draft.parts)) {
    const service =
      part.appliance === room.id && part.variant !== null ? serviceOf.get(part.variant) : undefined;
    if (service !== undefined) services.add(service);
  }
  return [...services].sort((a, b) => a - b);
}

/** Gives ids in the order in which the visits were booked, which is not the order in which they take place. */
function finish({ random }: VisitPlan, drafts: readonly Draft[], ids: IdSource): Visit[] {
  const booked = drafts.map((draft, n) => ({
    draft,
    n,
    at: (draft.parts[0]?.from ?? 0) - random.below(30 * 24 * 60),
  }));
  booked.sort((a, b) => a.at - b.at || a.n - b.n);
  return booked.map(({ draft }) => ({
    id: ids(),
    customer: draft.customer?.id ?? null,
    status: draft.status,
    type: draft.type,
    name: draft.customer === null ? draft.name : fullName(draft.customer),
    phone: draft.customer?.cell_phone ?? null,
    email: draft.customer?.email ?? null,
    customerNote: draft.customerNote,
    businessNote: draft.businessNote,
    importUid: null,
    parts: draft.parts.map((part) => ({ ...part, id: ids() })),
    traveling: draft.traveling,
    repeating: draft.repeating,
  }));
}

/** Checks the parameters; the answer names the field that is wrong, or null. */
export function checkParameters(parameters: SeedParameters): { field: string; problem: string } | null {
  const whole = (
    field: string,
    value: number,
    min: number,
    max: number,
  ): { field: string; problem: string } | null =>
    Number.isInteger(value) && value >= min && value <= max
      ? null
      : { field, problem: `must be a whole number from ${String(min)} to ${String(max)}` };
  const day = parseDate(parameters.today);
  const inAll = (field: 'visits' | 'clients'): { field: string; problem: string } | null =>
    parameters[field] * parameters.salons <= MOST_IN_ALL
      ? null
      : {
          field,
          problem: `of each salon: with ${String(parameters.salons)} salons at most ${String(Math.floor(MOST_IN_ALL / parameters.salons))}`,
        };
  return (
    whole('salons', parameters.salons, 0, 1000) ??
    whole('visits', parameters.visits, 0, 300_000) ??
    whole('clients', parameters.clients, 0, 200_000) ??
    inAll('visits') ??
    inAll('clients') ??
    whole('staff', parameters.staff ?? 1, 1, 500) ??
    whole('overbooked', parameters.overbooked ?? 0, 0, 10_000) ??
    (day === null || yearOf(day) < 1980 ? { field: 'today', problem: 'must be a date, YYYY-MM-DD' } : null)
  );
}
