import type { EffectName } from '../conflicts/choices.ts';
import type { UndoLeftReason } from './words.ts';

/**
 * Taking back a decision about a conflict (SPEC 4.3) that left no values behind which could be set back: what was left as it
 * is, allowed, chosen, let through, or not carried out yet. Pure and total. The others are taken back by their records.
 */

/** What taking it back does, in this order. */
export const DECISION_DEEDS = ['unmark', 'forget_choice', 'hold_back', 'open_again'] as const;
export type DecisionDeed = (typeof DECISION_DEEDS)[number];

export const DEED_TEXTS: Readonly<Record<DecisionDeed, string>> = {
  unmark: 'The visit loses the mark that allowed it to overlap.',
  forget_choice: 'What was chosen is forgotten: nothing is cancelled at Booksy because of it.',
  hold_back: 'What was let through waits in quarantine again.',
  open_again: 'The conflict is open again, and waits for somebody to decide it.',
};

/** What is so now, of what a decision was about. */
export interface DecisionFacts {
  readonly effect: EffectName;
  /** It was taken back before. */
  readonly undone: boolean;
  /** The same conflict, or one about the same groups, is open. */
  readonly open: boolean;
  /** Nothing is left to decide (R10). */
  readonly begun: boolean;
  /** Whether what was in dispute is so still. */
  readonly cause: 'stands' | 'equal' | 'changed' | 'gone';
  /** Of `overbook`: the visit's mark. Null where the decision did not set one that is still there. */
  readonly mark: { readonly neededElsewhere: boolean } | null;
  /** Of `choose`: what became of the appointment that was given up. */
  readonly given: 'waits' | 'under_way' | 'ended' | null;
  /** Of `release`: whether any of it was let through. */
  readonly released: 'unused' | 'used' | null;
  /** Of `bases`: how many of the groups wait still to be carried out. */
  readonly pending: 'all' | 'some' | 'none';
}

export interface DecisionPlan {
  readonly deeds: readonly DecisionDeed[];
  readonly left: readonly UndoLeftReason[];
}

/**
 * What taking a decision back does, and what it cannot do. It is done whole or not at all: where something essential cannot be
 * taken back, no deed is named.
 *
 * @returns null where what it did is taken back by its records, as any change
 */
export function planDecisionUndo(facts: DecisionFacts): DecisionPlan | null {
  switch (facts.effect) {
    case 'cancel':
    case 'move':
    case 'restore':
    case 'take_back':
      return null;
    case 'bases':
      if (facts.undone) return left('already_undone');
      if (facts.pending === 'none') return null;
      return facts.pending === 'some' ? left('under_way') : standing(facts);
    case 'again':
      return left('asked_again');
    case 'accept':
      return standing(facts);
    case 'overbook':
      return ofOverbooking(facts);
    case 'choose':
      return ofChoice(facts);
    case 'release':
      if (!facts.undone && facts.released !== 'unused') return left('let_through');
      return standing(facts, 'hold_back');
  }
}

/** The conflict is looked at again, as long as there is one. */
function standing(facts: DecisionFacts, ...before: readonly DecisionDeed[]): DecisionPlan {
  const reason = reasonAgainst(facts);
  return reason === null ? { deeds: [...before, 'open_again'], left: [] } : left(reason);
}

function reasonAgainst({ undone, open, begun, cause }: DecisionFacts): UndoLeftReason | null {
  if (undone) return 'already_undone';
  if (open) return 'on_conflict';
  if (begun) return 'begun';
  switch (cause) {
    case 'stands':
      return null;
    case 'equal':
      return 'equal_by_now';
    case 'changed':
      return 'changed_later';
    case 'gone':
      return 'cause_gone';
  }
}

/** The mark goes even where nothing overlaps any more: it would allow the next overlap unseen. */
function ofOverbooking(facts: DecisionFacts): DecisionPlan {
  if (facts.undone) return left('already_undone');
  const { mark } = facts;
  const unmark: readonly DecisionDeed[] = mark !== null && !mark.neededElsewhere ? ['unmark'] : [];
  const kept: readonly UndoLeftReason[] = mark?.neededElsewhere === true ? ['mark_needed'] : [];
  const reason = reasonAgainst(facts);
  return reason === null
    ? { deeds: [...unmark, 'open_again'], left: kept }
    : { deeds: unmark, left: [...kept, reason] };
}

/** R16: what was cancelled at Booksy stays so, and then nothing of the choice is left to forget. */
function ofChoice(facts: DecisionFacts): DecisionPlan {
  if (facts.undone) return left('already_undone');
  switch (facts.given) {
    case 'ended':
      return left('ended_at_booksy');
    case 'under_way':
      return left('under_way');
    case 'waits':
    case null:
      return standing(facts, 'forget_choice');
  }
}

function left(...reasons: readonly UndoLeftReason[]): DecisionPlan {
  return { deeds: [], left: reasons };
}
