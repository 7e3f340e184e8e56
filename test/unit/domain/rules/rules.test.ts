import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SYNC_ENTITIES } from '../../../../domain/entities.ts';
import { DIRECTIONS } from '../../../../domain/merge.ts';
import { isRuleKey, ruleKeys, SEALED_GROUPS } from '../../../../domain/rules/groups.ts';
import {
  DEFAULT_RULE,
  directionFor,
  effectiveRule,
  POLICIES,
  policyFor,
  SOURCE_SYSTEMS,
  withinAdvance,
  type SyncRule,
} from '../../../../domain/rules/rules.ts';

const rule = (over: Partial<SyncRule>): SyncRule => ({ ...DEFAULT_RULE, ...over });
const auto = { ...DEFAULT_RULE.actions, autoResolveConflicts: true };

describe('the rule that counts (R25)', () => {
  const low = rule({ id: 'low', priority: 1 });
  const high = rule({ id: 'high', priority: 9 });
  const off = rule({ id: 'off', priority: 99, active: false });
  const platform = rule({ id: 'p', priority: 9, sourceSystem: 'platform' });
  const booksy = rule({ id: 'b', priority: 9, sourceSystem: 'booksy' });

  it.each([
    ['the highest priority', [low, high], 'both', 'high'],
    ['of equal ones the lowest id', [rule({ id: 'b' }), rule({ id: 'a' }), rule({ id: 'c' })], 'both', 'a'],
    ['ids by code point, capitals first', [rule({ id: 'a' }), rule({ id: 'B' })], 'both', 'B'],
    ['none that is off', [off, low], 'both', 'low'],
    ['only one that speaks of that side', [platform, low], 'booksy', 'low'],
    ['the one of that side', [platform, low], 'platform', 'p'],
    ['both joined where the sides have different ones', [platform, booksy], 'both', 'p+b'],
    [
      'the one that both sides have',
      [high, rule({ id: 'x', sourceSystem: 'platform', priority: 2 })],
      'both',
      'high',
    ],
    ['the default where there is none', [], 'both', 'default'],
    ['the default where all are off', [off], 'platform', 'default'],
    ['the default for a side that no rule speaks of', [platform], 'booksy', 'default'],
  ] as const)('is %s', (_, rules, side, id) => {
    expect(effectiveRule(rules, side).id).toBe(id);
  });

  it('does not depend on the order in which rules come', () => {
    const some = fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'B', 'ä', 'z'),
      priority: fc.integer({ min: 0, max: 3 }),
      sourceSystem: fc.constantFrom(...SOURCE_SYSTEMS),
      active: fc.boolean(),
      directions: fc.dictionary(fc.constantFrom('booking.time', 'service.*'), fc.constantFrom(...DIRECTIONS)),
      policies: fc.dictionary(fc.constantFrom('booking.time', 'booking.*'), fc.constantFrom(...POLICIES)),
    });
    const sets = fc.uniqueArray(some, { selector: ({ id }) => id, maxLength: 6 }).chain((rules) =>
      fc.record({
        one: fc.constant(rules.map(rule)),
        other: fc.shuffledSubarray(rules, { minLength: rules.length }).map((each) => each.map(rule)),
      }),
    );
    fc.assert(
      fc.property(sets, fc.constantFrom(...SOURCE_SYSTEMS), ({ one, other }, side) => {
        expect(effectiveRule(other, side)).toEqual(effectiveRule(one, side));
      }),
      { numRuns: 2000 },
    );
  });

  it('joined, lets in what the rule of Booksy lets in and out what that of the platform lets out', () => {
    const joined = effectiveRule(
      [
        rule({
          ...platform,
          directions: { 'booking.time': 'in', 'booking.clientNote': 'both', 'service.name': 'out' },
        }),
        rule({ ...booksy, directions: { 'booking.time': 'both', 'booking.clientNote': 'never' } }),
      ],
      'both',
    );
    expect(directionFor(joined, 'booking', 'item:7:time')).toBe('in');
    expect(directionFor(joined, 'booking', 'clientNote')).toBe('out');
    expect(directionFor(joined, 'service', 'name')).toBe('both');
    expect(directionFor(joined, 'booking', 'status')).toBe('both');
  });

  it('joined, leaves to a person what the two decide differently', () => {
    const policies = { 'booking.time': 'booksy', 'booking.status': 'latest' } as const;
    const joined = effectiveRule(
      [
        rule({ ...platform, actions: auto, policies }),
        rule({ ...booksy, actions: auto, policies: { ...policies, 'booking.time': 'platform' } }),
      ],
      'both',
    );
    expect(policyFor(joined, 'booking', 'item:7:time')).toBe('manual');
    expect(policyFor(joined, 'booking', 'status')).toBe('latest');
  });
});

describe('directions (R8)', () => {
  it.each([
    ['booking', 'status', 'both'],
    ['booking', 'item:12|34|2026-03-01T10:00:time', 'both'],
    ['booking', 'statusCode', 'in'],
    ['booking', 'bookedBy', 'in'],
    ['booking', 'importUid', 'in'],
    ['profile', 'email', 'both'],
    ['time_off', 'time', 'both'],
    ['service', 'name', 'in'],
    ['variant', 'price', 'in'],
    ['category', 'name', 'in'],
    ['staff', 'name', 'in'],
    ['room', 'name', 'in'],
    ['hours', 'weekday:now:1', 'in'],
    ['profile', 'birthday', 'never'],
    ['profile', 'healthNotes', 'never'],
    ['booking', 'privateNotes', 'never'],
  ] as const)('of %s %s are by default %s', (entity, group, direction) => {
    expect(directionFor(DEFAULT_RULE, entity, group)).toBe(direction);
  });

  it.each([
    ['opened by the owner', { 'service.name': 'both' }, 'service', 'name', 'both'],
    ['opened for a whole kind', { 'service.*': 'out' }, 'service', 'padding', 'out'],
    [
      'the own line before the wildcard',
      { 'booking.*': 'in', 'booking.time': 'both' },
      'booking',
      'item:1:time',
      'both',
    ],
    ['closed', { 'profile.phone': 'never' }, 'profile', 'phone', 'never'],
    ['closed days', { 'hours.date': 'never' }, 'hours', 'date:2026-03-01', 'never'],
    ['opened hours', { 'hours.*': 'both' }, 'hours', 'weekday:2026-03-01:1', 'both'],
    ['days that go out', { 'hours.*': 'in', 'hours.date': 'out' }, 'hours', 'date:2026-03-01', 'out'],
    ['what has no way out', { 'staff.name': 'both' }, 'staff', 'name', 'in'],
    ['what Booksy alone knows', { 'booking.*': 'out' }, 'booking', 'bookedBy', 'in'],
    ['nothing inherited from objects', {}, 'booking', 'constructor', 'both'],
  ] as const)('are what the rule says: %s', (_, directions, entity, group, expected) => {
    expect(directionFor(rule({ directions }), entity, group)).toBe(expected);
  });

  it('never let health notes, private notes or a birthday go, whatever a rule says', () => {
    const directions = Object.fromEntries(
      [...SEALED_GROUPS, 'profile.*', 'booking.*'].map((key) => [key, 'both' as const]),
    );
    for (const key of SEALED_GROUPS) {
      const [entity = '', group = ''] = key.split('.');
      const known = SYNC_ENTITIES.find((each) => each === entity);
      expect(known && directionFor(rule({ directions }), known, group)).toBe('never');
    }
  });

  it('keep time off made here at home where availability is not synchronised', () => {
    const actions = { ...DEFAULT_RULE.actions, syncAvailability: false };
    expect(directionFor(rule({ actions }), 'time_off', 'time')).toBe('in');
    expect(directionFor(rule({ actions, directions: { 'time_off.*': 'both' } }), 'time_off', 'time')).toBe(
      'both',
    );
  });
});

describe('policies (R9)', () => {
  const policies = { 'booking.*': 'latest', 'booking.time': 'platform', 'profile.email': 'booksy' } as const;
  it.each([
    ['booking', 'item:9:time', 'platform'],
    ['booking', 'item:9:service', 'latest'],
    ['profile', 'email', 'booksy'],
    ['profile', 'phone', 'manual'],
  ] as const)('of %s %s are %s', (entity, group, policy) => {
    expect(policyFor(rule({ actions: auto, policies }), entity, group)).toBe(policy);
  });

  it('decide nothing while the rule leaves conflicts to people', () => {
    expect(policyFor(rule({ policies }), 'booking', 'item:9:time')).toBe('manual');
  });
});

describe('how far ahead is pushed (R25)', () => {
  const now = '2026-03-01T10:00:00.000Z';
  it.each([
    ['2026-05-30T10:00:00.000Z', 90, true],
    ['2026-05-30T10:00:01.000Z', 90, false],
    ['2026-02-01T10:00:00.000Z', 0, true],
    ['2026-03-01T10:00:01.000Z', 0, false],
  ])('a visit of %s within %i days: %s', (startsAt, days, within) => {
    const conditions = { ...DEFAULT_RULE.conditions, maxAdvanceBooking: days };
    expect(withinAdvance(rule({ conditions }), startsAt, now)).toBe(within);
  });
});

it('names every group once, and knows each of its names', () => {
  expect(new Set(ruleKeys()).size).toBe(ruleKeys().length);
  for (const key of ruleKeys()) expect(isRuleKey(key)).toBe(true);
  for (const key of ['booking.*', 'profile.birthday']) expect(isRuleKey(key)).toBe(true);
  for (const key of ['', '.', 'booking', 'booking.', 'card.name', 'booking.x', 'toString.x', '*.*'])
    expect(isRuleKey(key)).toBe(false);
});
