const exponents = new Map<string, number>();

/** Digits of the currency's minor unit: 2 for PLN, 0 for JPY. */
export function exponentOf(currency: string): number {
  let exponent = exponents.get(currency);
  if (exponent === undefined) {
    try {
      exponent = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
        .maximumFractionDigits;
    } catch {
      // A salon may be given a currency that is none.
    }
    exponent ??= 2;
    exponents.set(currency, exponent);
  }
  return exponent;
}

/** A price as the salon wrote it, `120`, `"120.00"` or `"1 120,00 zł+"`, in minor units; null where it says none. */
export function minorOf(price: number | string | null, currency: string): number | null {
  if (price === null) return null;
  const text = typeof price === 'number' ? String(price) : price;
  const found = /(\d[\d \u00a0\u202f]*)(?:[.,](\d{1,3}))?/.exec(text);
  if (found === null) return null;
  const [, whole = '', fraction = ''] = found;
  const exponent = exponentOf(currency);
  const digits = whole.replace(/\D/g, '') + fraction.slice(0, exponent).padEnd(exponent, '0');
  const minor = Number(digits);
  return Number.isSafeInteger(minor) ? minor : null;
}

/** Minor units as the statement writes them: `230.00`, `-6.49`. */
export function writeMinor(minor: number, currency: string): string {
  const exponent = exponentOf(currency);
  const digits = String(Math.abs(minor)).padStart(exponent + 1, '0');
  const text = exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
  return minor < 0 ? `-${text}` : text;
}
