import type { Json } from '../canonical.ts';
import { firstContact } from '../first-contact.ts';
import { groupsWith } from '../merge.ts';
import { editedGroups, planRecord, type MirrorState, type OursState, type RecordPlan } from '../plan.ts';
import type { SeenRecord } from '../states/seen.ts';
import { partText } from '../states/there.ts';
import { stepFor } from '../states/visit-there.ts';
import { endIntent, frozenGroups, isTold, liftedKinds, mergeConflict, NOTHING } from './commit.ts';
import { judgeDeleted } from './deleted.ts';
import { equalisedGroups } from './equalised.ts';
import { judgeEvidence } from './evidence.ts';
import { settleBy } from './policy.ts';
import type { Commit, IntentChange, NewIntent, ProcessOutcome } from './port.ts';
import type { ProtocolSettings } from './settings.ts';
import { siblingsForbidEnd } from './siblings.ts';
import { readAfter, turnsAfter } from './turns.ts';
import type { Finding, Intent, ProtocolConflict, RecordMemory, RecordView } from './types.ts';
import { wishFor } from './wish.ts';
import { waitsAfter } from './waits.ts';
import { equivalentFor, sameThere } from './words.ts';
import { judgeWrites, type WritesSeen } from './writes.ts';

export interface JudgeInput {
  /** A linked record. */
  readonly view: RecordView;
  readonly seen: SeenRecord;
  /** Siblings that were looked for before this judgement; null where nobody looked. */
  readonly siblings: Finding | null;
  /** A write that Booksy answered with `seen`, or that this read follows: it acted, whatever it shows (R6). */
  readonly answered: Intent | null;
  readonly settings: ProtocolSettings;
}

/** What a read, or an answer, comes to. */
export interface Judgement {
  readonly commit: Commit;
  /** The write that is to follow; the caller commits it with a read by id, or leaves it to the next round. */
  readonly wish: NewIntent | null;
  /** The visit's next generation, where the wish is its revival (R16). */
  readonly generation: number | null;
  readonly outcome: ProcessOutcome;
  readonly dueAt: string | null;
}

type Merged = Extract<RecordPlan, { kind: 'merge' }>;
type Known = Omit<MirrorState, 'recordId'>;

/** Judges one observation of a linked object (R1, R6–R11, R14): pure and total. Null where the read is too old (R1). */
export function judge(input: JudgeInput): Judgement | null {
  const { view, seen, settings } = input;
  const mirror = view.mirror ?? unknownMirror(view, seen);
  if (input.answered === null && seen.interval.sentAt <= mirror.observedReceivedAt) return null;

  // What we were answered is known before older writes are judged: their values in it are no late news (R14b).
  const answered = withConfirmed(mirror, input.answered === null ? [] : [input.answered], seen);
  const writes = withAnswer(judgeWrites(view, answered, seen, settings), input.answered);
  const known = withConfirmed(mirror, writes.confirmed, seen);
  const { ours } = view;
  if (ours === null) return judgeDeleted(input, known, writes);

  const evidence = judgeEvidence(view, known, seen, input.answered);
  const sibling = siblingsForbidEnd(view, known, seen, input.siblings);
  const told = frozenGroups(view);
  const equalised = equalisedGroups(view, ours, seen, told);
  const disputed = [...writes.conflicts, ...evidence.conflicts, ...sibling];
  const frozen = new Set([...told, ...disputed.flatMap(({ groups }) => groups)]);
  for (const group of equalised) frozen.delete(group);

  const late = new Set(writes.late.flatMap(({ groups }) => groups));
  const planWith = (alsoFrozen: readonly string[]): Merged => {
    const plan = planRecord({
      seen,
      mirror: { ...known, recordId: view.ref.recordId, observedReceivedAt: '' },
      ours,
      frozen: new Set([...frozen, ...alsoFrozen]),
      directionOf: view.directionOf,
      equivalent: equivalentHere(view, seen),
      waiting: writes.waiting,
      late,
      settle: settleBy(view, mirror, seen, settings),
    });
    if (plan.kind === 'stale') throw new Error('A read of now cannot be older than nothing.');
    return plan;
  };
  const edited = editedGroups(ours, known);
  const first = planWith([]);
  const turned = turnsAfter(view.memory.turns, first.decisions, edited, view.now, settings);
  const plan = turned.pingPong.length === 0 ? first : planWith(turned.pingPong);

  const wished = wishFor({ view, seen, plan, blocked: writes.blocked });
  const conflicts = [
    ...disputed,
    ...(plan.conflict === null ? [] : [mergeConflict(plan.conflict)]),
    ...turned.pingPong.map(pingPong),
    ...wished.conflicts,
  ];
  return {
    commit: {
      ...NOTHING,
      apply: plan.apply.length === 0 ? null : { seen, groups: plan.apply },
      mirror: {
        seen,
        remote: plan.remote,
        baseTheirs: plan.baseTheirs,
        baseOurs: plan.baseOurs,
        ...countersAfter(plan, known, mirror, writes.confirmed),
      },
      intents: [...writes.changes, ...lateOnes(writes, plan)],
      conflicts: conflicts.filter((found) => !isTold(view.openConflicts, found)),
      equalised,
      judged: evidence.judged,
      // Of several writes that are due only one is planned: the box keeps the others, whatever becomes of this process.
      clearsBox: !wished.more,
      lifted: liftedKinds(view, conflicts),
      memory: memoryAfter(view, mirror, seen, {
        turns: turned.turns,
        waits: waitsAfter(view, seen, plan, wished.wish !== null),
      }),
      notes: [...restoredNote(plan), ...wished.notes],
    },
    wish: wished.wish,
    generation: wished.generation,
    outcome: writes.blocked ? 'waiting' : wished.held ? 'held' : 'in_step',
    dueAt: writes.dueAt,
  };
}

/** An object that is linked but was never read here (R44): nothing can be said to have changed. */
function unknownMirror(view: RecordView, seen: SeenRecord): Known {
  const ours: OursState = view.ours ?? { groups: {}, counters: {}, ended: false };
  return firstContact(seen, ours, equivalentFor(view.ref.entity)).mirror;
}

/** R6: both sides hold the same if the platform's words do, or if what we would say there is what stands there. */
function equivalentHere(view: RecordView, seen: SeenRecord): ReturnType<typeof equivalentFor> {
  const plain = equivalentFor(view.ref.entity);
  const sayable = (group: string) => group in view.oursThere && !view.unmapped.includes(group);
  return (group, theirsHere, ours) =>
    plain(group, theirsHere, ours) ||
    (sayable(group) && group in seen.theirs && plain(group, seen.theirs[group], view.oursThere[group]));
}

function withAnswer(writes: WritesSeen, answered: Intent | null): WritesSeen {
  if (answered === null || writes.confirmed.some(({ id }) => id === answered.id)) return writes;
  const own = new Set(answered.groups);
  return {
    ...writes,
    changes: [...writes.changes.filter(({ id }) => id !== answered.id), endIntent(answered, 'confirmed')],
    confirmed: [...writes.confirmed, answered],
    waiting: new Set([...writes.waiting].filter((group) => !own.has(group))),
  };
}

/** The base of a write that acted: what Booksy shows after it, and what we held when it was sent (R6). */
export function withConfirmed(mirror: Known, confirmed: readonly Intent[], seen: SeenRecord): Known {
  if (confirmed.length === 0) return mirror;
  const baseTheirs = { ...mirror.baseTheirs };
  const baseOurs = { ...mirror.baseOurs };
  const baseCounters = { ...mirror.baseCounters };
  const put = <T>(target: Record<string, T>, group: string, value: T | undefined) => {
    if (value === undefined) Reflect.deleteProperty(target, group);
    else target[group] = value;
  };
  for (const intent of confirmed) {
    for (const group of intent.groups) {
      const [theirs, ours] = agreedOn(intent, group, seen);
      put(baseTheirs, group, theirs);
      put(baseOurs, group, ours);
      put(baseCounters, group, intent.counters[group]);
    }
  }
  return { ...mirror, baseTheirs, baseOurs, baseCounters };
}

/**
 * What both sides agreed on by a write: Booksy's answer, whatever it made of ours (R6). Only the status of a new visit is
 * Booksy's to give: where a step leads from it to ours, that step is still to be taken; else it is news from there.
 */
function agreedOn(
  intent: Intent,
  group: string,
  seen: SeenRecord,
): readonly [theirs: Json | undefined, ours: Json | undefined] {
  const read = seen.theirs[group];
  const sent = intent.body[group];
  if (intent.operation !== 'create' || group !== 'status' || sameThere(group, read, sent))
    return [read, intent.held[group]];
  // What a salon makes at Booksy is accepted there. Of a visit that nobody has accepted here it only takes the time (R20).
  if (isOpenHere(sent) && partText(read, 'status') === 'confirmed') return [read, intent.held[group]];
  return stepFor(read, sent) === null ? [sent, intent.held[group]] : [read, seen.here[group]];
}

function isOpenHere(status: Json | undefined): boolean {
  return ['pending', 'proposed'].includes(partText(status, 'status') ?? '');
}

/** R7a: counters of groups whose base moved. Those of a confirmed write are the ones of when it was sent. */
function countersAfter(
  plan: Merged,
  known: Known,
  mirror: Known,
  confirmed: readonly Intent[],
): Pick<NonNullable<Commit['mirror']>, 'settled' | 'counters'> {
  const settled = [...groupsWith(plan.decisions, 'equal'), ...groupsWith(plan.decisions, 'apply')];
  const now = new Set(settled);
  const counters: Record<string, number> = {};
  for (const group of confirmed.flatMap(({ groups }) => groups)) {
    if (now.has(group)) continue;
    settled.push(group);
    counters[group] = known.baseCounters[group] ?? mirror.baseCounters[group] ?? 0;
  }
  return { settled: [...new Set(settled)].sort(), counters };
}

/** Remembered writes that acted late: over once they were seen, unless their groups are still disputed (R14b). */
function lateOnes(writes: WritesSeen, plan: Merged): readonly IntentChange[] {
  const restored = new Set(groupsWith(plan.decisions, 'restore'));
  const disputed = new Set([
    ...groupsWith(plan.decisions, 'frozen'),
    ...groupsWith(plan.decisions, 'conflict'),
  ]);
  return writes.late.flatMap(({ intent, groups, last }) => {
    if (writes.changes.some(({ id }) => id === intent.id)) return [];
    if (groups.some((group) => restored.has(group))) return [endIntent(intent, 'late_acted')];
    if (groups.some((group) => disputed.has(group))) return last ? [endIntent(intent, 'closed')] : [];
    return [endIntent(intent, 'confirmed')];
  });
}

function restoredNote(plan: Merged): Commit['notes'] {
  const groups = groupsWith(plan.decisions, 'restore');
  return groups.length === 0 ? [] : [{ code: 'late_write_restored', groups }];
}

function pingPong(group: string): ProtocolConflict {
  return {
    kind: 'normalised_differently',
    groups: [group],
    reason: 'turned_over_without_a_person',
    intentId: null,
    values: null,
    otherExternalId: null,
  };
}

function memoryAfter(
  { memory }: RecordView,
  mirror: Known,
  seen: SeenRecord,
  {
    turns,
    waits,
  }: { readonly turns: NonNullable<RecordMemory['turns']>; readonly waits: RecordMemory['waits'] },
): RecordView['memory'] | null {
  const read = readAfter(memory.read, mirror.remote, seen.theirs);
  const same = <T extends object>(before: T | undefined, after: T | undefined) =>
    after === before || (before === undefined && Object.keys(after ?? {}).length === 0);
  if (same(memory.turns, turns) && same(memory.read, read) && same(memory.waits, waits)) return null;
  return { turns, read, ...(waits === undefined ? {} : { waits }) };
}
