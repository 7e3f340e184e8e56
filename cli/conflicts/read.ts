import type { ApiClient } from '../api-client.ts';
import { readList, type Listed } from '../pages.ts';
import type { Note } from '../wire.ts';
import { conflictAnswer, conflictPage, type Card, type Conflict } from './wire.ts';

export const CONFLICTS = '/api/admin/booksy/conflicts';

/** Which conflicts are listed. */
export type ConflictFilter = {
  readonly business: string | undefined;
  readonly kind: string | undefined;
  /** Undefined lists every status. */
  readonly status: string | undefined;
  readonly entity: string | undefined;
  readonly record: string | undefined;
  readonly escalated: boolean | undefined;
  readonly limit: number;
};

/** How many there are, beside those that are listed. */
export type Counts = { readonly open: number; readonly escalated: number };

/** Conflicts, newest first, and how many are open at all. */
export async function listConflicts(
  api: ApiClient,
  { business, kind, status, entity, record, escalated, limit }: ConflictFilter,
): Promise<Listed<Conflict> & { readonly counts: Counts }> {
  let counts: Counts = { open: 0, escalated: 0 };
  const listed = await readList(
    api,
    CONFLICTS,
    {
      businessId: business,
      kind,
      status,
      entity,
      recordId: record,
      escalated: escalated === undefined ? undefined : String(escalated),
    },
    {
      schema: conflictPage,
      rowsOf: (page) => {
        counts = { open: page.counts.status['open'] ?? 0, escalated: page.counts.escalated };
        return page.conflicts;
      },
      limit,
    },
  );
  return { ...listed, counts };
}

/** One conflict, as it is now. */
export async function readConflict(
  api: ApiClient,
  id: string,
): Promise<{ conflict: Card; notes: readonly Note[] }> {
  return conflictAnswer.parse(await api.get(`${CONFLICTS}/${encodeURIComponent(id)}`));
}
