import type { Random } from '../../simulator/random.ts';
import { CALLED, NOTES_IN_NAMES } from './population-names.ts';

/** What one side writes down about a person. */
export interface Written {
  given: string;
  family: string;
  email: string | null;
  phone: string | null;
}

/**
 * How often, in hundredths of all records, something makes a record differ from what the other side holds of the same person.
 * Chosen by what is plausible for a Polish salon before the matcher was measured for the first time, and left alone since:
 * numbers change rarely, addresses are many, first names are shortened, the family name is left out by the hurried.
 * `accents_lost` is of names that have accents, `short_form` of names that have one, `married` of women, `cyrillic` of people
 * from Ukraine.
 */
export const DIRT_PERCENT = {
  phone_changed: 2.5,
  phone_typo: 0.5,
  phone_made_up: 0.4,
  email_other: 8,
  email_typo: 0.8,
  email_role: 0.8,
  accents_lost: 15,
  short_form: 5,
  given_typo: 1.2,
  family_typo: 2,
  swapped: 0.8,
  family_missing: 3,
  family_initial: 1,
  given_initial: 0.3,
  whole_in_given: 0.5,
  second_given: 1,
  married: 1.5,
  note_in_name: 0.7,
  cyrillic: 10,
} as const;
export type Dirt = keyof typeof DIRT_PERCENT;

/** What the hurried type into a field that must not be empty. */
export const MADE_UP_PHONES = ['+48500000000', '+48111111111', '+48123456789', '+48555555555'] as const;
export const ROLE_EMAILS = [
  'info@salon.example',
  'brak@brak.example',
  'kontakt@gabinet.example',
  'recepcja@studio.example',
] as const;

export interface DirtContext {
  readonly random: Random;
  /** Multiplies every rate. */
  readonly factor: number;
  readonly isWoman: boolean;
  readonly isUkrainian: boolean;
  readonly newPhone: () => string;
  readonly newEmail: () => string;
  readonly newFamily: () => string;
}

/** Changes a record in place as life does; says what it did. */
export function soil(record: Written, context: DirtContext): readonly Dirt[] {
  const { random } = context;
  const done: Dirt[] = [];
  const happens = (dirt: Dirt) => random.chance(Math.min(0.9, (DIRT_PERCENT[dirt] * context.factor) / 100));
  const attempt = (dirt: Dirt, isPossible: boolean, change: () => boolean) => {
    // Drawn even where impossible: one record's fields do not shift another's luck.
    if (happens(dirt) && isPossible && change()) done.push(dirt);
  };
  soilContacts(record, context, attempt);
  soilName(record, context, attempt);
  return done;
}

type Attempt = (dirt: Dirt, isPossible: boolean, change: () => boolean) => void;

function soilContacts(record: Written, context: DirtContext, attempt: Attempt): void {
  const { random } = context;
  const phone = (next: string) => {
    record.phone = next;
    return true;
  };
  const email = (next: string) => {
    record.email = next;
    return true;
  };
  attempt('phone_changed', record.phone !== null, () => phone(context.newPhone()));
  attempt('phone_typo', record.phone !== null, () => phone(mistypeDigits(random, record.phone ?? '')));
  attempt('phone_made_up', record.phone !== null, () => phone(random.pick(MADE_UP_PHONES)));
  attempt('email_other', record.email !== null, () => email(context.newEmail()));
  attempt('email_typo', record.email !== null, () => email(mistypeEmail(random, record.email ?? '')));
  attempt('email_role', true, () => email(random.pick(ROLE_EMAILS)));
}

function soilName(record: Written, context: DirtContext, attempt: Attempt): void {
  const { random } = context;
  const set = (given: string, family: string) => {
    const changed = given !== record.given || family !== record.family;
    record.given = given;
    record.family = family;
    return changed;
  };
  const called = CALLED[record.given];
  attempt('married', context.isWoman, () => {
    const next = context.newFamily();
    return set(record.given, random.chance(0.4) ? `${record.family}-${next}` : next);
  });
  attempt('short_form', called !== undefined, () => set(random.pick(called ?? []), record.family));
  attempt('second_given', true, () =>
    set(`${record.given} ${context.isWoman ? 'Maria' : 'Jan'}`, record.family),
  );
  attempt('given_typo', record.given.length > 3, () => set(mistype(random, record.given), record.family));
  attempt('family_typo', record.family.length > 3, () => set(record.given, mistype(random, record.family)));
  attempt('accents_lost', true, () => set(plain(record.given), plain(record.family)));
  attempt('cyrillic', context.isUkrainian, () => set(inCyrillic(record.given), inCyrillic(record.family)));
  attempt('note_in_name', true, () => set(record.given, `${record.family} ${random.pick(NOTES_IN_NAMES)}`));
  attempt('family_initial', true, () => set(record.given, `${record.family.slice(0, 1)}.`));
  attempt('given_initial', true, () => set(`${record.given.slice(0, 1)}.`, record.family));
  attempt('family_missing', true, () => set(record.given, ''));
  attempt('swapped', record.family !== '', () => set(record.family, record.given));
  attempt('whole_in_given', record.family !== '', () => set(`${record.given} ${record.family}`, ''));
}

/** Letters without their marks. */
export function plain(text: string): string {
  return text
    .replaceAll('ł', 'l')
    .replaceAll('Ł', 'L')
    .replaceAll('ø', 'o')
    .replaceAll('ı', 'i')
    .normalize('NFD')
    .replace(/\p{M}/gu, '');
}

/** One slip: a letter left out, doubled, replaced by a neighbour on the keyboard, or swapped with the next. */
function mistype(random: Random, text: string): string {
  const at = random.between(1, text.length - 2);
  const [before, letter, after] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)];
  return random.weighted<string>([
    [before + after, 3],
    [before + letter + letter + after, 2],
    [before + neighbour(random, letter) + after, 3],
    [before + after.charAt(0) + letter + after.slice(1), 3],
  ]);
}

const KEYBOARD = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

function neighbour(random: Random, letter: string): string {
  const row = KEYBOARD.find((keys) => keys.includes(plain(letter).toLowerCase()));
  if (row === undefined) return 'a';
  const at = row.indexOf(plain(letter).toLowerCase());
  return row[at + (at === 0 || (at < row.length - 1 && random.chance(0.5)) ? 1 : -1)] ?? 'a';
}

function mistypeDigits(random: Random, phone: string): string {
  const at = random.between(4, phone.length - 2);
  const digit = (Number(phone[at]) + random.between(1, 9)) % 10;
  return phone.slice(0, at) + String(digit) + phone.slice(at + 1);
}

/** In the mailbox or in the host, never in what makes the address an invented one. */
function mistypeEmail(random: Random, email: string): string {
  const [local = '', domain = ''] = email.split('@');
  const [host = '', ...rest] = domain.split('.');
  return random.chance(0.5)
    ? `${mistype(random, local.padEnd(4, 'x'))}@${domain}`
    : `${local}@${[mistype(random, host), ...rest].join('.')}`;
}

const CYRILLIC: readonly (readonly [string, string])[] = [
  ['shch', 'щ'],
  ['iia', 'ія'],
  ['kh', 'х'],
  ['zh', 'ж'],
  ['ch', 'ч'],
  ['sh', 'ш'],
  ['ts', 'ц'],
  ['yi', 'ї'],
  ['ii', 'ій'],
  ['iu', 'ю'],
  ['ia', 'я'],
  ['yu', 'ю'],
  ['ya', 'я'],
  ...Array.from(
    'abvhgdezyiklmnoprstufw',
    (latin, at) => [latin, 'абвггдезиіклмнопрстуфв'.charAt(at)] as const,
  ),
];

/** As a Ukrainian keyboard writes it; roughly, which is how it happens. */
function inCyrillic(text: string): string {
  let rest = plain(text).toLowerCase();
  let written = '';
  while (rest !== '') {
    const found = CYRILLIC.find(([latin]) => rest.startsWith(latin));
    written += found?.[1] ?? rest.charAt(0);
    rest = rest.slice(found?.[0].length ?? 1);
  }
  return written.charAt(0).toUpperCase() + written.slice(1);
}
