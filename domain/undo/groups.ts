import { sameValue, type Json } from '../canonical.ts';
import type { OursState } from '../plan.ts';
import { itemOfGroup } from '../states/visit.ts';
import {
  OPEN_AGAIN,
  OVERBOOKING,
  type UndoChange,
  type UndoEntry,
  type UndoLeftReason,
  type UndoSubject,
} from './words.ts';

/** What is to become of one group: set back, or left for a reason. */
export interface GroupUndo {
  readonly change: UndoChange;
  readonly reason: UndoLeftReason | null;
  readonly takesBack: readonly string[];
}

/** Deeds that say which groups they are about and change none of them. */
const SILENT = new Set([
  'noted',
  'conflict_closed',
  'conflict_escalated',
  'conflict_reminded',
  'unsure',
  'decided',
]);

/** Every group that the targets changed, in a stable order. Groups that they left as they were are not named. */
export function planGroups(
  targets: readonly UndoEntry[],
  history: readonly UndoEntry[],
  subject: UndoSubject,
  ours: OursState,
): readonly GroupUndo[] {
  const wanted = new Set(targets.map(({ number }) => number));
  const names = new Set(targets.flatMap(({ groups }) => groups));
  // The mark of a visit goes with the decision that set it, not by itself.
  names.delete(OVERBOOKING);
  return [...names].sort().flatMap((group) => planGroup(group, wanted, history, subject, ours) ?? []);
}

function planGroup(
  group: string,
  wanted: ReadonlySet<string>,
  history: readonly UndoEntry[],
  subject: UndoSubject,
  ours: OursState,
): GroupUndo | null {
  const about = history.filter(
    ({ action, reason, groups }) => groups.includes(group) && !SILENT.has(action) && reason !== OPEN_AGAIN,
  );
  const at = about.findLastIndex(({ number }) => wanted.has(number));
  const last = about[at];
  const now = ours.groups[group];
  const left = (reason: UndoLeftReason): GroupUndo => ({
    change: changeOf(group, now, now),
    reason,
    takesBack: [],
  });
  if (last === undefined || last.before === null || last.after === null) return left('not_known');

  const expected = last.after[group];
  const { to, takesBack, known } = backTo(group, about.slice(0, at + 1), wanted);
  if (sameValue(to, expected)) return null;
  if (!known || (to === undefined && !mayBeMissing(group, last))) return left('not_known');
  if (sameValue(now, to)) return left('already_so');
  const later = about.slice(at + 1);
  if (!later.every((entry) => carries(entry, last, group))) return left('changed_later');
  if (!sameValue(now, expected)) return left('changed_later');
  const count =
    last.counters?.[group] ??
    later.findLast(({ counters }) => counters?.[group] !== undefined)?.counters?.[group];
  if (count !== undefined && count !== (ours.counters[group] ?? 0)) return left('changed_later');
  if (subject.frozen.has(group)) return left('on_conflict');
  return { change: changeOf(group, now, to), reason: null, takesBack };
}

/**
 * What the group held before the targets: back from the last of them over those that follow each other without a gap. An
 * edit in between that is none of them ends it, because it would be lost.
 */
function backTo(
  group: string,
  about: readonly UndoEntry[],
  wanted: ReadonlySet<string>,
): { readonly to: Json | undefined; readonly takesBack: readonly string[]; readonly known: boolean } {
  let to: Json | undefined;
  let known = false;
  let count: number | undefined;
  let next: UndoEntry | undefined;
  const takesBack: string[] = [];
  for (const entry of about.toReversed()) {
    const chained = takesBack.length === 0 || sameValue(entry.after?.[group], to);
    // Carried to Booksy in between: nothing changed here.
    if (!wanted.has(entry.number) && entry.action === 'sent' && chained) continue;
    if (!wanted.has(entry.number) || entry.before === null || !chained) break;
    const counted = entry.counters?.[group];
    // Edited in between (R7a): to send something is no edit, every other deed is one.
    const edits = next?.action === 'sent' ? (entry.action === 'sent' ? Infinity : 0) : 1;
    if (count !== undefined && counted !== undefined && counted < count - edits) break;
    if (next?.action === 'sent' && entry.action !== 'sent' && (count === undefined || counted === undefined))
      break;
    next = entry;
    to = entry.before[group];
    known = entry.action !== 'sent' || to !== undefined;
    count = counted;
    takesBack.unshift(entry.number);
  }
  return { to, takesBack, known };
}

/** An entry that only carried the same change on: to Booksy, or what a decision had announced. */
function carries(entry: UndoEntry, last: UndoEntry, group: string): boolean {
  if (entry.before === null || entry.after === null || last.before === null || last.after === null)
    return false;
  const was = entry.before[group];
  return (
    sameValue(entry.after[group], last.after[group]) &&
    (sameValue(was, last.before[group]) || sameValue(was, last.after[group]))
  );
}

/** Items and days come and go; every other group is always there, so one without a value was not kept. */
function mayBeMissing(group: string, { action }: UndoEntry): boolean {
  return action !== 'sent' && (itemOfGroup(group) !== null || /^(date|weekday):/.test(group));
}

function changeOf(group: string, from: Json | undefined, to: Json | undefined): UndoChange {
  return { group, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}
