import { isKeyboardSlip, isSlip, wordKey, wordsOf } from './fold.ts';
import type { MatchReason } from './reasons.ts';
import { isKnownGiven, isShortForm } from './short-forms.ts';

/** A person's name, taken apart for comparing. Words are folded. */
export interface NameParts {
  readonly given: readonly string[];
  readonly family: readonly string[];
  /** Words that say "a relative of": Nowak córka, Nowak jr. */
  readonly relation: string;
  /** Same for the same words in any order and field; empty unless there are two or more: a whole name. */
  readonly wholeKey: string;
}

export type GivenRelation =
  'same' | 'short_form' | 'second' | 'near' | 'typo' | 'initial' | 'missing' | 'differs';
export type FamilyRelation = 'same' | 'overlap' | 'gendered' | 'typo' | 'initial' | 'missing' | 'differs';

export interface NameAgreement {
  readonly given: GivenRelation;
  readonly family: FamilyRelation;
  readonly swapped: boolean;
  /** One side has no name at all. */
  readonly missing: boolean;
  readonly weight: number;
  readonly reasons: readonly MatchReason[];
}

const TITLES = new Set('pan pani panna dr mgr inz prof mr mrs ms miss sir vip'.split(' '));
const NO_NAME = new Set(
  'klient klientka brak nieznany nieznana test anonim gosc unknown client customer guest none null nn na'.split(
    ' ',
  ),
);
const RELATIONS = new Set(
  `corka corki syn syna mama mamy tata taty maz zona siostra brat babcia dziadek wnuczka wnuk dziecko narzeczony
  narzeczona daughter son mother father mum mom dad wife husband sister brother kid child junior jr jun senior sr
  sen ml starszy starsza mlodszy mlodsza`.split(/\s+/u),
);

/** Weights are decimal logarithms of how much likelier an agreement is for one person than for two. */
const GIVEN_WEIGHTS: Readonly<Record<GivenRelation, number>> = {
  same: 1.4,
  short_form: 0.8,
  second: 0.8,
  near: 0.1,
  typo: 0.2,
  initial: 0.1,
  missing: -1.3,
  differs: -2.8,
};
const FAMILY_WEIGHTS: Readonly<Record<FamilyRelation, number>> = {
  same: 1.6,
  overlap: 0.9,
  gendered: 0.6,
  typo: 0.6,
  initial: 0.3,
  missing: 0,
  differs: -1.4,
};
const SWAPPED_WEIGHT = -0.3;
/** Beyond this, names say no more: people change them and mistype them. */
const LEAST_WEIGHT = -2;

const GIVEN_REASONS: Readonly<Record<GivenRelation, MatchReason | null>> = {
  same: null,
  short_form: 'given_short_form',
  second: 'given_second',
  near: 'given_near',
  typo: 'given_typo',
  initial: 'given_initial',
  missing: 'given_missing',
  differs: 'given_differs',
};
const FAMILY_REASONS: Readonly<Record<FamilyRelation, MatchReason | null>> = {
  same: null,
  overlap: 'family_overlap',
  gendered: 'family_gendered',
  typo: 'family_typo',
  initial: 'family_initial',
  missing: 'family_missing',
  differs: 'family_differs',
};

/** Takes a name apart; what is no name (titles, "klient", "brak") is left out. */
export function readName(givenText: string, familyText: string): NameParts {
  const words = (text: string) => wordsOf(text).filter((word) => !TITLES.has(word) && !NO_NAME.has(word));
  const isRelation = (word: string) => RELATIONS.has(word);
  const relation = wordKey([...words(givenText), ...words(familyText)].filter(isRelation));
  let given: readonly string[] = words(givenText).filter((word) => !isRelation(word));
  let family: readonly string[] = words(familyText).filter((word) => !isRelation(word));
  // A whole name typed into one field; "Anna Maria" is two given names.
  if (family.length === 0 && given.length > 1 && !given.every(isKnownGiven)) {
    family = given.slice(-1);
    given = given.slice(0, -1);
  } else if (given.length === 0 && family.length > 1) {
    given = family.slice(0, 1);
    family = family.slice(1);
  }
  const all = [...given, ...family];
  const isWhole = given.length > 0 && family.length > 0 && all.every((word) => word.length > 1);
  return { given, family, relation, wholeKey: isWhole ? wordKey(all) : '' };
}

/** What two names say about being one person's, read straight and with the fields swapped. */
export function compareNames(left: NameParts, right: NameParts): NameAgreement {
  if (isEmpty(left) || isEmpty(right)) {
    return {
      given: 'missing',
      family: 'missing',
      swapped: false,
      missing: true,
      weight: 0,
      reasons: ['name_missing'],
    };
  }
  const straight = agreement(left, right, false);
  const bothWhole = [left, right].every((name) => name.given.length > 0 && name.family.length > 0);
  if (!bothWhole || (straight.given !== 'differs' && straight.family !== 'differs')) return straight;
  // Short forms are looked for among given names only: it matters which side is taken to be the wrong way round.
  const turned = (name: NameParts): NameParts => ({ ...name, given: name.family, family: name.given });
  const [one, other] = [agreement(turned(left), right, true), agreement(left, turned(right), true)];
  const swapped = other.weight > one.weight ? other : one;
  const holds = swapped.given !== 'differs' && swapped.family !== 'differs';
  return holds && swapped.weight > straight.weight ? swapped : straight;
}

function agreement(left: NameParts, right: NameParts, swapped: boolean): NameAgreement {
  const isOneRelation = left.relation === right.relation;
  const given = isOneRelation ? givenRelation(left.given, right.given) : 'differs';
  const family = familyRelation(left.family, right.family);
  const isSame = given === 'same' && family === 'same';
  const reasons: (MatchReason | null)[] = [
    isSame ? (swapped ? 'name_swapped' : 'name_same') : swapped ? 'name_swapped' : null,
    isOneRelation ? GIVEN_REASONS[given] : 'relation_word',
    FAMILY_REASONS[family],
  ];
  const weight = GIVEN_WEIGHTS[given] + FAMILY_WEIGHTS[family] + (swapped ? SWAPPED_WEIGHT : 0);
  return {
    given,
    family,
    swapped,
    missing: false,
    weight: Math.max(LEAST_WEIGHT, weight),
    reasons: reasons.filter((reason) => reason !== null),
  };
}

function isEmpty(name: NameParts): boolean {
  return name.given.length === 0 && name.family.length === 0;
}

function givenRelation(left: readonly string[], right: readonly string[]): GivenRelation {
  const [first, other] = [left[0], right[0]];
  if (first === undefined || other === undefined) return 'missing';
  // Second names are given or left out at will.
  if (first === other) return 'same';
  if (left.some((word) => word.length > 1 && right.includes(word))) return 'second';
  const shortForm = isShortForm(first, other);
  if (shortForm !== 'no') return shortForm === 'yes' ? 'short_form' : 'near';
  if (first.length === 1 || other.length === 1) return first[0] === other[0] ? 'initial' : 'differs';
  return likeness(first, other);
}

/**
 * Maria and Marta are one letter and two people. Where not both are known names, a slip of the fingers is one person's name
 * mistyped; any other likeness (Milena, Malena) may be a sister's.
 */
function likeness(left: string, right: string): GivenRelation {
  const known = [left, right].filter(isKnownGiven).length;
  if (known === 2 || !isSlip(left, right)) return 'differs';
  const isLongEnough = known === 1 || Math.min(left.length, right.length) >= 6;
  return isLongEnough && isKeyboardSlip(left, right) ? 'typo' : 'near';
}

function familyRelation(left: readonly string[], right: readonly string[]): FamilyRelation {
  if (left.length === 0 || right.length === 0) return 'missing';
  const [one, other] = [left.join(' '), right.join(' ')];
  if (one === other || wordKey(left) === wordKey(right)) return 'same';
  // "Nowak-Kowalska" is typed as one word too.
  if (left.join('') === right.join('')) return 'same';
  if (left.some((word) => word.length > 2 && right.includes(word))) return 'overlap';
  if (one.length === 1 || other.length === 1) return one[0] === other[0] ? 'initial' : 'differs';
  if (isGendered(one, other)) return 'gendered';
  if (isSlip(one, other)) return 'typo';
  return left.some((word) => right.some((another) => isSlip(word, another) || isGendered(word, another)))
    ? 'typo'
    : 'differs';
}

const GENDERED_ENDINGS: readonly RegExp[] = [
  /(?<=[scz]k)(yi|yy|ij|yj|aia|[iay])$/u,
  /(?<=(ov|ev|ow|ew|in|yn))a$/u,
  /(?<=\w{3}n)[ya]$/u,
];

/** Kowalski and Kowalska, Petrov and Petrova. */
function isGendered(left: string, right: string): boolean {
  return GENDERED_ENDINGS.some((ending) => {
    const [one, other] = [left.replace(ending, ''), right.replace(ending, '')];
    return one === other && one.length >= 3 && left !== right;
  });
}
