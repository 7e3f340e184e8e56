import { describe, expect, it } from 'vitest';
import { DEFAULT_RULE } from '../../../domain/rules/rules.ts';
import { parseRule, ruleListSchema } from '../../../infra/rules/schema.ts';

/** The original guide's literal, letter by letter (SPEC 3.9). */
const LITERAL = {
  id: 'default',
  name: 'Default Sync Rule',
  sourceSystem: 'both',
  priority: 5,
  conditions: { bufferTimes: { before: 15, after: 15 }, maxAdvanceBooking: 90 },
  actions: { syncAvailability: true, autoResolveConflicts: false, notifyAdmin: true },
  active: true,
};

function faults(over: object): readonly string[] {
  const parsed = parseRule({ ...LITERAL, ...over });
  return 'faults' in parsed ? parsed.faults.map(({ path }) => path) : [];
}

describe('a rule as people write it', () => {
  it('may be the literal of the original guide, and that is the default rule', () => {
    expect(parseRule(LITERAL)).toEqual({ rule: DEFAULT_RULE });
  });

  it('may state every value at its bound', () => {
    const conditions = { bufferTimes: { before: 0, after: 480 }, maxAdvanceBooking: 730 };
    for (const priority of [0, 1000]) expect(faults({ priority, conditions })).toEqual([]);
    const directions = {
      'service.*': 'both',
      'staff.name': 'never',
      'hours.*': 'in',
      'profile.birthday': 'never',
    };
    expect(faults({ directions, policies: { 'booking.time': 'latest', 'profile.*': 'manual' } })).toEqual([]);
  });

  it.each([
    [{ extra: 1 }, 'extra'],
    [{ id: '' }, 'id'],
    [{ id: 'a b' }, 'id'],
    [{ name: ' ' }, 'name'],
    [{ sourceSystem: 'all' }, 'sourceSystem'],
    [{ priority: -1 }, 'priority'],
    [{ priority: 1001 }, 'priority'],
    [{ priority: 1.5 }, 'priority'],
    [{ priority: '5' }, 'priority'],
    [{ active: 'yes' }, 'active'],
    [{ actions: { ...LITERAL.actions, notifyAdmin: 1 } }, 'actions.notifyAdmin'],
    [{ actions: { ...LITERAL.actions, pushAll: true } }, 'actions.pushAll'],
    [{ conditions: { ...LITERAL.conditions, maxAdvanceBooking: 731 } }, 'conditions.maxAdvanceBooking'],
    [{ conditions: { ...LITERAL.conditions, maxAdvanceBooking: -1 } }, 'conditions.maxAdvanceBooking'],
    [
      { conditions: { ...LITERAL.conditions, bufferTimes: { before: 481, after: 0 } } },
      'conditions.bufferTimes.before',
    ],
    [{ conditions: { ...LITERAL.conditions, bufferTimes: { before: 1 } } }, 'conditions.bufferTimes.after'],
    [{ policies: { 'booking.time': 'mine' } }, 'policies.booking.time'],
    [{ policies: { 'booking.tyme': 'booksy' } }, 'policies.booking.tyme'],
    [{ policies: { 'profile.birthday': 'booksy' } }, 'policies.profile.birthday'],
    [{ directions: { 'visit.time': 'both' } }, 'directions.visit.time'],
    [{ directions: { 'profile.name': 'sideways' } }, 'directions.profile.name'],
    [{ directions: { 'profile.birthday': 'in' } }, 'directions.profile.birthday'],
    [{ directions: { 'profile.healthNotes': 'both' } }, 'directions.profile.healthNotes'],
    [{ directions: { 'booking.privateNotes': 'out' } }, 'directions.booking.privateNotes'],
    [{ directions: { 'staff.*': 'both' } }, 'directions.staff.*'],
  ])('is refused with %j, by the name of what is wrong', (over, path) => {
    expect(faults(over)).toEqual([path]);
  });

  it('takes nothing from a prototype', () => {
    const sneaky: unknown = JSON.parse('{"policies":{"__proto__":{"booking.time":"booksy"}}}');
    expect(parseRule(Object.assign({ ...LITERAL }, sneaky))).toEqual({ rule: DEFAULT_RULE });
  });

  it('names everything that is wrong at once', () => {
    expect(faults({ priority: -1, extra: 1, directions: { 'profile.birthday': 'in' } })).toEqual([
      'priority',
      'directions.profile.birthday',
      'extra',
    ]);
  });
});

describe('a file of rules', () => {
  it('names a rule once', () => {
    const parsed = ruleListSchema.safeParse([LITERAL, LITERAL]);
    expect(parsed.error?.issues).toMatchObject([{ path: [1, 'id'], message: 'is there twice' }]);
  });

  it('has at most a hundred', () => {
    const many = Array.from({ length: 101 }, (_, index) => ({ ...LITERAL, id: `r${String(index)}` }));
    expect(ruleListSchema.safeParse(many).success).toBe(false);
    expect(ruleListSchema.safeParse(many.slice(1)).success).toBe(true);
  });
});
