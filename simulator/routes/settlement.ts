import { invalid, notFound } from '../http/problem.ts';
import { ok, salonOf } from '../http/request.ts';
import type { ApiRequest, Route } from '../http/request.ts';
import { settlementCsv } from '../settlement/csv.ts';
import { settlementRows } from '../settlement/rows.ts';
import { parseDate } from '../time.ts';

const TEMPLATE = '/business/{business_id}/settlement/';
/** Longest range of one statement. */
export const MAX_DAYS = 92;

function dayQuery(request: ApiRequest, name: string): number {
  const day = parseDate(request.query.get(name) ?? '');
  if (day === null) throw invalid(name, 'A date YYYY-MM-DD is required');
  return day;
}

/** The settlement export: what was paid by card, what was kept of it, and in which payout it came. */
export const settlementRoutes: readonly Route[] = [
  {
    method: 'GET',
    template: TEMPLATE,
    handle: (request) => {
      const { store, clock } = request.sandbox;
      const salon = salonOf(request);
      if (!store.settings.flags.settlement) throw notFound();
      const [first, last] = [dayQuery(request, 'date_from'), dayQuery(request, 'date_to')];
      if (last < first) throw invalid('date_to', 'Ends before it begins');
      if (last - first >= MAX_DAYS) throw invalid('date_to', `At most ${String(MAX_DAYS)} days`);
      const format = request.query.get('format') ?? 'json';
      if (format !== 'json' && format !== 'csv') throw invalid('format', 'One of json, csv');
      const ledger = { seed: store.parameters.seed, fees: store.settings.fees, nowMs: clock.now() };
      const rows = settlementRows(salon, first, last, ledger);
      if (format === 'json') return ok(rows);
      return {
        status: 200,
        text: settlementCsv(rows),
        headers: { 'content-type': 'text/csv; charset=utf-8' },
      };
    },
  },
];
