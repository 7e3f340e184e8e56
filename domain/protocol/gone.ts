import { sameValue } from '../canonical.ts';
import { changedHere, editedGroups, planGoneVisit, type MirrorState } from '../plan.ts';
import { isEnded } from '../states/visit.ts';
import { conflict, endIntent, frozenGroups, isTold, NOTHING, rememberIntent } from './commit.ts';
import type { Judgement } from './judge.ts';
import type { GoneHere, IntentChange } from './port.ts';
import { earliest, later, type ProtocolSettings } from './settings.ts';
import { siblingsForbidEnd } from './siblings.ts';
import type { Finding, ProtocolConflict, Reading, RecordView } from './types.ts';
import { judgeCreate, lostMeanwhile } from './writes.ts';
import { revive } from './wish.ts';

type Gone = Extract<Reading, { kind: 'gone' }>;

/** Judges a 404 by id of the linked object (R3, R14e, R18, R18a). Null where the read is too old (R1). */
export function judgeGone(
  view: RecordView,
  reading: Gone,
  siblings: Finding | null,
  settings: ProtocolSettings,
): Judgement | null {
  const { mirror } = view;
  if (mirror !== null && reading.sentAt <= mirror.observedReceivedAt) return null;
  const writes = writesToGone(view, reading, settings);
  const base = (more: Partial<Judgement['commit']>): Judgement => {
    const conflicts = [...writes.conflicts, ...(more.conflicts ?? [])];
    return {
      commit: {
        ...NOTHING,
        ...more,
        intents: writes.changes,
        conflicts: conflicts.filter((found) => !isTold(view.openConflicts, found)),
        judged: view.evidence.map(({ id }) => id),
        clearsBox: true,
      },
      wish: null,
      generation: null,
      outcome: 'in_step',
      dueAt: writes.dueAt,
    };
  };
  const interval = { sentAt: reading.sentAt, receivedAt: reading.receivedAt };
  const ends = (as: GoneHere['as']) => base({ gone: view.gone ? null : { as, interval } });

  const { ours } = view;
  if (mirror === null || ours === null || ours.ended) return ends('mirror_only');
  if (frozenGroups(view).has('status')) return base({});
  const disputed = siblingsForbidEnd(view, mirror, null, siblings);
  if (disputed.length > 0) return base({ conflicts: disputed });
  if (view.ref.entity === 'profile') return ends('keep_marked');
  if (view.ref.entity !== 'booking') {
    return changedHere(ours, mirror) ? deletedAgainstChanged(base, view, interval) : ends('cancel');
  }
  if (livesAgain(view, mirror)) {
    const made = revive(view);
    const judged = base({ conflicts: made.conflicts, notes: made.notes });
    const outcome = made.held ? 'held' : judged.outcome;
    return { ...judged, wish: made.wish, generation: made.generation, outcome };
  }
  // It was judged before: what was decided then stands, unless a person took the end back as news (R10).
  if (view.gone && mirror.baseTheirs.status !== undefined) return base({});
  switch (planGoneVisit(mirror, ours, view.startsAt ?? '', view.now)) {
    case 'cancel':
      return base({ gone: { as: 'cancel', interval } });
    case 'keep_marked':
      return ends('keep_marked');
    case 'conflict':
      return deletedAgainstChanged(base, view, interval);
  }
}

function deletedAgainstChanged(
  base: (more: Partial<Judgement['commit']>) => Judgement,
  view: RecordView,
  interval: GoneHere['interval'],
): Judgement {
  const groups = view.ref.entity === 'booking' ? ['status'] : Object.keys(view.oursThere).sort();
  return base({
    gone: view.gone ? null : { as: 'mirror_only', interval },
    conflicts: [conflict('deleted_against_changed', groups, 'gone_there_changed_here')],
  });
}

/** R16: the end there was taken in already (the base is ended), and the visit lives here since. */
function livesAgain(view: RecordView, mirror: MirrorState): boolean {
  const { ours } = view;
  if (ours === null) return false;
  const statusChanged =
    editedGroups(ours, mirror).has('status') || !sameValue(ours.groups.status, mirror.baseOurs.status);
  if (!statusChanged) return false;
  return isEnded(mirror.baseTheirs) || (view.gone && isEnded(mirror.baseOurs));
}

/** Writes to an object that is gone can no longer act there; only a removal of ours is what we wanted (R14e). */
function writesToGone(
  view: RecordView,
  reading: Gone,
  settings: ProtocolSettings,
): {
  readonly changes: readonly IntentChange[];
  readonly conflicts: readonly ProtocolConflict[];
  readonly dueAt: string | null;
} {
  const changes: IntentChange[] = [];
  const conflicts: ProtocolConflict[] = [];
  let dueAt: string | null = null;
  for (const intent of view.intents) {
    if (intent.operation === 'create' && intent.state !== 'unsent') {
      const one = judgeCreate(intent, reading, settings);
      changes.push(...(one.changes ?? []));
      dueAt = earliest(dueAt, one.dueAt ?? null);
    } else if (intent.externalId !== view.externalId) continue;
    else if (intent.state === 'unsent') changes.push(endIntent(intent, 'unsent'));
    else if (intent.state === 'unknown' && intent.operation === 'remove')
      changes.push(endIntent(intent, 'confirmed'));
    else if (intent.state === 'unknown') {
      const until = later(reading.receivedAt, settings.memoryMs);
      changes.push(rememberIntent(intent, 'expired', until));
      conflicts.push(...lostMeanwhile(intent, {}));
      dueAt = earliest(dueAt, until);
    } else if (intent.rememberedUntil !== null && reading.sentAt >= intent.rememberedUntil)
      changes.push(endIntent(intent, 'closed'));
    else dueAt = earliest(dueAt, intent.rememberedUntil);
  }
  return { changes, conflicts, dueAt };
}
