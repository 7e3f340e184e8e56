/** What is known of currencies: by Intl, so by ISO 4217 and CLDR, not by a table of ours. */

/** Places in which the salons' own price texts are written; they decide which symbols count as one's own. */
const LOCALES = ['en', 'pl', 'de', 'fr', 'es', 'pt', 'it', 'cs', 'uk', 'en-GB', 'en-CA', 'en-AU', 'pt-BR'];
const DISPLAYS = ['code', 'symbol', 'narrowSymbol'] as const;

const codes: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));
const exponents = new Map<string, number>();
const ownSymbols = new Map<string, ReadonlySet<string>>();
let everySymbol: ReadonlySet<string> | null = null;

/** Is it a currency code (upper case) that exists? */
export function isCurrency(code: string): boolean {
  return codes.has(code);
}

/** Digits of the minor unit: 2 for PLN, 0 for JPY, 3 for KWD. */
export function exponentOf(currency: string): number {
  let exponent = exponents.get(currency);
  if (exponent === undefined) {
    exponent =
      new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ??
      2;
    exponents.set(currency, exponent);
  }
  return exponent;
}

/** Does this leftover of a price text name the currency itself? Empty counts as yes. */
export function isOwnSymbol(text: string, currency: string): boolean {
  let own = ownSymbols.get(currency);
  if (own === undefined) {
    own = symbolsOf(currency, LOCALES);
    ownSymbols.set(currency, own);
  }
  return text === '' || own.has(plain(text));
}

/** Does it name some currency at all? */
export function isAnySymbol(text: string): boolean {
  everySymbol ??= new Set([...codes].flatMap((code) => [...symbolsOf(code, ['en', 'pl', 'cs', 'de'])]));
  return /\p{Sc}/u.test(text) || everySymbol.has(plain(text));
}

function symbolsOf(currency: string, locales: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const locale of locales) {
    for (const currencyDisplay of DISPLAYS) {
      const parts = new Intl.NumberFormat(locale, {
        style: 'currency',
        currency,
        currencyDisplay,
      }).formatToParts(1);
      for (const part of parts) if (part.type === 'currency') found.add(plain(part.value));
    }
  }
  return found;
}

/** Without accents, dots and case: `zł`, `ZŁ` and `zl.` are one. */
function plain(text: string): string {
  return text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replace(/ł/g, 'l').replace(/[.\s]/g, '');
}
