/** Prices on the wire → minor units (R12). Display text is only read, never written back. */
import type { Price, PriceType } from '../../domain/observed.ts';
import { RowProblem } from '../wire/read.ts';
import { exponentOf, isAnySymbol, isOwnSymbol } from './currency.ts';

export interface Amount {
  readonly minor: number;
  /** The text ended in `+`: a "from" price. */
  readonly from: boolean;
}

const PRICE_TYPES: Readonly<Record<'X' | 'V' | 'D' | 'F' | 'S' | 'C', PriceType>> = {
  X: 'fixed',
  V: 'varies',
  D: 'hidden',
  F: 'free',
  S: 'from',
  C: 'combo',
};

export type WirePriceType = keyof typeof PRICE_TYPES;

/** One-letter code → our word. */
export function priceTypeOf(code: WirePriceType): PriceType {
  return PRICE_TYPES[code];
}

/** Our word → one-letter code. */
export function priceCodeOf(type: PriceType): WirePriceType {
  const codes: Readonly<Record<PriceType, WirePriceType>> = {
    fixed: 'X',
    varies: 'V',
    hidden: 'D',
    free: 'F',
    from: 'S',
    combo: 'C',
  };
  return codes[type];
}

/**
 * Reads an amount in any of the three notations: `230.5`, `"230.50"`, `"1 230,50 zł+"`. Null where there is none.
 *
 * @throws RowProblem `foreign_currency` where the text names another currency, `invalid_price` where it is no amount
 */
export function parseAmount(
  wire: number | string | null | undefined,
  currency: string,
  field: string,
): Amount | null {
  if (wire === null || wire === undefined) return null;
  if (typeof wire === 'number')
    return { minor: toMinor(numberText(wire, field), currency, field), from: false };
  const text = wire.replace(/[\s\u00a0\u202f]+/g, ' ').trim();
  if (text === '') return null;
  const from = text.endsWith('+');
  const parts = /^([^\d]*)(\d[\d., '’]*)([^\d]*)$/.exec(from ? text.slice(0, -1) : text);
  if (parts === null) throw notAnAmount(field, /\p{Sc}/u.test(text) || isAnySymbol(text));
  const [, before = '', digits = '', after = ''] = parts;
  for (const part of [before.trim(), after.trim()]) {
    if (!isOwnSymbol(part, currency)) throw notAnAmount(field, isAnySymbol(part));
  }
  return { minor: toMinor(decimalText(digits, currency), currency, field), from };
}

/**
 * Type and amount of a variant. Free is 0; varying and hidden have no amount; "from" and fixed have one if it is
 * told. A `+` makes a fixed price a "from" price.
 */
export function priceOf(
  code: WirePriceType,
  wire: number | string | null | undefined,
  currency: string,
  field = 'price',
): Price {
  const type = PRICE_TYPES[code];
  if (type === 'varies' || type === 'hidden' || type === 'free') {
    refuseForeign(wire, currency, field);
    return { type, minor: type === 'free' ? 0 : null, currency };
  }
  const amount = parseAmount(wire, currency, field);
  return {
    type: type === 'fixed' && amount?.from === true ? 'from' : type,
    minor: amount?.minor ?? null,
    currency,
  };
}

/** Minor units → `"230.00"`, the one notation that is written. */
export function amountText(minor: number, currency: string): string {
  const exponent = exponentOf(currency);
  if (!Number.isSafeInteger(minor) || minor < 0)
    throw new RangeError('An amount is a whole number ≥ 0 of minor units.');
  const digits = String(minor).padStart(exponent + 1, '0');
  return exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** Where the amount does not count its currency still must be ours; a text such as "price on request" may stand. */
function refuseForeign(wire: number | string | null | undefined, currency: string, field: string): void {
  try {
    parseAmount(wire, currency, field);
  } catch (error) {
    if (error instanceof RowProblem && error.reasonCode === 'invalid_price') return;
    throw error;
  }
}

function numberText(value: number, field: string): string {
  const text = String(value);
  if (!/^\d+(\.\d+)?$/.test(text)) throw notAnAmount(field, false);
  return text;
}

/** Group separators out, decimal separator to a dot. */
function decimalText(digits: string, currency: string): string {
  const tight = digits.replace(/[ '’]/g, '');
  const last = Math.max(tight.lastIndexOf('.'), tight.lastIndexOf(','));
  if (last < 0) return tight;
  const separators = tight.replace(/\d/g, '');
  const fraction = tight.slice(last + 1);
  const mixed = new Set(separators).size > 1;
  // One kind of separator before exactly three digits groups thousands, unless the currency has three decimals.
  const groups = !mixed && fraction.length === 3 && exponentOf(currency) !== 3;
  if (groups) return /^\d{1,3}([.,]\d{3})+$/.test(tight) ? tight.replace(/[.,]/g, '') : tight;
  if (!mixed && separators.length > 1) return tight;
  const whole = tight.slice(0, last);
  return separators.length === 1 || /^\d{1,3}([.,]\d{3})+$/.test(whole)
    ? `${whole.replace(/[.,]/g, '')}.${fraction}`
    : tight;
}

function toMinor(decimal: string, currency: string, field: string): number {
  const exponent = exponentOf(currency);
  const parts = /^(\d+)(?:\.(\d+))?$/.exec(decimal);
  if (parts === null) throw notAnAmount(field, false);
  const [, whole = '', fraction = ''] = parts;
  // More decimals than the currency has are accepted only where they say nothing (`230.000`).
  if (/[1-9]/.test(fraction.slice(exponent))) throw notAnAmount(field, false);
  const minor = Number(whole + fraction.slice(0, exponent).padEnd(exponent, '0'));
  if (!Number.isSafeInteger(minor)) throw notAnAmount(field, false);
  return minor;
}

/**
 * An amount of a statement, `"230.00"` or `"-6.49"`, in minor units. No display text, no grouping: a statement is
 * written by a program, and an amount that has to be guessed is refused.
 *
 * @throws RowProblem `invalid_price`
 */
export function signedMinorOf(wire: string, currency: string, field: string): number {
  const parts = /^(-?)(\d+(?:\.\d+)?)$/.exec(wire);
  if (parts === null) throw notAnAmount(field, false);
  const [, sign = '', decimal = ''] = parts;
  const minor = toMinor(decimal, currency, field);
  return sign === '-' && minor !== 0 ? -minor : minor;
}

function notAnAmount(field: string, foreign: boolean): RowProblem {
  return foreign
    ? new RowProblem('foreign_currency', field, "The price is in another currency than the salon's.")
    : new RowProblem('invalid_price', field, 'The price cannot be read as an amount.');
}
