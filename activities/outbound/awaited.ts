import type { Commit } from '../../domain/protocol/port.ts';
import { noteAudit } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { partText } from '../../domain/states/there.ts';
import type { CommitWanted } from './together.ts';

/**
 * R20: a visit that was made here and awaits Booksy is confirmed in the commit that takes in Booksy's answer to its create, and
 * cancelled where Booksy had the time taken: the caller has been told to wait for just that, so no person is asked.
 *
 * @returns the commits, without the conflict of such a refusal
 */
export async function settleAwaited<T extends CommitWanted>(
  scope: ApplyScope,
  owns: readonly T[],
): Promise<readonly T[]> {
  const bookings = owns.filter(({ input }) => input.adapter.entity === 'booking');
  await confirm(
    scope,
    bookings.filter(({ commit }) => commit.link !== null && isConfirmedThere(commit)).map(idOf),
  );
  const taken = await cancel(scope, bookings.filter(({ commit }) => isTaken(commit)).map(idOf));
  return owns.map((own) => {
    if (!taken.has(idOf(own))) return own;
    const conflicts = own.commit.conflicts.filter(({ kind }) => kind !== 'refused_by_booksy');
    return { ...own, commit: { ...own.commit, conflicts } };
  });
}

function idOf({ input }: CommitWanted): string {
  return input.context.ref.recordId;
}

function isConfirmedThere({ mirror }: Commit): boolean {
  return mirror !== null && partText(mirror.seen.here.status, 'status') === 'confirmed';
}

function isTaken({ intents, conflicts }: Commit): boolean {
  return (
    intents.some(({ state }) => state === 'rejected') &&
    conflicts.some(({ kind, reason }) => kind === 'refused_by_booksy' && reason === 'time_taken')
  );
}

/** The base takes our new status as well: it is no change that has to go there. */
async function confirm(scope: ApplyScope, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const rows = await scope.tx.$queryRaw<{ id: string }[]>`
    WITH settled AS (
      UPDATE bookings SET status = 'confirmed', awaits_booksy = false
       WHERE business_id = ${scope.businessId}::uuid AND id = ANY(${[...ids]}::uuid[]) AND awaits_booksy AND status = 'pending'
      RETURNING id, status_edits
    ), based AS (
      UPDATE external_bookings m
         SET base_ours = m.base_ours || '{"status": {"status": "confirmed", "reason": null}}',
             base_counters = m.base_counters || jsonb_build_object('status', s.status_edits)
        FROM settled s WHERE m.business_id = ${scope.businessId}::uuid AND m.booking_id = s.id
    )
    SELECT id::text FROM settled`;
  note(scope, rows, 'confirmed', 'confirmed_by_booksy');
}

async function cancel(scope: ApplyScope, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await scope.tx.$queryRaw<{ id: string }[]>`
    UPDATE bookings SET status = 'cancelled', status_reason = 'taken_at_booksy', awaits_booksy = false
     WHERE business_id = ${scope.businessId}::uuid AND id = ANY(${[...ids]}::uuid[]) AND awaits_booksy AND status = 'pending'
    RETURNING id::text`;
  note(scope, rows, 'cancelled', 'taken_at_booksy');
  return new Set(rows.map(({ id }) => id));
}

function note(
  scope: ApplyScope,
  rows: readonly { readonly id: string }[],
  status: string,
  reasonCode: string,
): void {
  noteAudit(
    scope,
    rows.map(({ id }) => ({
      action: status === 'cancelled' ? ('cancelled' as const) : ('updated' as const),
      entity: 'booking' as const,
      recordId: id,
      externalId: null,
      reasonCode,
      groups: ['status'],
      before: { status: { status: 'pending', reason: null } },
      after: { status: { status, reason: status === 'cancelled' ? reasonCode : null } },
    })),
  );
}
