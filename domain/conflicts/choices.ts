import type { ConflictKind } from '../conflict-kinds.ts';
import type { SyncEntity } from '../entities.ts';
import type { Choice, Move, Resolution, Side } from './resolution.ts';

/** What may be chosen for each kind of conflict, and what it does. Pure and total: API, workflow and card read one table. */

/** What a choice does; how it is done is the business of activities/conflicts. */
export const EFFECTS = [
  /** The bases of the groups change so that one side looks changed: the ordinary process does the rest. */
  'bases',
  /** Both sides stay as they are until one changes again. */
  'accept',
  /** A visit is cancelled here; its cancel goes out as any other. */
  'cancel',
  /** A visit gets another time here. */
  'move',
  /** The overlap is allowed: explicit, audited overbooking. */
  'overbook',
  /** A value that was lost at Booksy is written back. */
  'restore',
  /** The write is tried, or looked for, again. */
  'again',
  /** Of two appointments one stays. */
  'choose',
  /** What waits in quarantine is let through. */
  'release',
  /** The record that was deleted here is made again from Booksy's. */
  'take_back',
] as const;
export type EffectName = (typeof EFFECTS)[number];

export interface Option {
  readonly choice: Choice;
  readonly effect: EffectName;
  /** What it does, for the person who chooses. */
  readonly text: string;
}

/** What the table needs to know of a conflict. */
export interface ConflictFacts {
  readonly kind: ConflictKind;
  readonly entity: SyncEntity | 'business';
  /** Groups that are in dispute. */
  readonly groups: readonly string[];
  /** The record is linked with one at Booksy. */
  readonly linked: boolean;
  /** Booksy answered that it is gone. */
  readonly goneThere: boolean;
  /** It was deleted here. */
  readonly goneHere: boolean;
  /** Of an overlap: what the other one is. */
  readonly other: 'visit' | 'block' | null;
  /** Of an overlap: whether one visit was made here and the other at Booksy, so that a side names one of them. */
  readonly sidesDiffer: boolean;
  /** A value that no row holds any more was kept. */
  readonly hasValues: boolean;
}

const option = (choice: Choice, effect: EffectName, text: string): Option => ({ choice, effect, text });

/** Everything that may be chosen, in the order in which it is shown. */
export function choicesFor(facts: ConflictFacts): readonly Option[] {
  switch (facts.kind) {
    case 'field':
      return bySide(facts);
    case 'changed_against_cancelled':
      return [
        option('keep-platform', 'bases', 'What stands here counts; Booksy is made to agree.'),
        option('keep-booksy', 'bases', 'What stands at Booksy counts; it is taken over here.'),
        option('ignore', 'accept', 'Leave both as they are until one of them changes again.'),
      ];
    case 'deleted_against_changed':
      return deleted(facts);
    case 'time_overlap':
      return overlap(facts);
    case 'capacity':
      return [
        option('move', 'move', 'Give one visit another time, or other staff.'),
        option('keep-both', 'overbook', 'Allow it: everybody comes.'),
        option(
          'keep-platform',
          'cancel',
          'Visits booked here stay; the newest booked at Booksy is cancelled.',
        ),
        option('keep-booksy', 'cancel', 'Visits booked at Booksy stay; the newest booked here is cancelled.'),
      ];
    case 'unmapped':
      return [option('ignore', 'accept', 'Leave the visit without what is not linked.')];
    case 'unsure_client':
      return [option('ignore', 'accept', 'Leave the visits of this card without a client of ours.')];
    case 'ambiguous_local_time':
      return [
        option('move', 'move', 'Set a time that exists once.'),
        option('ignore', 'accept', 'Keep the moment that was understood.'),
      ];
    case 'refused_by_booksy':
      return [
        ...(facts.entity === 'booking' ? [option('move', 'move', 'Set another time and send that.')] : []),
        option('keep-platform', 'again', 'Send it again: Booksy may take it now.'),
        ...refusedTakeTheirs(facts),
        option('ignore', 'accept', 'Leave both as they are until one of them changes again.'),
      ];
    case 'normalised_differently':
      return [
        option('keep-platform', 'accept', 'Our form stays here, theirs there: both count as the same.'),
        option('keep-booksy', 'bases', 'Booksy’s form is taken over here.'),
      ];
    case 'overwritten_at_booksy':
      return [
        option('keep-platform', 'accept', 'What we wrote stays.'),
        ...(facts.hasValues
          ? [option('keep-booksy', 'restore', 'What was entered at Booksy is restored on both sides.')]
          : []),
      ];
    case 'double':
      return [
        option(
          'keep-platform',
          'choose',
          'The appointment that is linked stays, the other one is cancelled.',
        ),
        option(
          'keep-booksy',
          'choose',
          'The other appointment stays and is linked, the linked one is cancelled.',
        ),
        option('ignore', 'accept', 'Leave both at Booksy.'),
      ];
    case 'outcome_unknown':
      return [
        option('keep-platform', 'again', 'Look at Booksy again, and send it again if it is not there.'),
        option('ignore', 'accept', 'Leave it: somebody has looked.'),
      ];
    case 'quarantine':
      return [
        option('keep-booksy', 'release', 'Take in what Booksy shows.'),
        option('ignore', 'accept', 'Leave what is here as it is.'),
      ];
  }
}

function bySide(facts: ConflictFacts): readonly Option[] {
  return [
    option('keep-platform', 'bases', 'What stands here goes to Booksy.'),
    option('keep-booksy', 'bases', 'What stands at Booksy is taken over here.'),
    ...(facts.groups.length > 1 ? [option('groups', 'bases', 'Choose a side for each of them.')] : []),
    option('ignore', 'accept', 'Leave both as they are until one of them changes again.'),
  ];
}

function deleted(facts: ConflictFacts): readonly Option[] {
  if (facts.goneHere)
    return [
      option('keep-platform', 'bases', 'It stays deleted here and is ended at Booksy.'),
      option('keep-booksy', 'take_back', 'It is made again here from what Booksy holds.'),
    ];
  return [
    option('keep-platform', 'bases', 'It stays here and is made again at Booksy.'),
    option('keep-booksy', 'cancel', 'It is ended here too.'),
  ];
}

function overlap(facts: ConflictFacts): readonly Option[] {
  const move = option('move', 'move', 'Give one visit another time, or other staff.');
  const both = option('keep-both', 'overbook', 'Allow it: both take place.');
  if (facts.other !== 'visit') return [move, both];
  return [
    move,
    ...(facts.sidesDiffer
      ? [
          option('keep-platform', 'cancel', 'The visit booked here stays, the one from Booksy is cancelled.'),
          option('keep-booksy', 'cancel', 'The visit from Booksy stays, the one booked here is cancelled.'),
        ]
      : [option('keep-booksy', 'cancel', 'The visit named by `keep` stays, the other one is cancelled.')]),
    both,
  ];
}

function refusedTakeTheirs(facts: ConflictFacts): readonly Option[] {
  if (facts.linked) return [option('keep-booksy', 'bases', 'What stands at Booksy is taken over here.')];
  if (facts.entity !== 'booking') return [];
  return [option('keep-booksy', 'cancel', 'Booksy has no such visit: it is cancelled here.')];
}

/** Why a resolution does not fit. Codes are stable. */
export type Misfit =
  'choice_not_offered' | 'groups_unknown' | 'groups_missing' | 'move_missing' | 'keep_missing';

/** What is to be done, with everything it takes. */
export type Effect =
  | { readonly name: 'bases'; readonly sides: { readonly [group: string]: Side } }
  | { readonly name: 'accept' | 'overbook' | 'restore' | 'again' | 'release' | 'take_back' }
  | { readonly name: 'cancel'; readonly side: Side; readonly keep: string | null }
  | { readonly name: 'choose'; readonly side: Side }
  | { readonly name: 'move'; readonly move: Move };

export type Fit =
  | { readonly effect: Effect }
  | { readonly misfit: Misfit; readonly offered: readonly Choice[]; readonly groups: readonly string[] };

/** What a resolution does to a conflict, or why it does not fit it. */
export function fit(facts: ConflictFacts, asked: Resolution): Fit {
  const options = choicesFor(facts);
  const misfit = (code: Misfit, groups: readonly string[] = []): Fit => ({
    misfit: code,
    offered: options.map(({ choice }) => choice),
    groups,
  });
  const found = options.find(({ choice }) => choice === asked.choice);
  if (found === undefined) return misfit('choice_not_offered');
  const side: Side = asked.choice === 'keep-booksy' ? 'booksy' : 'platform';
  switch (found.effect) {
    case 'bases': {
      if (asked.choice !== 'groups')
        return { effect: { name: 'bases', sides: allTo(side, disputed(facts)) } };
      const strangers = Object.keys(asked.groups).filter((group) => !facts.groups.includes(group));
      if (strangers.length > 0) return misfit('groups_unknown', facts.groups);
      const missing = facts.groups.filter((group) => asked.groups[group] === undefined);
      if (missing.length > 0) return misfit('groups_missing', missing);
      return { effect: { name: 'bases', sides: asked.groups } };
    }
    case 'cancel':
      if (facts.kind === 'time_overlap' && !facts.sidesDiffer && asked.keep === null)
        return misfit('keep_missing');
      return { effect: { name: 'cancel', side, keep: asked.keep } };
    case 'move':
      return asked.move === null ? misfit('move_missing') : { effect: { name: 'move', move: asked.move } };
    case 'choose':
      return { effect: { name: 'choose', side } };
    case 'accept':
    case 'overbook':
    case 'restore':
    case 'again':
    case 'release':
    case 'take_back':
      return { effect: { name: found.effect } };
  }
}

/** A dispute about an end is about the status too, whichever side ended it. */
function disputed({ kind, groups, entity }: ConflictFacts): readonly string[] {
  const aboutItsEnd = kind === 'changed_against_cancelled' || kind === 'deleted_against_changed';
  if (!aboutItsEnd || entity !== 'booking' || groups.includes('status')) return groups;
  return [...groups, 'status'];
}

function allTo(side: Side, groups: readonly string[]): { readonly [group: string]: Side } {
  return Object.fromEntries(groups.map((group) => [group, side]));
}

/** Kinds that a mapping decision settles. */
export function needsMapping(kind: ConflictKind): boolean {
  return kind === 'unmapped' || kind === 'unsure_client';
}
