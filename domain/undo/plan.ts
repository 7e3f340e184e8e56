import { sameValue, type Json } from '../canonical.ts';
import type { SyncEntity } from '../entities.ts';
import { isEnded, itemOfGroup } from '../states/visit.ts';
import { planGroups, type GroupUndo } from './groups.ts';
import {
  OPEN_AGAIN,
  type RecordUndo,
  type UndoChange,
  type UndoEnd,
  type UndoEntry,
  type UndoLeftReason,
  type UndoSubject,
} from './words.ts';

/** Deeds that make a record here, or at Booksy from here. */
const MAKES = new Set(['created', 'sent_new']);
/** Deeds of the mapping list, which has its own way back. */
const LINKS = new Set(['linked', 'merged', 'unmerged', 'unsure']);
/** Deeds that change groups and say before and after. */
const CHANGES = new Set(['updated', 'cancelled', 'marked_gone', 'sent', 'resolved', 'overbooked', 'undone']);

/** What becomes of a record that is not to be here; the others cannot be taken away. */
const ENDS: Readonly<Partial<Record<SyncEntity, UndoEnd>>> = {
  booking: 'cancel',
  service: 'hide',
  variant: 'hide',
  staff: 'hide',
  room: 'hide',
  time_off: 'remove',
};

/**
 * Plans the undoing of some entries of one record: each group goes back to what it was before the first of them, as long
 * as nothing came after the last. Pure and total; it never touches a later change, be it the sync's or a person's.
 *
 * @param targets numbers of the entries to take back
 * @param history every entry of the record from the first target on, oldest first
 */
export function planRecordUndo(
  targets: ReadonlySet<string>,
  history: readonly UndoEntry[],
  subject: UndoSubject,
): RecordUndo {
  const wanted = history.filter(({ number }) => targets.has(number));
  const made = wanted.find(({ action }) => MAKES.has(action));
  if (made !== undefined) return planEnd(made, targets, history, subject);
  const removed = wanted.find(({ action, before }) => action === 'removed' && before !== null);
  if (removed !== undefined && subject.ours === null) return planRestore(removed, subject);

  const left: { group: string | null; reason: UndoLeftReason }[] = [];
  if (wanted.some(({ action }) => LINKS.has(action))) left.push({ group: null, reason: 'use_mappings' });
  if (wanted.some(({ action }) => action === 'removed')) left.push({ group: null, reason: 'not_undoable' });
  if (wanted.some(({ reason }) => reason === OPEN_AGAIN))
    left.push({ group: null, reason: 'decide_conflict' });
  const changing = wanted.filter(({ action, reason }) => CHANGES.has(action) && reason !== OPEN_AGAIN);
  if (changing.length > 0 && subject.ours === null) left.push({ group: null, reason: 'record_gone' });
  const groups = subject.ours === null ? [] : planGroups(changing, history, subject, subject.ours);
  const whole = keepItemsWhole(groups, subject);
  const changes = whole.flatMap((each): readonly UndoChange[] => (each.reason === null ? [each.change] : []));
  for (const { change, reason } of whole) if (reason !== null) left.push({ group: change.group, reason });
  return {
    entity: subject.entity,
    recordId: subject.recordId,
    changes,
    end: null,
    restore: null,
    takesBack: numbersOf(whole.filter(({ reason }) => reason === null).flatMap(({ takesBack }) => takesBack)),
    left,
    atBooksy: subject.base !== null && changes.some(({ group }) => subject.goesOut(group)),
  };
}

/** A record that the sync made ends, if it is still as it was made. */
function planEnd(
  made: UndoEntry,
  targets: ReadonlySet<string>,
  history: readonly UndoEntry[],
  subject: UndoSubject,
): RecordUndo {
  const { entity, ours } = subject;
  const end = ENDS[entity] ?? null;
  const nothing = (reason: UndoLeftReason) => leave(subject, reason);
  if (end === null) return nothing('not_undoable');
  if (ours === null) return nothing(end === 'remove' ? 'already_so' : 'record_gone');
  if (entity === 'booking' ? isEnded(ours.groups) : end === 'hide' && ours.groups.active === false)
    return nothing('already_so');
  if (subject.frozen.size > 0) return nothing('on_conflict');
  const later = history.some(
    ({ number, action, reason }) =>
      !targets.has(number) &&
      BigInt(number) > BigInt(made.number) &&
      action !== 'sent' &&
      reason !== OPEN_AGAIN &&
      CHANGES.has(action),
  );
  if (later || editedSince(made, history, subject)) return nothing('changed_later');
  return {
    ...leave(subject, null),
    end,
    takesBack: numbersOf(history.filter(({ number }) => targets.has(number)).map(({ number }) => number)),
    atBooksy: subject.base !== null && entity !== 'staff' && subject.goesOut(END_GROUPS[end]),
  };
}

/** The group whose direction says whether an end goes to Booksy. */
const END_GROUPS: Readonly<Record<UndoEnd, string>> = { cancel: 'status', hide: 'active', remove: 'time' };

/** Whether a person edited it here since it was made (R7a): against what was sent, else against the base. */
function editedSince(made: UndoEntry, history: readonly UndoEntry[], { ours, base }: UndoSubject): boolean {
  if (ours === null) return true;
  if (made.action === 'sent_new' && made.after !== null) {
    const sent = [...history].reverse().find(({ action, after }) => action === 'sent' && after !== null);
    const held = { ...made.after, ...sent?.after };
    const counters = { ...made.counters, ...sent?.counters };
    return Object.keys(held).some(
      (group) =>
        !sameValue(ours.groups[group], held[group]) ||
        (counters[group] !== undefined && counters[group] !== (ours.counters[group] ?? 0)),
    );
  }
  if (base === null) return Object.values(ours.counters).some((count) => count > 0);
  // What no read has shown yet has no base; its counter tells.
  const items = Object.keys(ours.groups).filter((group) => itemOfGroup(group) !== null);
  const groups = new Set([...items, ...Object.keys(base.ours), ...Object.keys(ours.counters)]);
  return [...groups].some(
    (group) =>
      (group in base.ours || itemOfGroup(group) !== null
        ? !sameValue(ours.groups[group] ?? null, base.ours[group] ?? null)
        : false) || (ours.counters[group] ?? 0) !== (base.counters[group] ?? 0),
  );
}

/** A record that the sync took away is made again. */
function planRestore(removed: UndoEntry, subject: UndoSubject): RecordUndo {
  if (subject.entity !== 'time_off') return leave(subject, 'not_undoable');
  return { ...leave(subject, null), restore: removed.before, takesBack: [removed.number] };
}

function leave({ entity, recordId }: UndoSubject, reason: UndoLeftReason | null): RecordUndo {
  return {
    entity,
    recordId,
    changes: [],
    end: null,
    restore: null,
    takesBack: [],
    left: reason === null ? [] : [{ group: null, reason }],
    atBooksy: false,
  };
}

/**
 * The parts of an item belong together: one that comes back or goes must do so whole, and a visit keeps one item. What
 * Booksy does not let us change in a visit of several parts is left to a person there (R17).
 */
function keepItemsWhole(groups: readonly GroupUndo[], subject: UndoSubject): readonly GroupUndo[] {
  const itemOf = ({ change }: GroupUndo) => itemOfGroup(change.group)?.key ?? null;
  const moves = ({ change }: GroupUndo) => isThere(change.from) !== isThere(change.to);
  const broken = new Set<string>();
  for (const each of groups) {
    const key = itemOf(each);
    if (key === null) continue;
    const same = groups.filter((other) => itemOf(other) === key);
    const some = same.some(moves);
    if (some && (same.length < 2 || !same.every((other) => other.reason === null && moves(other))))
      broken.add(key);
  }
  const kept = groups.map((each): GroupUndo => {
    const key = itemOf(each);
    return each.reason === null && key !== null && broken.has(key)
      ? { ...each, reason: 'changed_later' }
      : each;
  });
  const limited = kept.map((each): GroupUndo =>
    each.reason === null &&
    each.change.group !== 'status' &&
    isMulti(subject) &&
    subject.goesOut(each.change.group)
      ? { ...each, reason: 'change_at_booksy' }
      : each,
  );
  return leavesNoItem(limited, subject)
    ? limited.map((each): GroupUndo =>
        each.reason === null && itemOf(each) !== null ? { ...each, reason: 'changed_later' } : each,
      )
    : limited;
}

function isThere(value: Json | undefined): boolean {
  return value !== undefined;
}

function itemKeys(groups: Iterable<string>): ReadonlySet<string> {
  return new Set([...groups].flatMap((group) => itemOfGroup(group)?.key ?? []));
}

function isMulti({ entity, base, ours }: UndoSubject): boolean {
  return entity === 'booking' && base !== null && itemKeys(Object.keys(ours?.groups ?? {})).size > 1;
}

function leavesNoItem(groups: readonly GroupUndo[], { entity, ours }: UndoSubject): boolean {
  if (entity !== 'booking') return false;
  const after = new Set(Object.keys(ours?.groups ?? {}));
  for (const { change, reason } of groups) {
    if (reason !== null) continue;
    if (isThere(change.to)) after.add(change.group);
    else after.delete(change.group);
  }
  return itemKeys(after).size === 0;
}

function numbersOf(numbers: readonly string[]): readonly string[] {
  return [...new Set(numbers)].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
}
