import { fingerprint } from '../canonical.ts';
import { groupsWith } from '../merge.ts';
import type { RecordPlan } from '../plan.ts';
import type { SeenRecord } from '../states/seen.ts';
import { later } from './settings.ts';
import type { RecordMemory, RecordView, WaitingEdit } from './types.ts';

/**
 * Edits here that wait for their way out, and by when each was known to be committed (R9). A view is read before Booksy is: an
 * edit that it shows was committed before that read was sent, however long its transaction took and whatever clock its row
 * names. A later read that still shows the base is then proof that whatever Booksy shows afterwards is newer.
 */
export type Waits = NonNullable<RecordMemory['waits']>;

/**
 * The edits that wait after a read was judged. Only of groups that `latest` decides, and only where nothing is sent now: what is
 * on its way needs no memory. Where nothing is news, `before` comes back.
 *
 * @param sends a write goes out with this judgement
 */
export function waitsAfter(
  view: RecordView,
  seen: SeenRecord,
  plan: Extract<RecordPlan, { kind: 'merge' }>,
  sends: boolean,
): Waits | undefined {
  const before = view.memory.waits;
  const after: Record<string, WaitingEdit> = {};
  for (const group of groupsWith(plan.decisions, 'push')) {
    if (view.policyOf(group) !== 'latest') continue;
    const known = knownEdit(view, group);
    if (known !== null) after[group] = known;
    else if (!sends) after[group] = { ...editOf(view, group), by: seen.interval.sentAt };
  }
  const names = Object.keys(after);
  const same =
    before !== undefined &&
    names.length === Object.keys(before).length &&
    names.every((group) => after[group] === before[group]);
  if (same || (before === undefined && names.length === 0)) return before;
  return after;
}

/** By when the last edit of a group here was committed: an ISO instant by the database's clock, or null where nobody can say. */
export function committedBy(view: RecordView, group: string): string | null {
  return knownEdit(view, group)?.by ?? view.editedAt[group] ?? null;
}

/**
 * Whether a look that found a record just as it was last observed proves something that is not known yet: that an edit which
 * waits here was there before it. Once that is known of all of them, further looks say nothing new.
 *
 * @param look when it was sent, and the groups that it could not show: those of thin list rows (R5)
 */
export function provesMore(
  waits: Waits,
  observedSentAt: string,
  look: { readonly sentAt: string; readonly unread: readonly string[] },
  marginMs: number,
): boolean {
  if (Object.keys(waits).some((group) => look.unread.includes(group))) return false;
  return Object.values(waits).some(({ by }) => {
    const from = later(by, marginMs);
    return observedSentAt <= from && look.sentAt > from;
  });
}

/** The edit that is remembered, if it is still the last one of its group. */
function knownEdit(view: RecordView, group: string): WaitingEdit | null {
  const known = view.memory.waits?.[group];
  if (known === undefined) return null;
  const now = editOf(view, group);
  return known.edits === now.edits && known.value === now.value ? known : null;
}

function editOf({ ours }: RecordView, group: string): Omit<WaitingEdit, 'by'> {
  return { edits: ours?.counters[group] ?? 0, value: fingerprint(ours?.groups[group] ?? null) };
}
