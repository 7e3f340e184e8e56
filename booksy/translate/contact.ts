/** Contact values in canonical form, so that notations make no differences (R6). */
import { parsePhoneNumberFromString } from 'libphonenumber-js';
import { isSupportedCountry, type CountryCode } from 'libphonenumber-js';

const EMAIL = /^[^\s@"(),:;<>[\]\\]+@[^\s@"(),:;<>[\]\\.]+(\.[^\s@"(),:;<>[\]\\.]+)+$/;

/** Trimmed and lower-cased; null where missing or not an address. */
export function emailOf(wire: string | null | undefined): string | null {
  const text = wire?.trim().toLowerCase() ?? '';
  return text.length <= 254 && EMAIL.test(text) ? text : null;
}

/**
 * E.164, read by the salon's country where no country code is given; null where missing or not a number.
 * The length must be possible there; whether the number is in use cannot be known.
 */
export function phoneOf(wire: string | null | undefined, country: string): string | null {
  const text = wire?.trim() ?? '';
  if (text === '') return null;
  const home = country.toUpperCase();
  const parsed = parsePhoneNumberFromString(text, {
    ...(isCountry(home) ? { defaultCountry: home } : {}),
    extract: false,
  });
  return parsed?.isPossible() === true ? parsed.number : null;
}

/** Trimmed; null where nothing is left. */
export function textOf(wire: string | null | undefined): string | null {
  const text = wire?.trim() ?? '';
  return text === '' ? null : text;
}

function isCountry(code: string): code is CountryCode {
  return isSupportedCountry(code);
}
