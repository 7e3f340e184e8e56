import type { Random } from '../random.ts';
import type { Customer, Part, Status, Traveling, Visit } from '../types.ts';
import { BUSINESS_NOTES, CUSTOMER_NOTES, STREETS } from './names.ts';

/** A visit before it has ids. */
export interface Draft {
  parts: Omit<Part, 'id'>[];
  status: Status;
  type: Visit['type'];
  customer: Customer | null;
  name: string | null;
  customerNote: string | null;
  businessNote: string | null;
  traveling: Traveling | null;
  repeating: boolean;
}

/** Status of a visit on that day. Statuses do not age by themselves: some past ones were never finished. */
export function drawStatus(random: Random, past: boolean): Status {
  return past
    ? random.weighted<Status>([
        ['F', 75],
        ['C', 10],
        ['N', 5],
        ['A', 4],
        ['D', 3],
        ['W', 1],
        ['M', 1],
        ['P', 1],
      ])
    : random.weighted<Status>([
        ['A', 72],
        ['W', 8],
        ['C', 8],
        ['M', 5],
        ['P', 4],
        ['D', 2],
        ['N', 1],
      ]);
}

const SALON_ADDRESS: Traveling = {
  price: null,
  address_line_1: 'ul. Salonowa 1',
  address_line_2: null,
  apartment_number: null,
  city: 'Warszawa',
  zipcode: '00-001',
  latitude: 52.2297,
  longitude: 21.0122,
};

function drawTravel(random: Random): Traveling | null {
  const roll = random.next();
  if (roll < 0.03) return SALON_ADDRESS;
  if (roll >= 0.05) return null;
  return {
    price: random.pick([0, '40.00', '35,00 zł', 50]),
    address_line_1: `${random.pick(STREETS)} ${String(random.between(1, 99))}`,
    address_line_2: random.chance(0.2) ? 'kod do bramy 12' : null,
    apartment_number: random.chance(0.5) ? String(random.between(1, 40)) : null,
    city: 'Warszawa',
    zipcode: `0${String(random.between(0, 4))}-${String(random.between(100, 999))}`,
    latitude: random.chance(0.7) ? 52.1 + random.below(2000) / 10_000 : null,
    longitude: random.chance(0.7) ? 20.9 + random.below(2000) / 10_000 : null,
  };
}

/** A draft of a client's visit with everything but its time. */
export function draftVisit(
  random: Random,
  customers: readonly Customer[],
  status: Status,
  parts: Draft['parts'],
): Draft {
  const walkIn = customers.length === 0 || random.chance(0.05);
  const customer = walkIn ? null : random.pick(customers);
  return {
    parts,
    status,
    type: customer !== null && random.chance(0.45) ? 'C' : 'B',
    customer,
    name: customer === null && random.chance(0.5) ? 'Klient z ulicy' : null,
    customerNote: random.chance(0.12) ? random.pick(CUSTOMER_NOTES) : null,
    businessNote: random.chance(0.08) ? random.pick(BUSINESS_NOTES) : null,
    traveling: drawTravel(random),
    repeating: parts.length === 1 && random.chance(0.015),
  };
}

/** A draft of a block: resource time reserved, no client. */
export function draftBlock(random: Random, cancelled: boolean, part: Draft['parts'][number]): Draft {
  return {
    parts: [part],
    status: cancelled ? 'C' : 'A',
    type: 'R',
    customer: null,
    name: null,
    customerNote: null,
    businessNote: random.chance(0.4) ? 'przerwa' : null,
    traveling: null,
    repeating: false,
  };
}

/** The full name as it stands on the visit. */
export function fullName(customer: Customer): string {
  return `${customer.first_name.trim()} ${customer.last_name}`.trim();
}
