/** Lines of the other side's statement of payments, in this product's own words. Money is in minor units (R12). */

export const SETTLEMENT_KINDS = ['payment', 'refund', 'boost', 'fast_payout'] as const;
/** `boost` is the share kept of the first visit of a client who was sent by the marketplace's paid promotion. */
export type SettlementKind = (typeof SETTLEMENT_KINDS)[number];

export const SETTLEMENT_METHODS = ['card_keyed', 'card_reader', 'tap_to_pay'] as const;
export type SettlementMethod = (typeof SETTLEMENT_METHODS)[number];

/**
 * One line as it was stated. That `netMinor` equals gross − fee − tax is the other side's promise and is not taken
 * for granted here: a line where it does not is a finding of the reconciliation, not an unreadable line.
 */
export interface ObservedSettlementRow {
  readonly externalId: string;
  readonly kind: SettlementKind;
  /** Null for what belongs to a payout as a whole. */
  readonly visitExternalId: string | null;
  /** The salon's own currency. */
  readonly currency: string;
  /** Negative for a refund. */
  readonly grossMinor: number;
  readonly feeMinor: number;
  readonly taxMinor: number;
  readonly netMinor: number;
  readonly method: SettlementMethod | null;
  /** ISO instant. */
  readonly paidAt: string;
  /** Null until it was paid out. */
  readonly payoutExternalId: string | null;
}
