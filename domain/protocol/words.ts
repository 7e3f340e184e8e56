import { sameValue, type Json } from '../canonical.ts';
import type { GroupStates, MergeInput } from '../merge.ts';
import { equivalentInVisit, isEnded } from '../states/visit.ts';
import type { Intent, RecordView, WriteEntity } from './types.ts';

/** When both sides hold the same although the values differ, by kind of record. */
export function equivalentFor(entity: WriteEntity): NonNullable<MergeInput['equivalent']> {
  return entity === 'booking' ? equivalentInVisit : (_, theirs, ours) => sameValue(theirs, ours);
}

/** Whether a value read at Booksy is the one that was sent. Two cancels are one cancel, whatever the reasons. */
export function sameThere(group: string, read: Json | undefined, sent: Json | undefined): boolean {
  if (group === 'status' && isEnded({ status: read ?? null }) && isEnded({ status: sent ?? null }))
    return true;
  return sameValue(read, sent);
}

/** R14: "it acted" = all groups that it changed equal the body; one of several proves nothing. */
export function hasActed(intent: Intent, read: GroupStates): boolean {
  return intent.groups.every((group) => sameThere(group, read[group], intent.body[group]));
}

/**
 * Everything that a write carried: a PUT replaces the whole object, so that one which acts late brings back what stood there
 * in the groups that it did not mean to change, too.
 */
export function carried(intent: Intent): GroupStates {
  if (intent.operation !== 'change') return intent.body;
  const whole: Record<string, Json> = { ...intent.preImage, ...intent.body };
  for (const group of intent.groups) if (!(group in intent.body)) Reflect.deleteProperty(whole, group);
  return whole;
}

/** Steps that end a visit. */
export function endsVisit(intent: Pick<Intent, 'step'>): boolean {
  return intent.step === 'cancel' || intent.step === 'decline';
}

/** Kinds of record that carry an import uid at Booksy (R15). */
const WITH_IMPORT_UID: readonly WriteEntity[] = ['booking', 'service', 'variant'];

/** R16: record id and generation; null where nothing there can carry it. */
export function importUidOf(view: Pick<RecordView, 'ref'>, generation: number): string | null {
  return WITH_IMPORT_UID.includes(view.ref.entity) ? `${view.ref.recordId}:${String(generation)}` : null;
}

/** The status that a visit's groups name, or null. */
export function statusOf(groups: GroupStates): string | null {
  const status = groups.status;
  if (typeof status !== 'object' || status === null || !('status' in status)) return null;
  return typeof status.status === 'string' ? status.status : null;
}

/** Booksy's ids by age: the lower one is the earlier (R16a). */
export function byAge(left: string, right: string): number {
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}
