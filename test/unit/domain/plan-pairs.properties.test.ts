import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameValue, type Json } from '../../../domain/canonical.ts';
import type { GroupStates } from '../../../domain/merge.ts';
import { planRecord, type OursState, type PlanInput, type RecordPlan } from '../../../domain/plan.ts';
import { isEnded } from '../../../domain/states/visit.ts';
import { mirror, ours, seen } from './support/records.ts';

/**
 * Two perturbations of one base: what Booksy's people did to a visit, and what the platform's did, since both last held the
 * same (R6–R10). Each case asks the planner everything at once, so that all of it holds for the same 20,000 visits.
 */
const CASES = 20_000;

const NAMES = [
  'client',
  'clientNote',
  'item:1:service',
  'item:1:time',
  'item:2:time',
  'status',
  'travel',
] as const;
const CONFIRMED: Json = { status: 'confirmed', reason: null };
const CANCELLED: Json = { status: 'cancelled', reason: 'cancelled' };

const value = fc.constantFrom<Json>(
  null,
  'a',
  'b',
  { at: '2025-06-12T10:00', staff: '11' },
  { at: '2025-06-12T11:00', staff: '11' },
);
const base: fc.Arbitrary<GroupStates> = fc
  .tuple(...NAMES.map(() => fc.option(value, { nil: undefined, freq: 5 })))
  .map((values) => ({
    ...Object.fromEntries(NAMES.flatMap((name, i) => (values[i] === undefined ? [] : [[name, values[i]]]))),
    status: CONFIRMED,
  }));

/** Some groups get another value, some are taken away, some are new. */
const perturbation = fc.dictionary(fc.constantFrom(...NAMES), fc.option(value, { nil: undefined, freq: 4 }), {
  maxKeys: 4,
  noNullPrototype: true,
});

type Change = { readonly [group: string]: Json | undefined };

function perturbed(state: GroupStates, change: Change): GroupStates {
  const next: Record<string, Json> = { ...state };
  for (const [group, to] of Object.entries(change)) {
    const wanted = group === 'status' ? (to === null ? CANCELLED : CONFIRMED) : to;
    if (wanted === undefined) Reflect.deleteProperty(next, group);
    else next[group] = wanted;
  }
  return next;
}

interface Pair {
  readonly base: GroupStates;
  readonly there: Change;
  readonly here: Change;
  readonly frozen: readonly string[];
  readonly unread: readonly string[];
  readonly counted: boolean;
}

const pair: fc.Arbitrary<Pair> = fc.record({
  base,
  there: perturbation,
  here: perturbation,
  frozen: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray([...NAMES]) },
  ),
  unread: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray([...NAMES].filter((name) => name !== 'status')) },
  ),
  counted: fc.boolean(),
});

type Merged = Extract<RecordPlan, { kind: 'merge' }>;

function inputOf({ base: common, there, here, frozen, unread, counted }: Pair): PlanInput {
  const shown = Object.entries(perturbed(common, there)).filter(([group]) => !unread.includes(group));
  const held = perturbed(common, here);
  const counters = counted ? Object.fromEntries(Object.keys(here).map((group) => [group, 1])) : {};
  return {
    seen: seen(Object.fromEntries(shown), { unread }),
    mirror: mirror(common),
    ours: ours(held, { counters, ended: isEnded(held) }),
    frozen: new Set(frozen),
    directionOf: () => 'both',
  };
}

function planOf(input: PlanInput): Merged {
  const plan = planRecord(input);
  if (plan.kind !== 'merge') throw new Error('The plan is stale.');
  return plan;
}

function oursOf({ ours: state }: PlanInput): OursState {
  if (state === null) throw new Error('The record is there in every case.');
  return state;
}

function withGroups(state: GroupStates, source: GroupStates, groups: readonly string[]): GroupStates {
  const next: Record<string, Json> = { ...state };
  for (const group of groups) {
    const to = source[group];
    if (to === undefined) Reflect.deleteProperty(next, group);
    else next[group] = to;
  }
  return next;
}

/** Carries a plan out on both sides: what Booksy holds and what we hold afterwards. */
function carriedOut(
  input: PlanInput,
  plan: Merged,
): { readonly there: GroupStates; readonly here: GroupStates } {
  const state = oursOf(input);
  return {
    there: withGroups(plan.remote, state.groups, plan.push),
    here: withGroups(state.groups, input.seen.here, plan.apply),
  };
}

/** The same record once its plan was carried out and both sides of the base moved with it. */
function next(input: PlanInput, plan: Merged): PlanInput {
  const { there, here } = carriedOut(input, plan);
  const shown = Object.fromEntries(
    Object.entries(there).filter(([group]) => !input.seen.unread.includes(group)),
  );
  const settled = plan.decisions.flatMap(({ group, verdict }) =>
    verdict === 'equal' || verdict === 'apply' || verdict === 'push' ? [group] : [],
  );
  const { counters, ended } = oursOf(input);
  return {
    ...input,
    seen: { ...input.seen, theirs: shown, here: shown },
    mirror: {
      ...input.mirror,
      remote: there,
      baseTheirs: withGroups(plan.baseTheirs, there, plan.push),
      baseOurs: withGroups(plan.baseOurs, here, plan.push),
      baseCounters: Object.fromEntries(settled.map((group) => [group, counters[group] ?? 0])),
    },
    ours: { groups: here, counters, ended: ended || isEnded(here) },
  };
}

describe('planRecord, given two perturbations of one base', () => {
  it(
    `is total and deterministic, gives a reason for everything and leaves frozen and unread groups alone, in ${String(CASES)} cases (R7, R10, R10a)`,
    { timeout: 120_000 },
    () => {
      const verdicts = new Set<string>();
      fc.assert(
        fc.property(pair, (given) => {
          const input = inputOf(given);
          const plan = planOf(input);
          const wrong: string[] = [];
          if (JSON.stringify(planOf(inputOf(given))) !== JSON.stringify(plan))
            wrong.push('another plan the second time');
          for (const { verdict, reason } of plan.decisions) {
            verdicts.add(verdict);
            if (reason.length === 0) wrong.push(`${verdict} without a reason`);
          }
          const acted = [...plan.apply, ...plan.push, ...(plan.conflict?.groups ?? [])];
          if (new Set(acted).size !== acted.length) wrong.push('a group is in two places');
          const { there, here } = carriedOut(input, plan);
          for (const group of [...given.frozen, ...given.unread]) {
            const based = given.base[group];
            if (acted.includes(group)) wrong.push(`${group} was acted on`);
            if (!sameValue(here[group], oursOf(input).groups[group])) wrong.push(`${group} was written here`);
            if (!sameValue(plan.baseTheirs[group], based) || !sameValue(plan.baseOurs[group], based))
              wrong.push(`the base of ${group} moved`);
            if (given.unread.includes(group) && !sameValue(there[group], based))
              wrong.push(`${group} was written there`);
          }
          // What neither side touched is nobody's business.
          for (const group of acted) {
            if (!(group in given.there) && !(group in given.here) && group !== 'status')
              wrong.push(`${group} was untouched`);
          }
          expect(wrong).toEqual([]);
        }),
        { numRuns: CASES },
      );
      expect([...verdicts].sort()).toEqual(['apply', 'conflict', 'equal', 'frozen', 'push', 'unread']);
    },
  );

  it(
    `has nothing more to do once its plan was carried out, in ${String(CASES)} cases (report 1)`,
    { timeout: 120_000 },
    () => {
      fc.assert(
        fc.property(pair, (given) => {
          const input = inputOf(given);
          const plan = planOf(input);
          const again = planOf(next(input, plan));
          expect([again.apply, again.push]).toEqual([[], []]);
          expect(again.conflict?.groups ?? []).toEqual(plan.conflict?.groups ?? []);
        }),
        { numRuns: CASES },
      );
    },
  );

  it(
    `lets changes of different groups commute: both sides end with both, whoever was first, in ${String(CASES)} cases (R7, report 10)`,
    { timeout: 120_000 },
    () => {
      fc.assert(
        fc.property(pair, (given) => {
          const here = Object.fromEntries(
            Object.entries(given.here).filter(([group]) => group !== 'status' && !(group in given.there)),
          );
          // An end there while something changed here is for a person (R7b).
          const there = Object.fromEntries(
            Object.entries(given.there).filter(([group]) => group !== 'status'),
          );
          const apart = { ...given, here, there, frozen: [], unread: [] };
          const both = perturbed(perturbed(given.base, there), here);

          const atOnce = inputOf(apart);
          const plan = planOf(atOnce);
          expect(plan.conflict).toBeNull();
          expect(carriedOut(atOnce, plan)).toEqual({ there: both, here: both });

          for (const theirsFirst of [true, false]) {
            const first = inputOf(theirsFirst ? { ...apart, here: {} } : { ...apart, there: {} });
            const middle = next(first, planOf(first));
            const state = oursOf(middle);
            const then: PlanInput = theirsFirst
              ? { ...middle, ours: { ...state, groups: perturbed(state.groups, here) } }
              : { ...middle, seen: seen(perturbed(middle.mirror.remote, there)) };
            expect(carriedOut(then, planOf(then))).toEqual({ there: both, here: both });
          }
        }),
        { numRuns: CASES },
      );
    },
  );

  it(
    `never loses a side's change silently: it stands on both sides, or on a conflict that moved no base, in ${String(CASES)} cases (R7a, I8)`,
    { timeout: 120_000 },
    () => {
      fc.assert(
        fc.property(pair, (given) => {
          const calm = { ...given, frozen: [], unread: [] };
          const input = inputOf(calm);
          const plan = planOf(input);
          const { there, here } = carriedOut(input, plan);
          const disputed = new Set(plan.conflict?.groups ?? []);
          const lost = NAMES.filter((group) => {
            if (!disputed.has(group)) return !sameValue(there[group], here[group]);
            return (
              !sameValue(plan.baseTheirs[group], given.base[group]) ||
              !sameValue(plan.baseOurs[group], given.base[group]) ||
              !sameValue(there[group], input.seen.theirs[group]) ||
              !sameValue(here[group], oursOf(input).groups[group])
            );
          });
          expect(lost).toEqual([]);
        }),
        { numRuns: CASES },
      );
    },
  );
});
