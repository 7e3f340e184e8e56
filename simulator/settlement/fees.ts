/** What Booksy keeps of a payment, in whole minor units. A basis point is 1/100 of a per cent. */

export const METHODS = ['card_keyed', 'card_reader', 'tap_to_pay'] as const;
export type Method = (typeof METHODS)[number];

export interface Rate {
  readonly basisPoints: number;
  /** Beside the share, for each payment. */
  readonly fixedMinor: number;
}

/** Fees of the sandbox. The defaults are those of the public price list (US, 2026-07). */
export interface Fees {
  readonly card_keyed: Rate;
  readonly card_reader: Rate;
  readonly tap_to_pay: Rate;
  /** Of a payout that was wanted at once. */
  readonly fastPayoutBasisPoints: number;
  /** Of the first visit of a client who came by Boost, once. */
  readonly boostBasisPoints: number;
  /** Tax on Booksy's own fees; null = by the salon's country (pl 23 %, de 19 %, cz 21 %, gb 20 %, else none). */
  readonly taxBasisPoints: number | null;
}

export const DEFAULT_FEES: Fees = {
  card_keyed: { basisPoints: 269, fixedMinor: 30 },
  card_reader: { basisPoints: 249, fixedMinor: 10 },
  tap_to_pay: { basisPoints: 249, fixedMinor: 20 },
  fastPayoutBasisPoints: 150,
  boostBasisPoints: 3000,
  taxBasisPoints: null,
};

const TAX_BY_COUNTRY: Readonly<Record<string, number>> = { pl: 2300, de: 1900, cz: 2100, gb: 2000 };

/** A share of an amount, half a minor unit rounded away from zero. */
export function share(minor: number, basisPoints: number): number {
  const sign = minor < 0 ? -1 : 1;
  return sign * Math.floor((Math.abs(minor) * basisPoints + 5000) / 10_000);
}

/** Fee of a payment: never more than the payment. */
export function paymentFee(grossMinor: number, rate: Rate): number {
  return Math.min(grossMinor, share(grossMinor, rate.basisPoints) + rate.fixedMinor);
}

/** Tax on a fee in that country. */
export function taxOn(feeMinor: number, fees: Fees, country: string): number {
  return share(feeMinor, fees.taxBasisPoints ?? TAX_BY_COUNTRY[country.toLowerCase()] ?? 0);
}
