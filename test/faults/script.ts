import { createRandom, type Random } from '../../simulator/random.ts';

/** What a run does, fixed by its seed: which edits, on which side, when; which faults it is given. */

export const SCENARIOS = [
  'both_edit_in_one_second',
  'slot_booked_on_both_sides',
  'deleted_here_edited_there',
  'edited_here_deleted_there',
  'cancelled_and_revived',
  'there_and_back',
] as const;
export type Scenario = (typeof SCENARIOS)[number];

export type Deed =
  'create' | 'move' | 'note' | 'cancel' | 'delete' | 'revive' | 'block' | 'off' | 'email' | 'hours';

export interface Step {
  /** Milliseconds after the start of the run. */
  readonly at: number;
  readonly side: 'platform' | 'booksy';
  readonly deed: Deed;
  /** A visit, a block, a client or a day of hours by its key. */
  readonly subject: string;
  /** Uses the slot that this subject was given, and books over what is there. */
  readonly slotOf?: string;
  readonly scenario?: Scenario;
}

export interface Script {
  readonly seed: string;
  readonly steps: readonly Step[];
  readonly faults: readonly string[];
  readonly scenarios: readonly Scenario[];
}

/** How long a run is disturbed. */
export const CHAOS_MS = 5_000;

export function scriptOf(
  seed: string,
  random: Random,
  faults: readonly string[],
  scenarios: readonly Scenario[],
): Script {
  const steps: Step[] = [];
  const add = (step: Step): void => {
    steps.push(step);
  };
  const made = ['p1', 'p2', 'p3', 'b1', 'b2'];
  for (const [index, key] of made.entries()) {
    const side = key.startsWith('p') ? 'platform' : 'booksy';
    add({ at: index < 2 ? random.below(300) : random.below(2_500), side, deed: 'create', subject: key });
  }
  for (let n = 0; n < 10; n += 1) {
    const deed = random.weighted([
      ['note', 4],
      ['move', 4],
      ['cancel', 1],
      ['delete', 1],
    ] as const);
    // What was imported before the run is linked from the start: most of the contact is there.
    const subject = random.pick(['s1', 's2', 's3', 'p1', 'p2', 'b1', 'b2']);
    const gentle = deed === 'cancel' || deed === 'delete' ? random.pick(['p3', 's4', 'b2']) : subject;
    add({
      at: 400 + random.below(CHAOS_MS - 600),
      side: random.pick(['platform', 'booksy']),
      deed,
      subject: gentle,
    });
  }
  othersSteps(random).forEach(add);
  hoursSteps(createRandom(`${seed}/hours`)).forEach(add);
  faults.flatMap((fault) => aimed(fault, random)).forEach(add);
  for (const scenario of scenarios) scenarioSteps(scenario, random).forEach(add);
  return { seed, steps: steps.sort((left, right) => left.at - right.at), faults, scenarios };
}

/** What is done to blocks and clients. */
function othersSteps(random: Random): readonly Step[] {
  const late = () => 1_500 + random.below(CHAOS_MS - 1_700);
  const side = () => random.pick(['platform', 'booksy'] as const);
  return [
    { at: random.below(1_200), side: 'platform', deed: 'block', subject: 'k1' },
    { at: random.below(1_200), side: 'booksy', deed: 'block', subject: 'k2' },
    { at: random.below(600), side: 'booksy', deed: 'off', subject: 'k3' },
    random.pick<Step>([
      { at: late(), side: 'platform', deed: 'move', subject: 'k1' },
      { at: late(), side: 'platform', deed: 'delete', subject: 'k1' },
      { at: late(), side: 'booksy', deed: 'delete', subject: 'k1' },
    ]),
    ...(random.chance(0.5) ? [{ at: late(), side: 'booksy', deed: 'delete', subject: 'k2' } as const] : []),
    ...(random.chance(0.5) ? [{ at: late(), side: side(), deed: 'delete', subject: 'k3' } as const] : []),
    { at: random.below(CHAOS_MS), side: 'platform', deed: 'email', subject: 'c1' },
    { at: random.below(CHAOS_MS), side: 'booksy', deed: 'email', subject: 'c2' },
    ...(random.chance(0.4)
      ? [
          {
            at: random.below(CHAOS_MS),
            side: side(),
            deed: 'email',
            subject: random.pick(['c1', 'c2']),
          } as const,
        ]
      : []),
  ];
}

/** Weekdays and dates are edited on either side, or on both; drawn beside all else, which is as it was without them. */
function hoursSteps(random: Random): readonly Step[] {
  return ['w1', 'w2', 'd1', 'd2'].flatMap((subject) =>
    Array.from({ length: 1 + random.below(2) }, () => ({
      at: 300 + random.below(CHAOS_MS - 500),
      side: random.pick(['platform', 'booksy'] as const),
      deed: 'hours' as const,
      subject,
    })),
  );
}

/** Faults that lie in wait for one kind of call: an edit of a visit of its own that surely causes it. */
function aimed(fault: string, random: Random): readonly Step[] {
  const at = 700 + random.below(2_000);
  if (/^(change_|request_|error_in)/.test(fault))
    return [{ at, side: 'platform', deed: 'note', subject: 'a1' }];
  if (/^(step_|cancel_)/.test(fault)) return [{ at, side: 'platform', deed: 'cancel', subject: 'a2' }];
  if (fault.startsWith('webhook_'))
    return [
      { at: 100 + random.below(400), side: 'booksy', deed: 'note', subject: 'a3' },
      { at: CHAOS_MS - random.below(400), side: 'booksy', deed: 'note', subject: 'a4' },
    ];
  return [];
}

function scenarioSteps(scenario: Scenario, random: Random): readonly Step[] {
  const at = 1_000 + random.below(CHAOS_MS - 2_500);
  const soon = at + random.below(900);
  const [first, second] = random.chance(0.5)
    ? (['platform', 'booksy'] as const)
    : (['booksy', 'platform'] as const);
  const deed = random.pick(['note', 'move'] as const);
  switch (scenario) {
    case 'both_edit_in_one_second':
      return [
        { at, side: first, deed, subject: 's5', scenario },
        { at: soon, side: second, deed, subject: 's5', scenario },
      ];
    case 'slot_booked_on_both_sides':
      return [
        { at, side: first, deed: 'create', subject: 'x1', scenario },
        { at: at + random.below(300), side: second, deed: 'create', subject: 'x2', slotOf: 'x1', scenario },
      ];
    case 'deleted_here_edited_there':
      return [
        { at, side: 'platform', deed: 'delete', subject: 's6', scenario },
        { at: soon, side: 'booksy', deed, subject: 's6', scenario },
      ];
    case 'edited_here_deleted_there':
      return [
        { at, side: 'platform', deed, subject: 's7', scenario },
        { at: soon, side: 'booksy', deed: 'delete', subject: 's7', scenario },
      ];
    case 'cancelled_and_revived':
      return [
        { at, side: 'platform', deed: 'cancel', subject: 's8', scenario },
        { at: at + random.below(2_000), side: 'platform', deed: 'revive', subject: 's8', scenario },
      ];
    case 'there_and_back':
      return [
        { at, side: 'platform', deed: 'note', subject: 's9', scenario },
        { at: at + random.below(700), side: 'booksy', deed: 'note', subject: 's9', scenario },
        { at: at + random.below(1_400), side: 'platform', deed: 'note', subject: 's9', scenario },
      ];
  }
}

/** Deals names in turns, so that over enough runs each comes as often as the others. */
export function createDeck<T>(names: readonly T[], random: Random): { deal(count: number): readonly T[] } {
  let deck: T[] = [];
  return {
    deal(count) {
      const hand: T[] = [];
      while (hand.length < Math.min(count, names.length)) {
        if (deck.length === 0) deck = shuffled(names, random);
        const next = deck.findIndex((name) => !hand.includes(name));
        const [name] = deck.splice(Math.max(0, next), 1);
        if (next >= 0 && name !== undefined) hand.push(name);
      }
      return hand;
    },
  };
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  const left = [...values];
  const out: T[] = [];
  while (left.length > 0) out.push(...left.splice(random.below(left.length), 1));
  return out;
}
