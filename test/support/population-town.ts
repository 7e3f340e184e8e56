import type { Random } from '../../simulator/random.ts';
import { plain, type Written } from './population-dirt.ts';
import {
  ELSEWHERE,
  FAMILIES_ELSEWHERE,
  FAMILY_ENDS,
  FAMILY_MIDDLES,
  FAMILY_STARTS,
  FREQUENT_FAMILIES,
  MEN,
  TWINS,
  UKRAINIAN_FAMILIES,
  UKRAINIAN_MEN,
  UKRAINIAN_WOMEN,
  WOMEN,
} from './population-names.ts';

/** Of every hundred times that somebody (or some family) comes in. Whoever is left comes alone. */
export const UNIT_PERCENT = {
  /** Two or three under one roof share a phone; each has an e-mail or none. Four in five bear the same family name. */
  household_phone: 2.5,
  /** Mother and daughter, same family name, share phone and e-mail. */
  household_both: 0.8,
  /** A wife gives her husband's e-mail and her own phone. */
  husbands_email: 0.8,
  /** A child is booked under the parent's phone and e-mail. One in three cards says so ("Nowak córka"). */
  child: 1,
  /** Twins with a parent's phone and e-mail, names alike. */
  twins: 0.3,
  /** Father and son (mother and daughter) of the same full name, one phone; e-mails of their own where they have any. */
  same_name: 0.15,
  /** Three to eight colleagues give the firm's mailbox, which is named like nobody's job; own phones. */
  firm_email: 0.3,
} as const;
type UnitKind = keyof typeof UNIT_PERCENT;

export interface Person extends Written {
  readonly isWoman: boolean;
  readonly isUkrainian: boolean;
  readonly unit: UnitKind | null;
  /** A child that a card may call "Nowak córka". */
  readonly isChild: boolean;
}

/** People come in alone or in units whose members share something. */
export function createTown(random: Random) {
  const phones = new Set<string>();
  const emails = new Set<string>();

  const newPhone = (): string => {
    for (;;) {
      const phone = `+48${String(random.pick([50, 51, 53, 60, 66, 69, 72, 78, 79, 88]))}${String(random.below(10_000_000)).padStart(7, '0')}`;
      if (phones.has(phone)) continue;
      phones.add(phone);
      return phone;
    }
  };
  const newEmail = ({ given, family }: { readonly given: string; readonly family: string }): string => {
    const ascii = (text: string) =>
      plain(text)
        .toLowerCase()
        .replace(/[^a-z]/gu, '');
    const [one, other] = [ascii(given) || 'ktos', ascii(family) || 'x'];
    for (;;) {
      const base = random.weighted([
        [`${one}.${other}`, 5],
        [`${one}${other}`, 2],
        [`${one.charAt(0)}.${other}`, 2],
        [`${other}.${one}`, 1],
        [`${one}${String(random.between(1, 99))}`, 2],
        [`${random.pick(['kwiatuszek', 'kotek', 'sloneczko', 'gwiazdka', 'misia'])}${one.slice(0, 3)}`, 1],
      ]);
      const number = random.chance(0.5) ? String(random.between(1, 2005)) : '';
      const host = random.pick(['poczta', 'mail', 'skrzynka', 'listy', 'kurier']);
      const email = `${base}${number}@${host}.example`;
      if (emails.has(email)) continue;
      emails.add(email);
      return email;
    }
  };

  const newFamily = (who: { readonly isWoman: boolean; readonly isUkrainian: boolean }): string => {
    if (who.isUkrainian) return byRank(random, UKRAINIAN_FAMILIES);
    const man = random.chance(0.1)
      ? byRank(random, FREQUENT_FAMILIES)
      : `${random.pick(FAMILY_STARTS)}${random.chance(0.6) ? random.pick(FAMILY_MIDDLES) : ''}${random.pick(FAMILY_ENDS)}`;
    return who.isWoman ? forWoman(man) : man;
  };
  const newGiven = (isWoman: boolean, origin: Origin): string => {
    if (origin === 'elsewhere') return random.pick(ELSEWHERE);
    if (origin === 'ukraine') return byRank(random, isWoman ? UKRAINIAN_WOMEN : UKRAINIAN_MEN);
    return byRank(random, isWoman ? WOMEN : MEN);
  };

  interface PersonInput {
    readonly isWoman?: boolean;
    readonly given?: string;
    /** In the form for men. */
    readonly family?: string;
    readonly phone?: string;
    readonly email?: string;
    readonly isChild?: boolean;
  }
  const newPerson = (unit: UnitKind | null, known: PersonInput = {}): Person => {
    const isWoman = known.isWoman ?? random.chance(0.8);
    const origin: Origin = random.weighted([
      ['poland', 86],
      ['ukraine', known.family === undefined ? 8 : 0],
      ['elsewhere', known.family === undefined ? 6 : 0],
    ]);
    const isUkrainian = origin === 'ukraine';
    const given = known.given ?? newGiven(isWoman, origin);
    const family =
      known.family !== undefined
        ? isWoman
          ? forWoman(known.family)
          : known.family
        : origin === 'elsewhere'
          ? random.pick(FAMILIES_ELSEWHERE)
          : newFamily({ isWoman, isUkrainian });
    return {
      given,
      family,
      phone: known.phone ?? newPhone(),
      email: known.email ?? newEmail({ given, family }),
      isWoman,
      isUkrainian,
      unit,
      isChild: known.isChild ?? false,
    };
  };
  const polishFamily = () => newFamily({ isWoman: false, isUkrainian: false });

  const units: Readonly<Record<UnitKind, () => readonly Person[]>> = {
    household_phone: () => {
      const [phone, family] = [newPhone(), polishFamily()];
      const size = random.chance(0.75) ? 2 : 3;
      return Array.from({ length: size }, () =>
        newPerson('household_phone', { phone, ...(random.chance(0.8) ? { family } : {}) }),
      );
    },
    household_both: () => {
      const mother = newPerson('household_both', { isWoman: true, family: polishFamily() });
      const { phone, email, family } = mother;
      return [mother, newPerson('household_both', { isWoman: true, family, ...contact(phone, email) })];
    },
    husbands_email: () => {
      const husband = newPerson('husbands_email', { isWoman: false, family: polishFamily() });
      const { email, family } = husband;
      return [husband, newPerson('husbands_email', { isWoman: true, family, ...contact(null, email) })];
    },
    child: () => {
      const family = polishFamily();
      const parent = newPerson('child', { isWoman: true, family });
      const { phone, email } = parent;
      const isWoman = random.chance(0.5);
      return [parent, newPerson('child', { isWoman, family, isChild: true, ...contact(phone, email) })];
    },
    twins: () => {
      const [phone, family] = [newPhone(), polishFamily()];
      const parent = newPerson('twins', { phone, family, isWoman: true });
      return random.pick(TWINS).map((given) => {
        const isWoman = given.endsWith('a');
        return newPerson('twins', { given, isWoman, family, ...contact(phone, parent.email) });
      });
    },
    same_name: () => {
      const elder = newPerson('same_name', { isWoman: random.chance(0.3), family: polishFamily() });
      const { given, isWoman, family, phone } = elder;
      return [elder, newPerson('same_name', { given, isWoman, family, ...contact(phone, null) })];
    },
    firm_email: () => {
      const email = `${random.pick(['budimax', 'transporty', 'kwiaciarnia', 'zespol'])}${String(random.below(10_000))}@firma.example`;
      return Array.from({ length: random.between(3, 8) }, () => newPerson('firm_email', { email }));
    },
  };

  /** The next to come in; `often` says whether something of so many percent happens. */
  const newUnit = (often: (percent: number) => boolean): readonly Person[] => {
    for (const kind of Object.keys(units)) {
      if (isUnitKind(kind) && often(UNIT_PERCENT[kind])) return units[kind]();
    }
    return [newPerson(null)];
  };
  return { newPhone, newEmail, newFamily, newUnit };
}

type Origin = 'poland' | 'ukraine' | 'elsewhere';

function isUnitKind(kind: string): kind is UnitKind {
  return Object.hasOwn(UNIT_PERCENT, kind);
}

function contact(phone: string | null, email: string | null): { phone?: string; email?: string } {
  return { ...(phone === null ? {} : { phone }), ...(email === null ? {} : { email }) };
}

function forWoman(family: string): string {
  return family.replace(/(?<=[sc]k)i$/u, 'a').replace(/ny$/u, 'na');
}

/** The n-th of the list is about as frequent as 1 / (n + 6): the first name of a hundred has some six percent. */
function byRank(random: Random, names: readonly string[]): string {
  const known = RANKED.get(names);
  const ranked = known ?? names.map((name, rank) => [name, 1 / (rank + 6)] as const);
  if (known === undefined) RANKED.set(names, ranked);
  return random.weighted(ranked);
}

const RANKED = new Map<readonly string[], readonly (readonly [string, number])[]>();
