import type { MatchReason } from '../../../../domain/matching/index.ts';

export const PHONE = '+48600100200';
export const OTHER_PHONE = '+48777888991';

export interface Case {
  readonly what: string;
  readonly card: string;
  readonly profile: string;
  readonly comesTo: string;
  /** Evidence that must be named. */
  readonly reasons: readonly MatchReason[];
}

const one = (
  what: string,
  card: string,
  profile: string,
  comesTo: string,
  ...reasons: MatchReason[]
): Case => ({
  what,
  card,
  profile,
  comesTo,
  reasons,
});

/** One card, one profile, contacts that nobody else has. */
export const PAIRS: readonly Case[] = [
  one(
    'all the same',
    `Anna|Nowak|an@m.example|${PHONE}`,
    `Anna|Nowak|an@m.example|${PHONE}`,
    'link p1 (sure_email_and_phone)',
    'email_equal',
    'phone_equal',
    'name_same',
  ),
  one(
    'e-mail and name',
    'Anna|Nowak|an@m.example|',
    `Anna|Nowak|an@m.example|${PHONE}`,
    'link p1 (sure_email)',
    'email_equal',
    'name_same',
  ),
  one(
    'phone and name',
    `Anna|Nowak||${PHONE}`,
    `Anna|Nowak|an@m.example|${PHONE}`,
    'link p1 (sure_phone)',
    'phone_equal',
    'name_same',
  ),
  one(
    'a new number',
    `Anna|Nowak|an@m.example|${OTHER_PHONE}`,
    `Anna|Nowak|an@m.example|${PHONE}`,
    'link p1 (sure_email)',
    'email_equal',
    'phone_differs',
  ),
  one(
    'another address',
    `Anna|Nowak|work@m.example|${PHONE}`,
    `Anna|Nowak|home@n.example|${PHONE}`,
    'link p1 (sure_phone)',
    'email_differs',
    'phone_equal',
  ),
  one(
    'a tag in the address',
    `Anna|Nowak|an+booksy@m.example|`,
    `Anna|Nowak|an@m.example|`,
    'link p1 (sure_email)',
    'email_equal',
  ),
  one(
    'accents lost',
    `Lucja|Zdzblo||${PHONE}`,
    `Łucja|Źdźbło||${PHONE}`,
    'link p1 (sure_phone)',
    'name_same',
  ),
  one(
    'another script',
    `Олена|Коваль||${PHONE}`,
    `Olena|Koval||${PHONE}`,
    'link p1 (sure_phone)',
    'name_same',
  ),
  one(
    'names swapped',
    `Nowak|Anna||${PHONE}`,
    `Anna|Nowak||${PHONE}`,
    'link p1 (sure_phone)',
    'name_swapped',
  ),
  one(
    'short form',
    `Kasia|Nowak||${PHONE}`,
    `Katarzyna|Nowak||${PHONE}`,
    'link p1 (sure_phone)',
    'given_short_form',
  ),
  one(
    'short form, swapped',
    `Nowak|Kasia|kn@m.example|`,
    `Katarzyna|Nowak|kn@m.example|`,
    'link p1 (sure_email)',
    'name_swapped',
    'given_short_form',
  ),
  one(
    'family name mistyped',
    `Anna|Kowlaska||${PHONE}`,
    `Anna|Kowalska||${PHONE}`,
    'link p1 (sure_phone)',
    'family_typo',
  ),
  one(
    'given name mistyped',
    `Agnieszak|Nowak||${PHONE}`,
    `Agnieszka|Nowak||${PHONE}`,
    'link p1 (sure_phone)',
    'given_typo',
  ),
  one(
    'a note in the name',
    `Anna|Nowak VIP rzęsy||${PHONE}`,
    `Anna|Nowak||${PHONE}`,
    'link p1 (sure_phone)',
    'family_overlap',
  ),
  one(
    'only the given name',
    `Anna|||${PHONE}`,
    `Anna|Nowak||${PHONE}`,
    'link p1 (sure_phone)',
    'family_missing',
  ),
  one(
    'initial of the family name',
    `Anna|N.||${PHONE}`,
    `Anna|Nowak||${PHONE}`,
    'link p1 (sure_phone)',
    'family_initial',
  ),
  one(
    'married: both contacts',
    `Anna|Zając|an@m.example|${PHONE}`,
    `Anna|Nowak|an@m.example|${PHONE}`,
    'link p1 (sure_name_changed)',
    'family_differs',
  ),
  one(
    'married, both names',
    `Anna|Nowak-Zając||${PHONE}`,
    `Anna|Nowak||${PHONE}`,
    'link p1 (sure_phone)',
    'family_overlap',
  ),

  one(
    'married: phone only',
    `Anna|Zając||${PHONE}`,
    `Anna|Nowak|an@m.example|${PHONE}`,
    'unsure (weak_evidence)',
    'phone_equal',
    'family_differs',
  ),
  one(
    'married: e-mail only',
    `Anna|Zając|an@m.example|${OTHER_PHONE}`,
    `Anna|Nowak|an@m.example|${PHONE}`,
    'unsure (weak_evidence)',
    'family_differs',
  ),
  one(
    'only the given name, another address',
    `Anna||x@m.example|${PHONE}`,
    `Anna|Nowak|y@n.example|${PHONE}`,
    'unsure (weak_evidence)',
    'family_missing',
  ),
  one(
    'mother and daughter share everything',
    `Julia|Nowak|an@m.example|${PHONE}`,
    `Anna|Nowak|an@m.example|${PHONE}`,
    'unsure (other_name)',
    'given_differs',
  ),
  one(
    'names one letter apart, of two people',
    `Marta|Nowak|an@m.example|${PHONE}`,
    `Maria|Nowak|an@m.example|${PHONE}`,
    'unsure (other_name)',
    'given_differs',
  ),
  one(
    'a name that may be a sister’s',
    `Lena|Nowak|an@m.example|${PHONE}`,
    `Helena|Nowak|an@m.example|${PHONE}`,
    'unsure (weak_evidence)',
    'given_near',
  ),
  one(
    'a daughter, by her mother’s name',
    `Anna|Nowak córka|an@m.example|${PHONE}`,
    `Anna|Nowak|an@m.example|${PHONE}`,
    'unsure (other_name)',
    'relation_word',
  ),
  one(
    'junior and senior',
    `Jan|Nowak jr||${PHONE}`,
    `Jan|Nowak||${PHONE}`,
    'unsure (other_name)',
    'relation_word',
  ),
  one(
    'no given name',
    `|Nowak|an@m.example|${PHONE}`,
    `Anna|Nowak|an@m.example|${PHONE}`,
    'unsure (weak_evidence)',
    'given_missing',
  ),
  one(
    'no name at all',
    `Klientka||an@m.example|${PHONE}`,
    `Anna|Nowak|an@m.example|${PHONE}`,
    'unsure (weak_evidence)',
    'name_missing',
  ),
  one(
    'wife with the husband’s e-mail',
    `Anna|Kowalska|jk@m.example|${OTHER_PHONE}`,
    `Jan|Kowalski|jk@m.example|${PHONE}`,
    'none (no_candidate)',
  ),
  one(
    'wife with the husband’s e-mail and no phone',
    `Anna|Kowalska|jk@m.example|`,
    `Jan|Kowalski|jk@m.example|${PHONE}`,
    'unsure (other_name)',
    'given_differs',
    'family_gendered',
  ),
  one(
    'child under the parent’s phone',
    `Julia|Nowak||${PHONE}`,
    `Anna|Nowak|an@m.example|${PHONE}`,
    'unsure (other_name)',
    'phone_equal',
    'given_differs',
  ),
  one(
    'a stranger’s e-mail',
    `Piotr|Zając|an@m.example|`,
    `Anna|Nowak|an@m.example|`,
    'unsure (other_name)',
    'email_equal',
    'given_differs',
  ),
  one('name alone', 'Anna|Nowak||', `Anna|Nowak|an@m.example|${PHONE}`, 'unsure (name_only)', 'name_same'),
  one(
    'name alone, swapped',
    'Nowak|Anna||',
    `Anna|Nowak|an@m.example|${PHONE}`,
    'unsure (name_only)',
    'name_swapped',
  ),
  one(
    'name, another number',
    `Anna|Nowak||${OTHER_PHONE}`,
    `Anna|Nowak|an@m.example|${PHONE}`,
    'unsure (name_only)',
    'phone_differs',
  ),
  one(
    'name and a role address',
    'Anna|Nowak|info@m.example|',
    `Anna|Nowak|info@m.example|${PHONE}`,
    'unsure (name_only)',
    'email_common',
  ),
  one(
    'name and a made-up number',
    'Anna|Nowak||+48111111111',
    'Anna|Nowak||+48111111111',
    'unsure (name_only)',
    'phone_common',
  ),
  one(
    'both contacts mistyped',
    'Anna|Nowak|annanowak@m.example|+48600100201',
    `Anna|Nowak|annanowka@m.example|${PHONE}`,
    'unsure (name_only)',
    'email_typo',
    'phone_typo',
  ),

  one('a number handed on', `Piotr|Zając||${PHONE}`, `Anna|Nowak||${PHONE}`, 'none (no_candidate)'),
  one(
    'namesakes',
    `Anna|Nowak|x@m.example|${OTHER_PHONE}`,
    `Anna|Nowak|y@n.example|${PHONE}`,
    'none (no_candidate)',
  ),
  one('a role address', 'Anna|Nowak|info@m.example|', 'Piotr|Zając|info@m.example|', 'none (no_candidate)'),
  one('the given name alone', 'Anna|||', 'Anna|||', 'none (no_candidate)'),
  one('nothing', '|||', '|||', 'none (no_candidate)'),
];
