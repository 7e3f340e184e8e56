import { sameValue, type Json } from '../canonical.ts';
import type { GroupStates } from '../merge.ts';
import type { Interval } from '../observed.ts';
import type { MirrorState } from '../plan.ts';
import type { SeenRecord } from '../states/seen.ts';
import { isEnded } from '../states/visit.ts';
import { conflict, endIntent, rememberIntent } from './commit.ts';
import type { IntentChange } from './port.ts';
import { earliest, later, type ProtocolSettings } from './settings.ts';
import type { Intent, ProtocolConflict, RecordView } from './types.ts';
import { carried, endsVisit, hasActed, sameThere } from './words.ts';

export interface LateWrite {
  readonly intent: Intent;
  readonly groups: readonly string[];
  /** The read was sent after its memory ended: it is the last that is judged for it. */
  readonly last: boolean;
}

/** What a read tells of the record's writes that may still act, or have acted late (R14). */
export interface WritesSeen {
  readonly changes: readonly IntentChange[];
  /** Writes that this read proves to have acted: their groups' base is what was read, and what we held then. */
  readonly confirmed: readonly Intent[];
  /** Groups of writes whose outcome is still unknown. */
  readonly waiting: ReadonlySet<string>;
  /** Remembered writes whose values stand there over something newer, with these groups. */
  readonly late: readonly LateWrite[];
  readonly conflicts: readonly ProtocolConflict[];
  /** Nothing but a cancel may be sent (R14a). */
  readonly blocked: boolean;
  readonly dueAt: string | null;
}

type Known = Omit<MirrorState, 'recordId' | 'observedReceivedAt'>;

/** What one intent comes to; what is missing says nothing. */
type One = Partial<WritesSeen>;

/** Judges every living write of the linked object against a read of it. Writes to siblings are judged apart (R16a). */
export function judgeWrites(
  view: RecordView,
  known: Known,
  seen: SeenRecord,
  settings: ProtocolSettings,
): WritesSeen {
  const ours = view.intents.filter(
    ({ externalId, operation }) => externalId === view.externalId || operation === 'create',
  );
  const each = ours.map((intent) => judgeOne(view, known, seen, intent, settings));
  return {
    changes: each.flatMap(({ changes = [] }) => changes),
    confirmed: each.flatMap(({ confirmed = [] }) => confirmed),
    waiting: new Set(each.flatMap(({ waiting = new Set<string>() }) => [...waiting])),
    late: each.flatMap(({ late = [] }) => late),
    conflicts: each.flatMap(({ conflicts = [] }) => conflicts),
    blocked: each.some(({ blocked = false }) => blocked),
    dueAt: each.reduce<string | null>((due, { dueAt = null }) => earliest(due, dueAt), null),
  };
}

function judgeOne(
  view: RecordView,
  known: Known,
  seen: SeenRecord,
  intent: Intent,
  settings: ProtocolSettings,
): One {
  if (intent.state === 'unsent') return { changes: [endIntent(intent, 'unsent')] };
  if (intent.operation === 'create') return judgeCreate(intent, seen.interval, settings);
  const disputed = disputedCancel(view, known, seen, intent);
  if (disputed !== null) return disputed;
  if (intent.state === 'unknown') return judgeUnknown(view, known, seen, intent, settings);
  return intent.rememberedUntil === null ? {} : judgeRemembered(known, seen, intent, intent.rememberedUntil);
}

/**
 * An unanswered create of a record that is linked: what it made, or may still make, has the same import uid. Its memory ends with
 * a look at the siblings past its end (R14b, R16a).
 */
export function judgeCreate(intent: Intent, read: Interval, settings: ProtocolSettings): One {
  if (intent.state === 'unknown') {
    const until = later(read.receivedAt, settings.memoryMs);
    return { changes: [rememberIntent(intent, 'confirmed', until)], dueAt: until };
  }
  if (intent.rememberedUntil === null) return {};
  return read.sentAt >= intent.rememberedUntil
    ? { changes: [endIntent(intent, 'closed')] }
    : { dueAt: intent.rememberedUntil };
}

/** R14e: a cancel of ours that was never answered may have ended a visit that lives here again: a person decides. */
function disputedCancel(view: RecordView, known: Known, seen: SeenRecord, intent: Intent): One | null {
  const livesHere = view.ours !== null && !view.ours.ended;
  if (!endsVisit(intent) || !livesHere || !isEnded(seen.theirs) || isEnded(known.baseTheirs)) return null;
  return {
    changes: [endIntent(intent, 'late_acted')],
    conflicts: [
      conflict('changed_against_cancelled', ['status'], 'cancelled_perhaps_by_us_and_revived', {
        intentId: intent.id,
      }),
    ],
  };
}

function judgeUnknown(
  view: RecordView,
  known: Known,
  seen: SeenRecord,
  intent: Intent,
  settings: ProtocolSettings,
): One {
  const now = seen.interval.receivedAt;
  const remembered = later(now, settings.memoryMs);
  const meanwhile = newValues(known, seen, intent);
  const reverted = revertedBeside(known, seen, intent);
  if (intent.operation !== 'remove' && (reverted.length > 0 || hasActed(intent, seen.theirs))) {
    return {
      changes: [rememberIntent(intent, 'confirmed', remembered, meanwhile)],
      confirmed: [intent],
      late: reverted.length === 0 ? [] : [{ intent, groups: reverted, last: false }],
      conflicts: lostMeanwhile(intent, seen.theirs),
      dueAt: remembered,
    };
  }
  // The visit ended, here or there: no field of it matters any more, but the write may still come (R14, superseded).
  const ended = isEnded(seen.theirs) || view.ours === null || view.ours.ended;
  if (ended && !endsVisit(intent) && intent.operation !== 'remove') {
    return {
      changes: [rememberIntent(intent, 'superseded', remembered, meanwhile)],
      conflicts: lostMeanwhile(intent, seen.theirs),
      dueAt: remembered,
    };
  }
  const expiresAt = later(intent.openedAt, settings.unknownForMs);
  if (seen.interval.sentAt >= expiresAt) {
    return {
      changes: [rememberIntent(intent, 'expired', remembered, meanwhile)],
      conflicts: lostMeanwhile(intent, seen.theirs),
      dueAt: remembered,
    };
  }
  const dueAt = earliest(later(now, settings.lookEveryMs), expiresAt);
  return {
    changes: [{ id: intent.id, state: 'unknown', dueAt, rememberedUntil: null, ...meanwhile }],
    waiting: new Set(intent.groups),
    blocked: true,
    dueAt,
  };
}

function judgeRemembered(known: Known, seen: SeenRecord, intent: Intent, until: string): One {
  // R14b: the memory ends only after a read past its end was judged.
  const last = seen.interval.sentAt >= until;
  const groups = new Set(revertedBeside(known, seen, intent));
  if (!endsVisit(intent) && hasActed(intent, seen.theirs)) {
    const body = carried(intent);
    for (const group of Object.keys(body)) if (isNewsOfOurs(group, known, seen, body)) groups.add(group);
  }
  if (groups.size > 0) {
    const late = [{ intent, groups: [...groups], last }];
    return last ? { late } : { late, dueAt: until };
  }
  if (last) return { changes: [endIntent(intent, 'closed')] };
  return { dueAt: until };
}

/**
 * A PUT that acts late puts back what it carried in groups that it did not mean to change. That gives it away even where Booksy
 * made something else of the groups that it did mean: they moved, and others are again exactly as it carried them.
 */
function revertedBeside(known: Known, seen: SeenRecord, intent: Intent): readonly string[] {
  if (intent.operation !== 'change') return [];
  const moved = intent.groups.every((group) => !sameValue(seen.theirs[group], intent.preImage[group]));
  if (!moved) return [];
  const body = carried(intent);
  return Object.keys(body).filter(
    (group) => !intent.groups.includes(group) && isNewsOfOurs(group, known, seen, body),
  );
}

/** What was carried stands there although something else was agreed on, and shown by the read before. */
function isNewsOfOurs(group: string, known: Known, seen: SeenRecord, body: GroupStates): boolean {
  const read = seen.theirs[group];
  return (
    sameThere(group, read, body[group]) &&
    !sameValue(read, known.baseTheirs[group]) &&
    !sameValue(read, known.remote[group])
  );
}

/** R14c: what is read in the write's groups while nobody knows whether it acted. */
function newValues(
  known: Known,
  seen: SeenRecord,
  intent: Intent,
): { readonly meanwhile: GroupStates } | object {
  const values: Record<string, Json> = { ...intent.meanwhile };
  for (const group of intent.groups) {
    const read = seen.theirs[group];
    if (read === undefined || sameValue(read, known.baseTheirs[group])) continue;
    if (!sameThere(group, read, intent.body[group])) values[group] = read;
  }
  return Object.keys(values).length === 0 ? {} : { meanwhile: values };
}

/** R14c: what was read while the outcome was unknown, and is gone at its end. */
export function lostMeanwhile(intent: Intent, read: GroupStates): readonly ProtocolConflict[] {
  const lost = Object.entries(intent.meanwhile ?? {}).filter(
    ([group, value]) => !sameThere(group, read[group], value),
  );
  if (lost.length === 0) return [];
  const groups = lost.map(([group]) => group);
  const values = Object.fromEntries(lost);
  return [conflict('overwritten_at_booksy', groups, 'seen_while_unknown', { intentId: intent.id, values })];
}
