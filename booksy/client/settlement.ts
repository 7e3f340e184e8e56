import type { WholeList } from '../../domain/observed.ts';
import type { ObservedSettlementRow } from '../../domain/settlement.ts';
import type { BusinessRef } from '../business-ref.ts';
import type { CallOptions } from '../http/http.ts';
import { settlementReader } from '../translate/settlement.ts';
import { readRows } from '../wire/read.ts';
import { readWhole, type ClientContext } from './context.ts';

/** The statement of payments. Inferred: an account without it answers `not_found`, and a file is imported instead. */
export interface SettlementMethods {
  /**
   * Lines paid on the days from `fromDate` to `toDate` (`YYYY-MM-DD`, both included, at most 92), oldest first. What
   * cannot be understood is in `rejected` with its field; the rest goes on.
   */
  listSettlement(
    business: BusinessRef,
    params: { readonly fromDate: string; readonly toDate: string },
    call: CallOptions,
  ): Promise<WholeList<ObservedSettlementRow>>;
}

export function settlementMethods(context: ClientContext): SettlementMethods {
  return {
    listSettlement: (business, { fromDate, toDate }, call) =>
      readWhole(
        context,
        business,
        { template: 'settlement/', query: { date_from: fromDate, date_to: toDate } },
        (rows) => readRows(rows, settlementReader(business.currency)),
        call,
      ),
  };
}
