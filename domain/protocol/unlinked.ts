import { firstContact } from '../first-contact.ts';
import type { MirrorState } from '../plan.ts';
import type { SeenRecord } from '../states/seen.ts';
import { conflict, endIntent, isTold, liftedKinds, NOTHING, rememberIntent, repeated } from './commit.ts';
import { createOf } from './create.ts';
import { judge, type Judgement } from './judge.ts';
import type { Commit, IntentChange } from './port.ts';
import { earliest, later, type ProtocolSettings } from './settings.ts';
import { createsOf } from './siblings.ts';
import type { Finding, Intent, RecordView } from './types.ts';
import { byAge, equivalentFor } from './words.ts';

/** Creates of this generation whose answer never came: they, or what they made, may still turn up. */
export function openCreates(view: RecordView): readonly Intent[] {
  return view.intents.filter(
    ({ operation, state, rememberedUntil }) =>
      operation === 'create' && (state === 'unknown' || (rememberedUntil !== null && state !== 'unsent')),
  );
}

/** Whether an object of ours may be at Booksy although nothing is linked (R15, R15b). */
export function mustLookFor(view: RecordView): boolean {
  return (
    view.sighting || openCreates(view).length > 0 || view.evidence.some(({ importUid }) => importUid !== null)
  );
}

/** R16a: of several the lowest id is linked, a live one before one that has ended. */
export function chooseOne(
  finding: Finding,
  alsoNamed: readonly string[],
  discarded: readonly string[] = [],
): string | null {
  const kept = withoutDiscarded(finding, discarded);
  const live = kept.live.map(({ externalId }) => externalId);
  const ended = kept.ended.map(({ externalId }) => externalId);
  const named = alsoNamed.filter((id) => !ended.includes(id));
  const [chosen] = [...new Set([...live, ...named])].sort(byAge);
  return chosen ?? ended.sort(byAge)[0] ?? null;
}

/** One that a person gave up is linked only where nothing else is left. */
function withoutDiscarded(finding: Finding, discarded: readonly string[]): Finding {
  const live = finding.live.filter(({ externalId }) => !discarded.includes(externalId));
  return live.length === 0 ? finding : { ...finding, live };
}

/**
 * R15b: an object that carries our import uid and has no link is ours: the base is what was sent, then it is merged as any
 * other. So a visit that was cancelled here meanwhile is cancelled there.
 */
export function adopt(
  view: RecordView,
  seen: SeenRecord,
  siblings: Finding,
  settings: ProtocolSettings,
): Judgement | null {
  const sent = sentBody(view, seen);
  const ours = view.ours ?? { groups: {}, counters: {}, ended: false };
  const base: Omit<MirrorState, 'recordId'> =
    sent === null
      ? firstContact(seen, ours, equivalentFor(view.ref.entity)).mirror
      : {
          remote: {},
          baseTheirs: sent.body,
          baseOurs: sent.held,
          baseCounters: sent.counters,
          observedReceivedAt: '',
        };
  const linked: RecordView = {
    ...view,
    externalId: seen.externalId,
    mirror: { ...base, recordId: view.ref.recordId },
    createdByUs: true,
    gone: false,
  };
  const others: Finding = {
    ...siblings,
    live: siblings.live.filter(({ externalId }) => externalId !== seen.externalId),
    ended: siblings.ended.filter(({ externalId }) => externalId !== seen.externalId),
  };
  const judged = judge({ view: linked, seen, siblings: others, answered: null, settings });
  if (judged === null) return null;
  const until = later(view.now, settings.memoryMs);
  const generation = generationOf(seen) ?? view.generation;
  return {
    ...judged,
    commit: {
      ...judged.commit,
      link: { externalId: seen.externalId, generation },
      intents: [
        ...judged.commit.intents.filter(({ id }) => !openCreates(view).some((intent) => intent.id === id)),
        ...openCreates(view).map((intent) =>
          rememberIntent(intent, 'confirmed', intent.rememberedUntil ?? until),
        ),
      ],
      // Its siblings are looked at next, with the link in place.
      clearsBox: others.live.length === 0 && judged.wish === null,
      lifted: liftedKinds(view, judged.commit.conflicts),
    },
  };
}

function generationOf(seen: SeenRecord): number | null {
  const uid = seen.theirs.importUid;
  const number = typeof uid === 'string' ? Number(uid.slice(uid.lastIndexOf(':') + 1)) : Number.NaN;
  return Number.isInteger(number) && number > 0 ? number : null;
}

function sentBody(view: RecordView, seen: SeenRecord): Intent | null {
  const creates = createsOf(view);
  return creates.find(({ importUid }) => importUid === seen.theirs.importUid) ?? creates.at(-1) ?? null;
}

/** What to do with a record that is linked to nothing, and of which nothing was found (R15a, R18). */
export function planUnlinked(
  view: RecordView,
  finding: Finding | null,
  settings: ProtocolSettings,
): Judgement {
  const unknown = view.intents.find(({ operation, state }) => operation === 'create' && state === 'unknown');
  const ended = closedMemories(view, finding);
  if (unknown === undefined) return planFresh(view, ended);
  return finding?.conclusive === false
    ? unidentified(view, unknown, ended, settings)
    : lookAgainOrRepeat(view, unknown, ended, settings);
}

interface Ended {
  readonly changes: readonly IntentChange[];
  readonly dueAt: string | null;
  readonly remembered: Intent | null;
}

/** R14b: the memory of a create ends after a look-up past its end. */
function closedMemories(view: RecordView, finding: Finding | null): Ended {
  const changes: IntentChange[] = [];
  let dueAt: string | null = null;
  let remembered: Intent | null = null;
  for (const intent of view.intents) {
    if (intent.state === 'unsent') changes.push(endIntent(intent, 'unsent'));
    else if (intent.rememberedUntil === null) continue;
    else if (intent.operation === 'create' && finding !== null && intent.rememberedUntil <= view.now)
      changes.push(endIntent(intent, 'closed'));
    else if (intent.operation !== 'create' && intent.rememberedUntil <= view.now)
      changes.push(endIntent(intent, 'closed'));
    else {
      dueAt = earliest(dueAt, intent.rememberedUntil);
      if (intent.operation === 'create' && intent.generation === view.generation) remembered = intent;
    }
  }
  return { changes, dueAt, remembered };
}

function planFresh(view: RecordView, ended: Ended): Judgement {
  const made = createOf(view, view.generation);
  // While an earlier create may still act, only the same body goes again, so that its base holds for either (R15a).
  const wish = made.wish !== null && ended.remembered !== null ? repeated(ended.remembered) : made.wish;
  return {
    commit: {
      ...NOTHING,
      intents: ended.changes,
      conflicts: made.conflicts.filter((found) => !isTold(view.openConflicts, found)),
      judged: view.evidence.map(({ id }) => id),
      lifted: liftedKinds(view, made.conflicts),
      clearsBox: true,
      notes: made.notes,
    },
    wish,
    generation: null,
    outcome: made.held ? 'held' : 'in_step',
    dueAt: ended.dueAt,
  };
}

function waiting(
  view: RecordView,
  changes: readonly IntentChange[],
  dueAt: string | null,
  more: Partial<Commit> = {},
): Judgement {
  return {
    commit: {
      ...NOTHING,
      clearsBox: true,
      judged: view.evidence.map(({ id }) => id),
      ...more,
      intents: changes,
    },
    wish: null,
    generation: null,
    outcome: 'waiting',
    dueAt,
  };
}

/** R15: nothing identifies what it may have made: it is shown, and never repeated blindly. */
function unidentified(
  view: RecordView,
  unknown: Intent,
  ended: Ended,
  settings: ProtocolSettings,
): Judgement {
  const expiresAt = later(unknown.openedAt, settings.unknownForMs);
  const found = conflict('outcome_unknown', [...unknown.groups], 'create_not_identifiable', {
    intentId: unknown.id,
  });
  const conflicts = isTold(view.openConflicts, found) ? [] : [found];
  const until = later(view.now, settings.memoryMs);
  const change: IntentChange =
    view.now >= expiresAt
      ? rememberIntent(unknown, 'expired', until)
      : { id: unknown.id, state: 'unknown', dueAt: expiresAt, rememberedUntil: null };
  return waiting(view, [...ended.changes, change], change.dueAt, { conflicts });
}

/** R15a: look up, wait, look up again, and only then send the same body again. */
function lookAgainOrRepeat(
  view: RecordView,
  unknown: Intent,
  ended: Ended,
  settings: ProtocolSettings,
): Judgement {
  const { now } = view;
  const expiresAt = later(unknown.openedAt, settings.unknownForMs);
  const remembered = later(now, settings.memoryMs);
  const wanted = createOf(view, view.generation);
  if (wanted.wish !== null) {
    const looked = unknown.lookUps.some((at) => later(at, settings.createWaitMs) <= now);
    if (looked) {
      const given = rememberIntent(unknown, 'expired', remembered, { lookedUpAt: now });
      const repeat = waiting(view, [...ended.changes, given], remembered);
      return { ...repeat, wish: repeated(unknown), outcome: 'in_step' };
    }
    const [first = now] = unknown.lookUps;
    const dueAt = later(first, settings.createWaitMs);
    return waiting(view, [...ended.changes, look(unknown, now, dueAt)], dueAt);
  }
  // It is no longer wanted, or may not be sent now: whether it acted is still to be seen (R15b).
  if (now >= expiresAt) {
    const state = view.ours === null || view.ours.ended ? 'superseded' : 'expired';
    const given = rememberIntent(unknown, state, remembered, { lookedUpAt: now });
    return waiting(view, [...ended.changes, given], remembered);
  }
  return waiting(view, [...ended.changes, look(unknown, now, expiresAt)], expiresAt);
}

function look(intent: Intent, now: string, dueAt: string): IntentChange {
  return { id: intent.id, state: 'unknown', dueAt, rememberedUntil: null, lookedUpAt: now };
}
