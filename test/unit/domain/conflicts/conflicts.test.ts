import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONFLICT_KINDS } from '../../../../domain/conflict-kinds.ts';
import { autoDecide } from '../../../../domain/conflicts/auto.ts';
import { moveBases } from '../../../../domain/conflicts/bases.ts';
import { choicesFor, fit, type ConflictFacts } from '../../../../domain/conflicts/choices.ts';
import {
  beginningAt,
  beginningOfDays,
  conflictDates,
  dueOf,
  TIMELESS,
  untilDue,
} from '../../../../domain/conflicts/dates.ts';
import { misfitRefusal, readRefusal, refusalText } from '../../../../domain/conflicts/refusals.ts';
import { CHOICES, parseSignal, storedSignal } from '../../../../domain/conflicts/resolution.ts';
import type { Json } from '../../../../domain/canonical.ts';
import { mergeGroups, type GroupStates } from '../../../../domain/merge.ts';

const ID = '0199c0de-0000-7000-8000-0000000000ee';

const facts = (more: Partial<ConflictFacts> = {}): ConflictFacts => ({
  kind: 'field',
  entity: 'booking',
  groups: ['clientNote'],
  linked: true,
  goneThere: false,
  goneHere: false,
  other: null,
  sidesDiffer: false,
  hasValues: true,
  ...more,
});

const NOTHING = { groups: {}, move: null, keep: null };

describe('what may be chosen', () => {
  it.each(CONFLICT_KINDS)('every kind offers something, and each choice once: %s', (kind) => {
    for (const other of [null, 'visit', 'block'] as const) {
      const offered = choicesFor(facts({ kind, other })).map(({ choice }) => choice);
      expect(offered.length).toBeGreaterThan(0);
      expect(new Set(offered).size).toBe(offered.length);
    }
  });

  it.each(CONFLICT_KINDS)('what is offered fits, and what is not is refused with what is: %s', (kind) => {
    const of = facts({ kind, other: 'visit', sidesDiffer: true, groups: ['clientNote', 'clientName'] });
    const offered = choicesFor(of).map(({ choice }) => choice);
    for (const choice of CHOICES) {
      const asked = {
        ...NOTHING,
        choice,
        groups: { clientNote: 'platform', clientName: 'booksy' } as const,
        move: { startsLocal: '2026-03-02T10:00', recordId: null, itemId: null, staffId: null },
      };
      const fitted = fit(of, asked);
      expect('effect' in fitted).toBe(offered.includes(choice));
      if ('misfit' in fitted) {
        const refusal = misfitRefusal(of, fitted);
        for (const each of offered) expect(refusal.message).toContain(each);
        expect(readRefusal(refusalText(refusal))).toEqual(refusal);
      }
    }
  });

  it('an overlap is never ignored, nor a block cancelled (R19, R21)', () => {
    for (const other of ['visit', 'block'] as const) {
      const offered = choicesFor(facts({ kind: 'time_overlap', other })).map(({ choice }) => choice);
      expect(offered).not.toContain('ignore');
      if (other === 'block') expect(offered).toEqual(['move', 'keep-both']);
    }
  });

  it('a side for each group, and no other group', () => {
    const of = facts({ groups: ['clientName', 'clientNote'] });
    const asked = (groups: Record<string, 'platform' | 'booksy'>) =>
      fit(of, { ...NOTHING, choice: 'groups', groups });
    expect(asked({ clientName: 'booksy' })).toMatchObject({
      misfit: 'groups_missing',
      groups: ['clientNote'],
    });
    expect(asked({ clientName: 'booksy', status: 'booksy' })).toMatchObject({ misfit: 'groups_unknown' });
    expect(asked({ clientName: 'booksy', clientNote: 'platform' })).toEqual({
      effect: { name: 'bases', sides: { clientName: 'booksy', clientNote: 'platform' } },
    });
  });

  it('a dispute about an end is about the status too', () => {
    const of = facts({ kind: 'changed_against_cancelled', groups: ['clientNote'] });
    expect(fit(of, { ...NOTHING, choice: 'keep-booksy' })).toEqual({
      effect: { name: 'bases', sides: { clientNote: 'booksy', status: 'booksy' } },
    });
  });
});

describe('bases that a decision moves', () => {
  const value: fc.Arbitrary<Json | undefined> = fc.constantFrom(undefined, null, 'a', 'b', 'c');
  const states = fc.record({ remote: value, baseTheirs: value, ours: value, baseOurs: value });
  const of = (one: Json | undefined): GroupStates => (one === undefined ? {} : { g: one });
  const after = (
    given: {
      remote: Json | undefined;
      baseTheirs: Json | undefined;
      ours: Json | undefined;
      baseOurs: Json | undefined;
    },
    counts: { now: number; base: number },
    side: 'platform' | 'booksy' | 'both',
  ) => {
    const counters = counts.now === 0 ? {} : { g: counts.now };
    const next = moveBases(
      {
        remote: of(given.remote),
        baseTheirs: of(given.baseTheirs),
        baseOurs: of(given.baseOurs),
        baseCounters: { g: counts.base },
        ours: { groups: of(given.ours), counters },
      },
      { g: side },
    );
    const edited = counts.now !== (next.baseCounters.g ?? 0) ? ['g'] : [];
    const [decision] = mergeGroups({
      theirs: of(given.remote),
      baseTheirs: next.baseTheirs,
      ours: of(given.ours),
      baseOurs: next.baseOurs,
      editedHere: new Set(edited),
      frozen: new Set(),
      unread: new Set(),
      // Never taken for equal: the two vocabularies differ here.
      theirsHere: { g: 'of the other side' },
      directionOf: () => 'both',
    });
    return decision?.verdict ?? 'nothing';
  };

  it('platform: the ordinary process pushes; booksy: it applies; both: it does nothing (R10)', () => {
    fc.assert(
      fc.property(states, fc.nat(3), fc.nat(3), (given, now, base) => {
        const counts = { now, base };
        if (given.remote === undefined && given.ours === undefined) return;
        expect(after(given, counts, 'platform')).toBe('push');
        expect(after(given, counts, 'booksy')).toBe('apply');
        expect(['equal', 'nothing']).toContain(after(given, counts, 'both'));
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves the other groups alone', () => {
    const bases = { baseTheirs: { g: 1, h: 2 }, baseOurs: { g: 1, h: 2 }, baseCounters: { h: 4 } };
    const next = moveBases({ ...bases, remote: { g: 3, h: 5 }, ours: null }, { g: 'platform' });
    expect([next.baseTheirs.h, next.baseOurs.h, next.baseCounters.h]).toEqual([2, 2, 4]);
  });
});

describe('the dates of a conflict (R10)', () => {
  const opened = '2026-03-01T10:00:00.000Z';

  it('reminds after a day, escalates a day before the visit, ends at its start', () => {
    expect(conflictDates(opened, beginningAt('2026-03-09T10:00:00.000Z'))).toEqual({
      remindAt: '2026-03-02T10:00:00.000Z',
      escalateAt: '2026-03-08T10:00:00.000Z',
      overtakenAt: '2026-03-09T10:00:00.000Z',
    });
    expect(conflictDates(opened, beginningAt('2026-03-01T12:00:00.000Z')).escalateAt).toBe(opened);
    expect(
      conflictDates(opened, beginningAt('2026-03-09T10:00:00.000Z'), { remindHours: 6, escalateHours: 48 }),
    ).toMatchObject({ remindAt: '2026-03-01T16:00:00.000Z', escalateAt: '2026-03-07T10:00:00.000Z' });
    expect(conflictDates(opened, TIMELESS)).toMatchObject({ escalateAt: null, overtakenAt: null });
  });

  it.each<[string, readonly string[], string | null, string | null]>([
    [
      'a date: until it has passed',
      ['date:2026-03-29'],
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ],
    [
      'several dates: the next one is near, the last one ends it',
      ['date:2026-12-26', 'date:2026-03-01', 'date:2026-12-24'],
      '2026-12-23T23:00:00.000Z',
      '2026-12-26T23:00:00.000Z',
    ],
    ['dates that are over', ['date:2026-02-01'], '2026-01-31T23:00:00.000Z', '2026-02-01T23:00:00.000Z'],
    ['a week that begins later', ['weekday:2027-01-01:1'], '2026-12-31T23:00:00.000Z', null],
    ['the week as it is', ['weekday:now:1', 'weekday:now:2'], null, null],
    ['a week now, and later', ['weekday:now:1', 'weekday:2027-01-01:1'], '2026-12-31T23:00:00.000Z', null],
    ['nothing of hours', [], null, null],
  ])('opening hours of %s', (_, groups, nextAt, overAt) => {
    expect(beginningOfDays(groups, 'Europe/Warsaw', opened)).toEqual({ nextAt, overAt });
  });

  it('is due once, overtaken before all, and waits no longer than asked', () => {
    const state = { now: opened, remindAt: opened, escalateAt: opened, escalatedAt: null, overtakenAt: null };
    expect(dueOf(state)).toEqual({ overtaken: false, escalate: true, remind: true });
    expect(dueOf({ ...state, escalatedAt: opened }).escalate).toBe(false);
    expect(dueOf({ ...state, overtakenAt: opened })).toEqual({
      overtaken: true,
      escalate: false,
      remind: false,
    });
    expect(untilDue({ ...state, remindAt: '2026-03-01T11:00:00.000Z', escalateAt: null }, 60_000)).toBe(
      60_000,
    );
    expect(untilDue({ ...state, remindAt: '2026-03-01T10:00:05.000Z', escalateAt: null }, 60_000)).toBe(5000);
    expect(untilDue(state, 60_000)).toBe(1000);
  });
});

describe('the signal (R33)', () => {
  it('is understood with and without an id', () => {
    expect(parseSignal({ choice: 'keep-booksy' }, ID)).toMatchObject({
      resolution: { resolutionId: ID, choice: 'keep-booksy', stored: false },
    });
    const whole = {
      resolutionId: ID.toUpperCase(),
      choice: 'move',
      move: { startsLocal: '2026-03-02T14:30', staffId: ID },
      actor: 'somebody',
      reason: 'because',
    };
    expect(parseSignal(whole, 'x')).toMatchObject({
      resolution: {
        resolutionId: ID,
        move: { startsLocal: '2026-03-02T14:30', staffId: ID, recordId: null },
      },
    });
    expect(storedSignal(ID)).toMatchObject({ resolutionId: ID, stored: true });
  });

  it.each([
    null,
    'keep-platform',
    [],
    {},
    { choice: 'burn' },
    { choice: 'move' },
    { choice: 'move', move: { startsLocal: '2026-03-02 14:30' } },
    { choice: 'move', move: { startsLocal: '2026-03-02T14:30', itemId: 'x' } },
    { choice: 'groups', groups: { a: 'left' } },
    { choice: 'groups', groups: ['a'] },
    { choice: 'ignore', resolutionId: 'x' },
    { choice: 'ignore', reason: 'x'.repeat(501) },
    { choice: 'ignore', keep: 7 },
  ])('is refused in words where it is %j', (raw) => {
    const parsed = parseSignal(raw, ID);
    expect('fault' in parsed ? parsed.fault : '').toMatch(/must/);
  });

  it('is never a crash, whatever is typed', () => {
    fc.assert(
      fc.property(fc.anything(), (raw) => {
        const parsed = parseSignal(raw, ID);
        expect('fault' in parsed || 'resolution' in parsed).toBe(true);
      }),
    );
  });
});

describe('what a rule decides of a conflict that waits (SPEC 4.2)', () => {
  it('one group that nobody may decide keeps all waiting', () => {
    const of = (policies: Record<string, 'platform' | 'booksy' | 'manual' | 'latest'>) =>
      autoDecide(Object.keys(policies), (group) => policies[group] ?? 'manual');
    expect(of({ a: 'platform', b: 'booksy' })).toEqual({
      sides: { a: 'platform', b: 'booksy' },
      reason: 'policy_booksy_platform',
    });
    expect(of({ a: 'platform', b: 'manual' })).toBeNull();
    // Who was later was judged when it was found (R9).
    expect(of({ a: 'platform', b: 'latest' })).toBeNull();
    expect(of({})).toBeNull();
  });
});
