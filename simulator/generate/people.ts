import type { Random } from '../random.ts';
import { formatDate } from '../time.ts';
import type { Customer } from '../types.ts';
import type { IdSource } from './ids.ts';
import { ALLERGENS, FAMILY_NAMES, GIVEN_NAMES, MAIL_HOSTS, SECRET_NOTES, plain } from './names.ts';

/** One number in one of the ways people type it. */
function writePhone(random: Random, local: string): string {
  const spaced = `${local.slice(0, 3)} ${local.slice(3, 6)} ${local.slice(6)}`;
  return random.weighted([
    [`+48 ${spaced}`, 4],
    [`+48${local}`, 3],
    [spaced, 2],
    [local, 2],
    [`0048 ${spaced}`, 1],
    [`${local.slice(0, 3)}-${local.slice(3, 6)}-${local.slice(6)}`, 1],
  ]);
}

function writeMail(random: Random, address: string): string {
  if (random.chance(0.06)) return address.toUpperCase();
  return random.chance(0.03) ? ` ${address} ` : address;
}

/**
 * Client cards with the dirt of real life. In every hundred: four share a household's phone with the card before,
 * two give `info@`, two are a second card of somebody, about thirty have no e-mail and six no phone.
 */
export function generateCustomers(random: Random, ids: IdSource, count: number, today: number): Customer[] {
  const customers: Customer[] = [];
  for (let n = 0; n < count; n += 1) {
    const previous = customers.at(-1);
    const place = n % 50;
    if (previous !== undefined && place === 25) customers.push(secondCard(random, ids(), previous, today));
    else customers.push(freshCard(random, ids(), n, previous, today));
  }
  return customers;
}

function freshCard(
  random: Random,
  id: number,
  n: number,
  previous: Customer | undefined,
  today: number,
): Customer {
  const given = random.pick(GIVEN_NAMES);
  const family = random.pick(FAMILY_NAMES);
  const household = previous !== undefined && n % 25 === 7;
  const local = `5${String(10_000_000 + n * 37).padStart(8, '0')}`;
  const address = `${plain(given)}.${plain(family)}${String(n)}@${random.pick(MAIL_HOSTS)}`.toLowerCase();
  const shared = n % 50 === 11;
  return {
    id,
    first_name: random.chance(0.03) ? ` ${given} ` : random.chance(0.02) ? given.toUpperCase() : given,
    last_name: random.chance(0.05)
      ? ''
      : household
        ? previous.last_name
        : random.chance(0.04)
          ? `${family}-${random.pick(FAMILY_NAMES)}`
          : family,
    cell_phone: household ? previous.cell_phone : random.chance(0.06) ? null : writePhone(random, local),
    email: shared
      ? 'info@salon.example'
      : random.chance(0.3)
        ? random.chance(0.5)
          ? ''
          : null
        : writeMail(random, address),
    ...privateFields(random, today),
    customer_profile: random.chance(0.2)
      ? { email: `app.${address}`, cell_phone: random.chance(0.5) ? `+48${local}` : null }
      : null,
  };
}

/** The same person once more: other spelling, other notation of the phone, or only the e-mail in common. */
function secondCard(random: Random, id: number, of: Customer, today: number): Customer {
  const digits = of.cell_phone?.replace(/\D/g, '').slice(-9) ?? null;
  return {
    id,
    first_name: plain(of.first_name).trim(),
    last_name: random.chance(0.5) ? plain(of.last_name) : of.last_name,
    cell_phone: digits === null ? null : writePhone(random, digits),
    email: random.chance(0.6) ? (of.email?.trim().toLowerCase() ?? null) : null,
    ...privateFields(random, today),
    customer_profile: null,
  };
}

function privateFields(
  random: Random,
  today: number,
): Omit<Customer, 'id' | 'first_name' | 'last_name' | 'cell_phone' | 'email' | 'customer_profile'> {
  const time = `${String(random.between(6, 19)).padStart(2, '0')}:${String(random.below(60)).padStart(2, '0')}`;
  return {
    birthday: random.chance(0.4) ? formatDate(today - random.between(18 * 365, 70 * 365)) : null,
    allergens: random.chance(0.08) ? random.pick(ALLERGENS) : null,
    business_secret_note: random.chance(0.1) ? random.pick(SECRET_NOTES) : null,
    marketing_agreement: random.chance(0.35),
    privacy_policy_agreement: random.chance(0.9),
    from_promo: random.chance(0.08),
    created: `${formatDate(today - random.between(1, 900))}T${time}:00Z`,
  };
}
