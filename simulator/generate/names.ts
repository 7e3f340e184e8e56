/** Invented words for invented people; any likeness is chance. */

export const GIVEN_NAMES = [
  'Zofia',
  'Żaneta',
  'Łucja',
  'Świętosława',
  'Małgorzata',
  'Agnieszka',
  'Jagoda',
  'Bożena',
  'Halina',
  'Iwona',
  'Kinga',
  'Liliana',
  'Mirosława',
  'Natalia',
  'Oliwia',
  'Paulina',
  'Róża',
  'Sylwia',
  'Teresa',
  'Urszula',
  'Wanda',
  'Weronika',
  'Józef',
  'Łukasz',
  'Paweł',
  'Michał',
  'Krzysztof',
  'Grzegorz',
  'Świętopełk',
  'Zbigniew',
  'Bartłomiej',
  'Cezary',
  'Dawid',
  'Ernest',
  'Filip',
  'Gustaw',
  'Hubert',
  'Igor',
  'Jakub',
  'Kamil',
] as const;

const FAMILY_STARTS = [
  'Źdź',
  'Krzy',
  'Brzę',
  'Łab',
  'Mruk',
  'Pusz',
  'Wiś',
  'Skow',
  'Chmu',
  'Dębi',
  'Gżeg',
  'Sójk',
  'Jawo',
  'Kąko',
  'Ostrów',
  'Pląs',
] as const;
const FAMILY_ENDS = [
  'bło',
  'wda',
  'czyk',
  'ędź',
  'alska',
  'arek',
  'niak',
  'rońska',
  'ra',
  'niewicz',
  'żółka',
  'ecka',
  'rowicz',
  'lewska',
  'ecki',
  'ający',
] as const;

/** Every combination of the family names' halves. */
export const FAMILY_NAMES: readonly string[] = FAMILY_STARTS.flatMap((start) =>
  FAMILY_ENDS.map((end) => start + end),
);

export const MAIL_HOSTS = ['poczta.example', 'mail.example', 'skrzynka.example'] as const;

export const CUSTOMER_NOTES = [
  'Proszę o kawę bez cukru',
  'Mogę się spóźnić 5 minut',
  'Pierwsza wizyta',
  'Tak jak ostatnio',
  '  Zadzwonię dzień przed  ',
] as const;

export const BUSINESS_NOTES = ['VIP', 'płaci gotówką', 'poprosić o zgodę', 'druga kawa gratis'] as const;

export const SECRET_NOTES = [
  'SEKRET: spóźnia się',
  'SEKRET: nie dzwonić rano',
  'SEKRET: reklamacja 2025',
] as const;

export const ALLERGENS = ['ALERGEN: PPD', 'ALERGEN: lateks', 'ALERGEN: orzechy'] as const;

export const STREETS = ['ul. Zmyślona', 'al. Nieistniejąca', 'ul. Wyśniona', 'pl. Bajkowy'] as const;

/** ASCII letters for addresses: diacritics and the stroke of ł go. */
export function plain(text: string): string {
  return text.replaceAll('ł', 'l').replaceAll('Ł', 'L').normalize('NFD').replace(/\p{M}/gu, '');
}
