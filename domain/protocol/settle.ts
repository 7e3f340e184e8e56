import { conflict, endIntent, isTold, NOTHING } from './commit.ts';
import { judge, type Judgement } from './judge.ts';
import type { Commit, IntentChange, RecordPort } from './port.ts';
import { later, type ProtocolSettings } from './settings.ts';
import type { Answer, Intent, RecordView } from './types.ts';

/** How an answer was taken in. */
export type Settled =
  | { readonly kind: 'lost' }
  | { readonly kind: 'written'; readonly more: boolean; readonly conflicts: number }
  | { readonly kind: 'refused'; readonly conflicts: number }
  | { readonly kind: 'unsent'; readonly dueAt: string }
  | { readonly kind: 'unknown'; readonly dueAt: string };

/** What the process knows beside its settings. */
export interface SettleSettings extends ProtocolSettings {
  /** An earlier write of this process was answered that there is nothing to write to, and a read since did not say so. */
  readonly notFoundBefore: boolean;
}

/** Tries to record an answer before the outcome is left to the next process. */
const TRIES = 5;

/**
 * Records what became of a call. The record may have been edited meanwhile: the base takes what we held when it was sent,
 * so that the edit is seen as one (R6, R7a). Where the lease is lost nothing is written: the next holder finds it unknown.
 */
export async function settle(
  port: RecordPort,
  sent: Intent,
  answer: Answer,
  settings: SettleSettings,
): Promise<Settled> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const view = await port.load();
    const intent = view.intents.find(({ id }) => id === sent.id);
    if (intent?.state !== 'open') return { kind: 'lost' };
    const planned = planSettlement(view, intent, answer, settings);
    const { committed } = await port.commit(view, planned.commit);
    if (committed) return planned.settled;
  }
  return { kind: 'lost' };
}

function planSettlement(
  view: RecordView,
  intent: Intent,
  answer: Answer,
  settings: SettleSettings,
): { readonly commit: Commit; readonly settled: Settled } {
  const change = (entry: IntentChange, more: Partial<Commit> = {}): Commit => ({
    ...NOTHING,
    ...more,
    intents: [entry],
  });
  switch (answer.kind) {
    case 'acted':
      return acted(view, intent, answer, settings);
    case 'refused': {
      const conflicts = refusal(view, intent, answer, settings).filter(
        (found) => !isTold(view.openConflicts, found),
      );
      return {
        commit: change(endIntent(intent, 'rejected'), { conflicts }),
        settled: { kind: 'refused', conflicts: conflicts.length },
      };
    }
    case 'unsent': {
      const dueAt = later(view.now, settings.unsentWaitMs);
      return {
        commit: change({ id: intent.id, state: 'unsent', dueAt, rememberedUntil: null }, dueInstead(view)),
        settled: { kind: 'unsent', dueAt },
      };
    }
    case 'unanswered':
      return {
        commit: change(
          { id: intent.id, state: 'unknown', dueAt: view.now, rememberedUntil: null },
          dueInstead(view),
        ),
        settled: { kind: 'unknown', dueAt: view.now },
      };
  }
}

/** Of custom days the box keeps those that are still to be written: they wait for the write that is due (R28a). */
function dueInstead({ ref }: RecordView): Partial<Commit> {
  return { clearsBox: ref.entity === 'hours' };
}

function acted(
  view: RecordView,
  intent: Intent,
  answer: Extract<Answer, { kind: 'acted' }>,
  settings: ProtocolSettings,
): { readonly commit: Commit; readonly settled: Settled } {
  const written = (commit: Commit, more: boolean): { commit: Commit; settled: Settled } => ({
    commit,
    settled: { kind: 'written', more, conflicts: commit.conflicts.length },
  });
  const confirmed = endIntent(intent, 'confirmed');
  if (intent.operation === 'remove') {
    const interval = answer.seen?.interval ?? { sentAt: view.now, receivedAt: view.now };
    return written({ ...NOTHING, intents: [confirmed], gone: { as: 'mirror_only', interval } }, false);
  }
  // A sibling's end changes nothing of the record (R16a).
  if (intent.operation !== 'create' && intent.externalId !== view.externalId)
    return written({ ...NOTHING, intents: [confirmed] }, false);
  if (answer.seen === null) {
    // It acted, but does not say on what: the next read does.
    const unknown: IntentChange = { id: intent.id, state: 'unknown', dueAt: view.now, rememberedUntil: null };
    return written({ ...NOTHING, intents: [unknown] }, true);
  }
  const linked = intent.operation === 'create' ? madeView(view, intent, answer.seen) : view;
  const judged = judge({ view: linked, seen: answer.seen, siblings: null, answered: intent, settings });
  if (judged === null) return written({ ...NOTHING, intents: [confirmed] }, true);
  return written(settlement(judged, intent, answer.seen.externalId), judged.wish !== null);
}

/** The answer's judgement without a write of its own: that needs a read sent after this commit (R13a). */
function settlement(judged: Judgement, intent: Intent, externalId: string): Commit {
  const link = intent.operation === 'create' ? { externalId, generation: intent.generation } : null;
  return { ...judged.commit, link, clearsBox: false };
}

/**
 * The record as it is linked to what our create made: Booksy's answer on its side, what we held on ours. Where Booksy gave it
 * another status than was sent, that is Booksy's, and the step to ours is still to be taken.
 */
function madeView(
  view: RecordView,
  intent: Intent,
  seen: NonNullable<Extract<Answer, { kind: 'acted' }>['seen']>,
): RecordView {
  return {
    ...view,
    externalId: seen.externalId,
    createdByUs: true,
    gone: false,
    mirror: {
      recordId: view.ref.recordId,
      remote: {},
      baseTheirs: {},
      baseOurs: {},
      baseCounters: intent.counters,
      observedReceivedAt: '',
    },
  };
}

function refusal(
  view: RecordView,
  intent: Intent,
  answer: Extract<Answer, { kind: 'refused' }>,
  { notFoundBefore }: SettleSettings,
): readonly ReturnType<typeof conflict>[] {
  // It is not there any more: the next read says so, by id (R3). Where none does, it is said for ever: a person has to look.
  if (answer.code === 'not_found' && !notFoundBefore) return [];
  if (intent.operation !== 'create' && intent.externalId !== view.externalId)
    return [
      conflict('double', ['status'], `sibling_refused_${answer.code}`, {
        intentId: intent.id,
        otherExternalId: intent.externalId,
      }),
    ];
  return [conflict('refused_by_booksy', [...intent.groups], answer.code, { intentId: intent.id })];
}
