import type { ClientFacts } from '../../domain/matching/index.ts';
import { createRandom, type Random } from '../../simulator/random.ts';
import { soil, type DirtContext, type Written } from './population-dirt.ts';
import { createTown, type Person } from './population-town.ts';

/**
 * An invented town of clients, and what a platform and a Booksy account hold of it: who is whom is known. The rates below,
 * in population-town.ts and in population-dirt.ts were chosen by what is plausible before the matcher was measured for the
 * first time; they are not tuned to it. Hard cases that nobody could decide from name, e-mail and phone are in on purpose.
 *
 * In every hundred people, about:
 * 60 are known to both sides, 22 have only a card, 18 only a profile; 80 are women, 8 from Ukraine, 6 from elsewhere.
 * A profile has a phone in 97 cases and an e-mail in 85, a card in 98 and 70.
 */
const IN_BOTH_PERCENT = 60;
const ONLY_CARD_PERCENT = 22;
const PROFILE_PHONE_PERCENT = 97;
const PROFILE_EMAIL_PERCENT = 85;
const CARD_PHONE_PERCENT = 98;
const CARD_EMAIL_PERCENT = 70;

/** A card only person has the number that a profile only person once had. Of a hundred card only people. */
const RECYCLED_PERCENT = 1.5;
/** A person has a second card, seldom complete. Of a hundred with a card. */
const SECOND_CARD_PERCENT = 1.5;
/** A person has a second profile here. Of a hundred with a profile. */
const SECOND_PROFILE_PERCENT = 0.7;
/** Both sides are written by hand: so much of what is changed at all is changed in the profile. */
const DIRT_IN_PROFILE = 0.3;

export interface PopulationInput {
  readonly people: number;
  readonly seed: number;
  /** Multiplies all rates of what goes wrong; 1 unless told. */
  readonly dirt?: number;
}

export interface Population {
  readonly profiles: readonly ClientFacts[];
  readonly cards: readonly ClientFacts[];
  /** Card → its person's profile (the first one), null where there is none. */
  readonly truth: ReadonlyMap<string, string | null>;
  /** Card → any profile of its person: a link to the second one is no mistake. */
  readonly accepted: ReadonlyMap<string, ReadonlySet<string>>;
  /** Card → all that makes it hard; `clean` where nothing does. */
  readonly kinds: ReadonlyMap<string, readonly string[]>;
}

/** The same people and sides for the same input, on every machine. */
export function generatePopulation({ people, seed, dirt = 1 }: PopulationInput): Population {
  const random = createRandom(`population/${String(seed)}`);
  const town = createTown(random);
  const profiles: (Written & { readonly id: string })[] = [];
  const cards: (Written & { readonly id: string })[] = [];
  const truth = new Map<string, string | null>();
  const accepted = new Map<string, ReadonlySet<string>>();
  const kinds = new Map<string, readonly string[]>();
  const freedPhones: string[] = [];
  // Ids say nothing about who is whom, nor about the order in which people came.
  const newId = (kind: string) =>
    `${kind}-${String(random.below(0x7fffffff)).padStart(10, '0')}-${String(truth.size + profiles.length)}`;
  const chance = (percent: number) => random.chance(percent / 100);
  const often = (percent: number) => chance(Math.min(90, percent * dirt));

  const addProfile = (written: Written): string => {
    const id = newId('profile');
    profiles.push({ id, ...written });
    return id;
  };
  const addCard = (written: Written, own: readonly string[], why: readonly string[]) => {
    const id = newId('card');
    cards.push({ id, ...written });
    truth.set(id, own[0] ?? null);
    accepted.set(id, new Set(own));
    kinds.set(id, why.length === 0 ? ['clean'] : why);
  };

  const enrol = (person: Person) => {
    const context: DirtContext = {
      random,
      factor: dirt,
      isWoman: person.isWoman,
      isUkrainian: person.isUkrainian,
      newPhone: town.newPhone,
      newEmail: () => town.newEmail(person),
      newFamily: () => town.newFamily(person),
    };
    const draw = random.next() * 100;
    const hasCard = draw < IN_BOTH_PERCENT + ONLY_CARD_PERCENT;
    const hasProfile = draw < IN_BOTH_PERCENT || !hasCard;
    const profile = withGaps(person, chance(PROFILE_PHONE_PERCENT), chance(PROFILE_EMAIL_PERCENT));
    const card = withGaps(person, chance(CARD_PHONE_PERCENT), chance(CARD_EMAIL_PERCENT));
    const why: string[] = person.unit === null ? [] : [person.unit];
    const own: string[] = [];
    if (hasCard && hasProfile) why.push(...soil(random.chance(DIRT_IN_PROFILE) ? profile : card, context));
    if (hasProfile) {
      own.push(addProfile(profile));
      if (!hasCard && profile.phone !== null && person.unit === null) freedPhones.push(profile.phone);
      if (often(SECOND_PROFILE_PERCENT)) {
        const second = withGaps(person, chance(70), chance(50));
        soil(second, context);
        own.push(addProfile(second));
        why.push('second_profile');
      }
    }
    if (!hasCard) return;
    if (!hasProfile) {
      why.push('no_profile');
      if (often(RECYCLED_PERCENT) && freedPhones.length > 0) {
        card.phone = random.pick(freedPhones);
        why.push('recycled_phone');
      }
    }
    if (person.isChild && random.chance(1 / 3)) {
      card.family = `${card.family} ${person.isWoman ? 'córka' : 'syn'}`;
      why.push('relation_word');
    }
    addCard(card, own, why);
    if (!often(SECOND_CARD_PERCENT)) return;
    const second = withGaps(person, chance(85), chance(50));
    addCard(second, own, [...why, 'second_card', ...soil(second, context)]);
  };

  let enrolled = 0;
  while (enrolled < people) {
    for (const person of town.newUnit(often)) {
      if (enrolled < people) enrol(person);
      enrolled += 1;
    }
  }
  return {
    profiles: withCounts(shuffled(random, profiles)),
    cards: withCounts(shuffled(random, cards)),
    truth,
    accepted,
    kinds,
  };
}

function withGaps(person: Written, hasPhone: boolean, hasEmail: boolean): Written {
  const { given, family, phone, email } = person;
  return { given, family, phone: hasPhone ? phone : null, email: hasEmail ? email : null };
}

/** Counts, on this side, who shares an e-mail or phone. */
export function withCounts(
  side: readonly (Readonly<Written> & { readonly id: string; readonly linked?: boolean })[],
): readonly ClientFacts[] {
  const count = (key: 'email' | 'phone') => {
    const counts = new Map<string, number>();
    for (const record of side) {
      const value = record[key];
      if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return counts;
  };
  const [emails, phones] = [count('email'), count('phone')];
  return side.map((record) => ({
    ...record,
    emailSharedBy: record.email === null ? 1 : (emails.get(record.email) ?? 1),
    phoneSharedBy: record.phone === null ? 1 : (phones.get(record.phone) ?? 1),
    linked: record.linked ?? false,
  }));
}

export function shuffled<T>(random: Random, values: readonly T[]): readonly T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = random.below(i + 1);
    const [a, b] = [result[i], result[j]];
    if (a === undefined || b === undefined) continue;
    result[i] = b;
    result[j] = a;
  }
  return result;
}
