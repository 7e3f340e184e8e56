import type { ObservedSettlementRow } from '../../domain/settlement.ts';
import { RowProblem, type RowReader } from '../wire/read.ts';
import { settlementRowShape, type WireSettlementRow } from '../wire/shapes.ts';
import { isCurrency } from './currency.ts';
import { signedMinorOf } from './money.ts';

/** Reads one line of a statement; the salon's currency decides how many digits an amount has. */
export function settlementReader(currency: string): RowReader<WireSettlementRow, ObservedSettlementRow> {
  return {
    shape: settlementRowShape,
    translate: (wire) => {
      requireOwn(wire.currency, currency);
      const minor = (field: 'gross' | 'fee' | 'tax' | 'net'): number =>
        signedMinorOf(wire[field], currency, field);
      return {
        externalId: String(wire.id),
        kind: wire.kind,
        visitExternalId: wire.appointment_id == null ? null : String(wire.appointment_id),
        currency,
        grossMinor: minor('gross'),
        feeMinor: minor('fee'),
        taxMinor: minor('tax'),
        netMinor: minor('net'),
        method: wire.method ?? null,
        paidAt: instantOf(wire.paid_at),
        payoutExternalId: wire.payout_id ?? null,
      };
    },
  };
}

function requireOwn(wire: string, currency: string): void {
  if (wire === currency) return;
  throw isCurrency(wire)
    ? new RowProblem('foreign_currency', 'currency', "The line is in another currency than the salon's.")
    : new RowProblem('unparseable', 'currency', 'There is no such currency.');
}

function instantOf(wire: string): string {
  const ms = Date.parse(wire);
  // `Date` takes 30 February for 2 March: what comes out must be what was written.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== wire.slice(0, 19))
    throw new RowProblem('unparseable', 'paid_at', 'There is no such moment.');
  return new Date(ms).toISOString();
}
