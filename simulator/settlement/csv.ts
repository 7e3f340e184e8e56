import type { SettlementRow } from './rows.ts';

/** Columns of a statement as a file, in this order. */
export const COLUMNS = [
  'id',
  'kind',
  'appointment_id',
  'currency',
  'gross',
  'fee',
  'tax',
  'net',
  'method',
  'paid_at',
  'payout_id',
] as const satisfies readonly (keyof SettlementRow)[];

/** The statement as CSV (RFC 4180); what is null is empty. */
export function settlementCsv(rows: readonly SettlementRow[]): string {
  const lines = rows.map((row) => COLUMNS.map((column) => cell(row[column])).join(','));
  return `${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}

function cell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
