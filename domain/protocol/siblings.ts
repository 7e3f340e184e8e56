import { sameValue } from '../canonical.ts';
import type { MirrorState } from '../plan.ts';
import type { SeenRecord } from '../states/seen.ts';
import { isEnded } from '../states/visit.ts';
import { stepFor } from '../states/visit-there.ts';
import { conflict, frozenGroups, isTold } from './commit.ts';
import type { NewIntent } from './port.ts';
import type { Finding, Intent, ProtocolConflict, RecordView } from './types.ts';
import { sameThere } from './words.ts';

/** The status that a cancel of ours leaves. */
export const CANCELLED = { status: 'cancelled', reason: 'cancelled' } as const;

/** R18a: whether the end of a visit that we created has to wait for a look at its siblings. */
export function mustLookForSiblings(view: RecordView, ended: boolean): boolean {
  if (!ended || !view.createdByUs || view.ref.entity !== 'booking') return false;
  if (view.ours === null || view.ours.ended || frozenGroups(view).has('status')) return false;
  return view.mirror === null || !isEnded(view.mirror.baseTheirs);
}

/**
 * R18a: before a cancel or a 404 of a visit that we created is taken in. A live sibling, or one that we cancelled ourselves,
 * says that the wrong one of two may have ended: the time stays held, a person decides.
 */
export function siblingsForbidEnd(
  view: RecordView,
  known: Pick<MirrorState, 'baseTheirs'>,
  seen: SeenRecord | null,
  siblings: Finding | null,
): readonly ProtocolConflict[] {
  if (siblings === null || view.ours === null || view.ours.ended) return [];
  if (seen !== null && !isEnded(seen.theirs)) return [];
  if (isEnded(known.baseTheirs)) return [];
  // One that a person gave up was decided about.
  const undecided = (externalId: string) => view.discarded?.includes(externalId) !== true;
  const cancelledByUs = view.cancelledByUs.filter(undecided);
  const other =
    siblings.live.find(({ externalId }) => undecided(externalId))?.externalId ??
    siblings.ended.find(({ externalId }) => cancelledByUs.includes(externalId))?.externalId ??
    cancelledByUs[0];
  if (other === undefined) return [];
  return [conflict('double', ['status'], 'ended_beside_a_sibling', { otherExternalId: other })];
}

/** What is to be done with one live sibling of the linked object, both read just now (R16a). */
export type SiblingPlan =
  | { readonly kind: 'cancel'; readonly wish: NewIntent }
  | { readonly kind: 'conflict'; readonly conflict: ProtocolConflict }
  | { readonly kind: 'leave' };

/**
 * R16a: the linked one stays; another is cancelled only if it is as it was sent. One that somebody edited is for a person.
 */
export function planSibling(view: RecordView, sibling: SeenRecord): SiblingPlan {
  if (isEnded(sibling.theirs)) return { kind: 'leave' };
  const sent = createsOf(view).filter(
    ({ importUid }) => importUid !== null && importUid === sibling.theirs.importUid,
  );
  const unedited = sent.some(({ body, held }) =>
    Object.entries(body).every(
      ([group, value]) => sameSent(group, sibling, value) || asBooksySaysIt(view, group, held, sibling),
    ),
  );
  const step = stepFor(sibling.theirs.status, CANCELLED);
  // What a person gave up needs no second question.
  const given = view.discarded?.includes(sibling.externalId) === true;
  if ((!unedited && !given) || step === null) {
    const found = conflict('double', ['status'], 'sibling_edited', { otherExternalId: sibling.externalId });
    return isTold(view.openConflicts, found) ? { kind: 'leave' } : { kind: 'conflict', conflict: found };
  }
  if (view.gate === 'shut') return { kind: 'leave' };
  const wish: NewIntent = {
    operation: 'status',
    externalId: sibling.externalId,
    importUid: null,
    generation: view.generation,
    step,
    groups: ['status'],
    body: { status: CANCELLED },
    preImage: sibling.theirs,
    held: {},
    counters: {},
  };
  return { kind: 'cancel', wish };
}

/** Every create whose body is still known. */
export function createsOf(view: RecordView): readonly Intent[] {
  const living = view.intents.filter(({ operation }) => operation === 'create');
  return view.created === null || living.some(({ id }) => id === view.created?.id)
    ? living
    : [...living, view.created];
}

/** R6: the linked one, made from the same words, shows what Booksy makes of them. */
function asBooksySaysIt(view: RecordView, group: string, held: Intent['held'], sibling: SeenRecord): boolean {
  const { mirror } = view;
  if (mirror === null || !sameValue(mirror.baseOurs[group], held[group])) return false;
  return sibling.theirs[group] !== undefined && sameValue(mirror.baseTheirs[group], sibling.theirs[group]);
}

function sameSent(group: string, sibling: SeenRecord, value: SeenRecord['theirs'][string]): boolean {
  const read = sibling.theirs[group];
  // Items that came back under Booksy's own names are matched by what they hold.
  if (read === undefined && group.startsWith('item:')) {
    return Object.entries(sibling.theirs).some(
      ([name, other]) => name.startsWith('item:') && sameValue(other, value),
    );
  }
  return sameThere(group, read, value);
}
