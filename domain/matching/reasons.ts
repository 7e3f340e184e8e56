/** Why two records may be one, and why a verdict came out as it did. Codes are stored; sentences are shown. */
const SENTENCES = {
  // Evidence of a pair: contacts.
  email_equal: 'The e-mail is the same and nobody else has it.',
  email_family: 'The e-mail is the same; others of a household have it too, by other given names.',
  email_shared: 'The e-mail is the same, but a few people share it.',
  email_common: 'The e-mail is the same, but it is a role address or one that many people have.',
  email_typo: 'The e-mails differ by one letter.',
  email_differs: 'The e-mails differ.',
  phone_equal: 'The phone is the same and nobody else has it.',
  phone_family: 'The phone is the same; others of a household have it too, by other given names.',
  phone_shared: 'The phone is the same, but a few people share it.',
  phone_common: 'The phone is the same, but it is a made-up number or one that many people have.',
  phone_typo: 'The phones differ by one digit.',
  phone_differs: 'The phones differ.',

  // Evidence of a pair: names.
  name_same: 'The name is the same.',
  name_swapped: 'The name is the same with given and family name swapped.',
  name_missing: 'One side has no name to compare.',
  given_second: 'The given names have one in common.',
  given_short_form: 'One given name is a short form of the other.',
  given_near: 'The given names are alike, but may be those of two people.',
  given_typo: 'The given names differ by a slip of the keyboard.',
  given_initial: 'One side has only the initial of the given name.',
  given_missing: 'One side has no given name.',
  given_differs: 'The given names are different names.',
  family_overlap: 'The family names have one part in common.',
  family_gendered: 'The family names are two forms of one name.',
  family_typo: 'The family names differ by a slip of the keyboard.',
  family_initial: 'One side has only the initial of the family name.',
  family_missing: 'One side has no family name.',
  family_differs: 'The family names differ.',
  relation_word: 'One side says that it is a relative (daughter, son, junior).',
  name_similar: 'The names are similar.',

  // Evidence of a pair: what is sold.
  offers_equal: 'Durations and prices are the same.',
  offers_overlap: 'Durations and prices of one side are all found on the other, which has more.',
  offers_price_differs: 'Durations are the same, prices differ.',
  offers_differ: 'Durations differ.',
  offers_unknown: 'One side has no durations and prices to compare.',
  duration_equal: 'The duration is the same.',
  duration_differs: 'The durations differ.',
  price_equal: 'The price is the same.',
  price_differs: 'The prices differ.',
  label_equal: 'The label is the same.',
  label_missing: 'One side or both have no label.',
  label_differs: 'The labels differ.',

  // Verdict: link.
  sure_email_and_phone: 'E-mail, phone and name agree.',
  sure_email: 'E-mail and name agree.',
  sure_phone: 'Phone and name agree.',
  sure_shared_contact: 'The whole name agrees, and a contact that few people share.',
  sure_name_changed: 'E-mail, phone and given name agree; the family name changed.',
  sure_offer: 'Name, durations and prices agree.',
  sure_name: 'The name is the same and unique on both sides.',

  // Verdict: unsure.
  several_candidates: 'More than one record here could be meant.',
  several_cards: 'More than one record there could be this one.',
  name_only: 'Only the name agrees.',
  name_not_unique: 'The name is the same, but more than one record has it.',
  other_name: 'A contact agrees, but the names are those of different people.',
  shared_contact: 'A contact agrees, but it is shared, and the name is not quite the same.',
  weak_evidence: 'Some evidence agrees, not enough to be sure.',
  offer_differs: 'The name agrees, durations or prices do not.',

  // Verdict: none.
  no_candidate: 'Nothing here resembles it.',
  possible_double: 'The record that it resembles already belongs to another record there: perhaps a double.',
} as const;

export type MatchReason = keyof typeof SENTENCES;

/** Every code, in a fixed order. */
export const MATCH_REASONS: readonly MatchReason[] = Object.keys(SENTENCES).filter(isMatchReason);

/** Whether a stored text is a code of today. */
export function isMatchReason(code: string): code is MatchReason {
  return Object.hasOwn(SENTENCES, code);
}

/** One plain sentence for people. */
export function explain(reason: MatchReason): string {
  return SENTENCES[reason];
}
