import type { ApiClient } from '../api-client.ts';
import { ago } from '../format.ts';
import { readList, type Listed } from '../pages.ts';
import type { Painter } from '../terminal.ts';
import { auditPage, type AuditRow } from '../wire-audit.ts';
import { entityWord } from '../words.ts';

export const AUDIT = '/api/admin/booksy/audit';

/** Which entries are listed; undefined does not filter. */
export type AuditListFilter = Readonly<
  Record<'business' | 'entity' | 'record' | 'run' | 'actor' | 'action' | 'from' | 'to', string | undefined>
> & { readonly limit: number };

/** Entries of the audit trail, newest first. */
export async function listAudit(
  api: ApiClient,
  { business, record, run, limit, ...filter }: AuditListFilter,
): Promise<Listed<AuditRow>> {
  return readList(
    api,
    AUDIT,
    { businessId: business, recordId: record, runId: run, ...filter },
    { schema: auditPage, rowsOf: ({ entries }) => entries, limit },
  );
}

/** The list as people read it. */
export function auditLines(
  rows: readonly AuditRow[],
  more: boolean,
  paint: Painter,
  now = Date.now(),
): string[] {
  if (rows.length === 0) return ['Nothing of that kind is in the audit trail.'];
  return [
    ...rows.flatMap((row) => oneEntry(row, paint, now)),
    ...(more ? ['', 'There are more: --limit shows them.'] : []),
  ];
}

function oneEntry(row: AuditRow, paint: Painter, now: number): string[] {
  const what = row.entity === null ? '' : ` ${entityWord(row.entity)}`;
  const which = row.externalId === null ? '' : ` ${row.externalId}`;
  const groups = row.groups.length === 0 ? '' : ` (${row.groups.join(', ')})`;
  const undone = row.undone ? paint.yellow(' undone') : '';
  const ids = [row.recordId, row.runId === null ? null : `run ${row.runId}`].filter((id) => id !== null);
  return [
    `${paint.dim(`#${row.number}`)} ${paint.bold(row.action)}${what}${which}${groups}${undone}`,
    paint.dim(
      `    ${ago(row.at, now)} by ${row.actor}${row.reasonCode === null ? '' : `, ${row.reasonCode}`}${
        row.reason === null ? '' : `: ${row.reason}`
      }`,
    ),
    ...(ids.length === 0 ? [] : [paint.dim(`    ${ids.join('  ')}`)]),
  ];
}
