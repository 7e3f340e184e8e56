import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../domain/canonical.ts';
import { planRecordUndo, type UndoEntry, type UndoSubject } from '../../../../domain/undo/index.ts';

/** SPEC 3.8: undo takes back what the sync did where it is still the last change, and nothing else. */
let number = 0;
function entry(over: Partial<UndoEntry>): UndoEntry {
  number += 1;
  const groups = over.groups ?? Object.keys({ ...over.before, ...over.after });
  return {
    number: String(number),
    runId: 'run',
    action: 'updated',
    reason: null,
    before: null,
    after: null,
    counters: null,
    ...over,
    groups,
  };
}

function subject(over: Partial<UndoSubject> & { groups?: Readonly<Record<string, Json>> } = {}): UndoSubject {
  const { groups = {}, ...rest } = over;
  return {
    entity: 'booking',
    recordId: 'r',
    ours: { groups, counters: {}, ended: false },
    base: { ours: groups, counters: {} },
    frozen: new Set(),
    goesOut: () => true,
    ...rest,
  };
}

const plan = (targets: readonly UndoEntry[], history: readonly UndoEntry[], of: UndoSubject) =>
  planRecordUndo(new Set(targets.map((each) => each.number)), history, of);

describe('a change', () => {
  const change = entry({ before: { clientNote: 'a' }, after: { clientNote: 'b' } });

  it('goes back to what was there before, and says that Booksy would be written to', () => {
    expect(plan([change], [change], subject({ groups: { clientNote: 'b' } }))).toMatchObject({
      changes: [{ group: 'clientNote', from: 'b', to: 'a' }],
      takesBack: [change.number],
      left: [],
      atBooksy: true,
    });
  });

  it('stays here where it only comes in, or the record is not linked', () => {
    const now = subject({ groups: { clientNote: 'b' } });
    expect(plan([change], [change], { ...now, goesOut: () => false }).atBooksy).toBe(false);
    expect(plan([change], [change], { ...now, base: null }).atBooksy).toBe(false);
  });

  it.each([
    ['has another value by now', subject({ groups: { clientNote: 'c' } }), [], 'changed_later'],
    ['is so already', subject({ groups: { clientNote: 'a' } }), [], 'already_so'],
    [
      'is on an open conflict',
      subject({ groups: { clientNote: 'b' }, frozen: new Set(['clientNote']) }),
      [],
      'on_conflict',
    ],
    [
      'was changed there and back',
      subject({ groups: { clientNote: 'b' } }),
      [
        entry({ before: { clientNote: 'b' }, after: { clientNote: 'c' } }),
        entry({ before: { clientNote: 'c' }, after: { clientNote: 'b' } }),
      ],
      'changed_later',
    ],
    [
      'was changed since by an entry whose values were erased',
      subject({ groups: { clientNote: 'b' } }),
      [entry({ groups: ['clientNote'] })],
      'changed_later',
    ],
  ] as const)('is left where it %s', (_name, now, later, reason) => {
    expect(plan([change], [change, ...later], now)).toMatchObject({
      changes: [],
      left: [{ group: 'clientNote', reason }],
    });
  });

  it('is left where a person edited it there and back (R7a)', () => {
    const counted = entry({ before: { note: 'a' }, after: { note: 'b' }, counters: { note: 3 } });
    const at = (count: number) =>
      subject({ ours: { groups: { note: 'b' }, counters: { note: count }, ended: false } });
    expect(plan([counted], [counted], at(5)).left).toEqual([{ group: 'note', reason: 'changed_later' }]);
    expect(plan([counted], [counted], at(3)).changes).toHaveLength(1);
  });

  it('whose values were erased is left', () => {
    const erased = entry({ groups: ['clientNote'] });
    expect(plan([erased], [erased], subject({ groups: { clientNote: 'b' } })).left).toEqual([
      { group: 'clientNote', reason: 'not_known' },
    ]);
  });

  it('is still the last one after it was carried to Booksy, or carried out', () => {
    const sent = entry({
      runId: 'later',
      action: 'sent',
      before: { clientNote: 'a' },
      after: { clientNote: 'b' },
    });
    const now = subject({ groups: { clientNote: 'b' } });
    expect(plan([change], [change, sent], now).changes).toHaveLength(1);
    const resolved = entry({ action: 'resolved', before: { note: 'a' }, after: { note: 'b' } });
    const done = entry({
      runId: 'later',
      before: { note: 'a' },
      after: { note: 'b' },
      counters: { note: 2 },
    });
    const at = (count: number) =>
      subject({ ours: { groups: { note: 'b' }, counters: { note: count }, ended: false } });
    expect(plan([resolved], [resolved, done], at(2)).changes).toHaveLength(1);
    expect(plan([resolved], [resolved, done], at(3)).changes).toHaveLength(0);
  });

  it('goes back over all of a run, and not over what is in between', () => {
    const one = entry({ before: { note: 'a' }, after: { note: 'b' } });
    const other = entry({ runId: 'other', before: { note: 'b' }, after: { note: 'c' } });
    const two = entry({ before: { note: 'b' }, after: { note: 'c' } });
    const now = subject({ groups: { note: 'c' } });
    expect(plan([one, two], [one, two], now).changes[0]?.to).toBe('a');
    const three = entry({ before: { note: 'c' }, after: { note: 'd' } });
    expect(plan([one, three], [one, other, three], subject({ groups: { note: 'd' } }))).toMatchObject({
      changes: [{ to: 'c' }],
      takesBack: [three.number],
    });
  });

  it('that was sent goes back to what Booksy had, not past the edit that was sent', () => {
    const taken = entry({ before: { note: 'a' }, after: { note: 'b' }, counters: { note: 1 } });
    const sent = entry({
      action: 'sent',
      before: { note: 'b' },
      after: { note: 'c' },
      counters: { note: 2 },
    });
    const now = subject({ ours: { groups: { note: 'c' }, counters: { note: 2 }, ended: false } });
    expect(plan([taken, sent], [taken, sent], now)).toMatchObject({
      changes: [{ from: 'c', to: 'b' }],
      takesBack: [sent.number],
    });
    const more = entry({
      action: 'sent',
      before: { note: 'c' },
      after: { note: 'd' },
      counters: { note: 3 },
    });
    const then = subject({ ours: { groups: { note: 'd' }, counters: { note: 3 }, ended: false } });
    expect(plan([taken, sent, more], [taken, sent, more], then).changes[0]?.to).toBe('b');
  });

  it('to a value that was never read is left', () => {
    const sent = entry({ action: 'sent', groups: ['note'], before: {}, after: { note: 'b' } });
    expect(plan([sent], [sent], subject({ groups: { note: 'b' } })).left).toEqual([
      { group: 'note', reason: 'not_known' },
    ]);
  });
});

describe('an item of a visit', () => {
  const time = { startsLocal: '2026-03-01T10:00' };
  const item = (key: string) => ({ [`item:${key}:time`]: time, [`item:${key}:service`]: { variant: 'v' } });

  it('comes back whole or not at all', () => {
    const gone = entry({ groups: Object.keys(item('1')), before: item('1'), after: {} });
    const now = subject({ groups: item('2'), base: null });
    expect(plan([gone], [gone], now).changes.map(({ group }) => group)).toEqual([
      'item:1:service',
      'item:1:time',
    ]);
    const half = entry({ groups: ['item:1:time'], before: { 'item:1:time': time }, after: {} });
    expect(plan([half], [half], now)).toMatchObject({ changes: [], left: [{ reason: 'changed_later' }] });
  });

  it('that is the only one does not go', () => {
    const added = entry({ groups: Object.keys(item('1')), before: {}, after: item('1') });
    expect(plan([added], [added], subject({ groups: item('1'), base: null })).changes).toEqual([]);
  });

  it('R17: of a visit of several is changed at Booksy only; its status may be', () => {
    const moved = entry({
      before: { 'item:1:time': { startsLocal: 'x' }, status: 'a' },
      after: { 'item:1:time': time, status: 'b' },
    });
    const now = subject({ groups: { ...item('1'), ...item('2'), status: 'b' } });
    expect(plan([moved], [moved], now)).toMatchObject({
      changes: [{ group: 'status' }],
      left: [{ group: 'item:1:time', reason: 'change_at_booksy' }],
    });
  });
});

describe('a record that the sync made', () => {
  const created = entry({ action: 'created', groups: [] });
  const visit = { status: { status: 'confirmed', reason: null }, clientNote: 'a' };

  it.each([
    ['booking', 'cancel', true],
    ['service', 'hide', false],
    ['staff', 'hide', false],
    ['time_off', 'remove', true],
  ] as const)('of kind %s: %s', (entity, end, atBooksy) => {
    const goesOut = (group: string) => group !== 'active';
    expect(plan([created], [created], subject({ entity, groups: visit, goesOut }))).toMatchObject({
      end,
      atBooksy,
      takesBack: [created.number],
    });
  });

  it.each(['profile', 'category', 'hours'] as const)('of kind %s cannot be taken away', (entity) => {
    expect(plan([created], [created], subject({ entity })).left).toEqual([
      { group: null, reason: 'not_undoable' },
    ]);
  });

  it('is left once anybody changed it', () => {
    const later = entry({ runId: 'x', before: { clientNote: 'a' }, after: { clientNote: 'b' } });
    const left = [{ group: null, reason: 'changed_later' }];
    expect(plan([created], [created, later], subject({ groups: visit })).left).toEqual(left);
    const edited = subject({ groups: { ...visit, clientNote: 'b' }, base: { ours: visit, counters: {} } });
    expect(plan([created], [created], edited).left).toEqual(left);
    const there = { groups: visit, counters: { clientNote: 2 }, ended: false };
    expect(
      plan([created], [created], subject({ ours: there, base: { ours: visit, counters: {} } })).left,
    ).toEqual(left);
  });

  it('ends although the same run changed it again, and is left where it has ended', () => {
    const same = entry({ before: { clientNote: 'x' }, after: { clientNote: 'a' } });
    expect(plan([created, same], [created, same], subject({ groups: visit })).end).toBe('cancel');
    const ended = { ...visit, status: { status: 'cancelled', reason: null } };
    expect(plan([created], [created], subject({ groups: ended })).left[0]?.reason).toBe('already_so');
  });
});

describe('a block that ended', () => {
  it('is made again from what it was, once', () => {
    const groups = { time: { startsLocal: 'x' }, owner: { id: 'o' } };
    const removed = entry({ action: 'removed', before: groups, after: {} });
    const gone = subject({ entity: 'time_off', ours: null });
    expect(plan([removed], [removed], gone)).toMatchObject({ restore: groups, takesBack: [removed.number] });
    expect(plan([removed], [removed], subject({ entity: 'time_off', groups })).restore).toBeNull();
  });
});

describe('a link', () => {
  it('is taken back in the mapping list', () => {
    const linked = entry({ action: 'linked', before: { name: 'a' }, after: { name: 'b' } });
    expect(plan([linked], [linked], subject({ entity: 'profile', groups: { name: 'b' } }))).toMatchObject({
      changes: [],
      left: [{ group: null, reason: 'use_mappings' }],
    });
  });
});

/** A record with three groups that a sync, its runs and a person change; what each last change was is kept beside. */
const GROUPS = ['clientName', 'clientNote', 'status'] as const;
type Group = (typeof GROUPS)[number];
interface Deed {
  readonly by: 'run' | 'other' | 'person' | 'sent';
  readonly groups: readonly Group[];
  readonly value: number;
}
const deed: fc.Arbitrary<Deed> = fc.record({
  by: fc.constantFrom('run', 'other', 'person', 'sent'),
  groups: fc.uniqueArray(fc.constantFrom(...GROUPS), { minLength: 1 }),
  value: fc.integer({ min: 0, max: 2 }),
});

interface World {
  readonly values: Record<string, Json>;
  readonly counters: Record<string, number>;
  readonly history: UndoEntry[];
  /** Who changed each group last. */
  readonly lastBy: Record<string, string>;
  /** What each group held before the unbroken series of changes of `run` that ends now. */
  readonly origin: Record<string, Json>;
}

function live(deeds: readonly Deed[]): World {
  const world: World = {
    values: Object.fromEntries(GROUPS.map((group) => [group, 'start'])),
    counters: Object.fromEntries(GROUPS.map((group) => [group, 0])),
    history: [],
    lastBy: {},
    origin: {},
  };
  for (const { by, groups, value } of deeds) {
    const before = { ...world.values };
    const changed = groups.filter((group) => by === 'sent' || world.values[group] !== value);
    if (changed.length === 0) continue;
    if (by !== 'sent') {
      for (const group of changed) {
        if (by === 'run' && world.lastBy[group] !== 'run') world.origin[group] = before[group] ?? null;
        world.values[group] = value;
        world.counters[group] = (world.counters[group] ?? 0) + 1;
        world.lastBy[group] = by;
      }
    }
    if (by === 'person') continue;
    const of = (state: Record<string, Json>) =>
      Object.fromEntries(changed.map((group) => [group, state[group] ?? null]));
    world.history.push(
      entry({
        runId: by,
        action: by === 'sent' ? 'sent' : 'updated',
        before: of(before),
        after: of(world.values),
        counters: Object.fromEntries(changed.map((group) => [group, world.counters[group] ?? 0])),
      }),
    );
  }
  return world;
}

const subjectOf = (world: World) =>
  subject({
    entity: 'profile',
    ours: { groups: world.values, counters: world.counters, ended: false },
    base: { ours: world.values, counters: world.counters },
  });

const undoRun = (world: World, runId: string) =>
  plan(
    world.history.filter((each) => each.runId === runId),
    world.history,
    subjectOf(world),
  );

function carriedOut(world: World, runId: string): World {
  const { changes } = undoRun(world, runId);
  const values = {
    ...world.values,
    ...Object.fromEntries(changes.map(({ group, to }) => [group, to ?? null])),
  };
  const counters = { ...world.counters };
  for (const { group } of changes) counters[group] = (counters[group] ?? 0) + 1;
  const of = (state: Record<string, Json>) =>
    Object.fromEntries(changes.map(({ group }) => [group, state[group] ?? null]));
  const undone = entry({
    runId: 'undo',
    action: 'undone',
    before: of(world.values),
    after: of(values),
    counters: Object.fromEntries(changes.map(({ group }) => [group, counters[group] ?? 0])),
  });
  return {
    ...world,
    values,
    counters,
    history: [...world.history, ...(changes.length === 0 ? [] : [undone])],
  };
}

const RUNS = { numRuns: 3000 };

describe('for every history', () => {
  it('undo never touches a group whose last change was somebody else’s', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 9 }), (deeds) => {
        const world = live(deeds);
        for (const { group } of undoRun(world, 'run').changes) expect(world.lastBy[group]).toBe('run');
      }),
      RUNS,
    );
  });

  it('undo after do is as before, where nothing came after', () => {
    fc.assert(
      fc.property(
        fc.array(deed, { maxLength: 6 }),
        fc.array(deed, { minLength: 1, maxLength: 3 }),
        (first, then) => {
          const before = live(first.filter(({ by }) => by !== 'run'));
          const own = then.map((each) => ({ ...each, by: 'run' as const }));
          const world = live([...first.filter(({ by }) => by !== 'run'), ...own]);
          expect(carriedOut(world, 'run').values).toEqual(before.values);
        },
      ),
      RUNS,
    );
  });

  it('every group that the run changed last goes back to what it was before the run’s own series', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 9 }), (deeds) => {
        const world = live(deeds);
        const after = carriedOut(world, 'run');
        for (const group of GROUPS) {
          const expected = world.lastBy[group] === 'run' ? world.origin[group] : world.values[group];
          expect(after.values[group]).toEqual(expected);
        }
      }),
      RUNS,
    );
  });

  it('undoing an undo is as before the undo', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 9 }), (deeds) => {
        const world = live(deeds);
        expect(carriedOut(carriedOut(world, 'run'), 'undo').values).toEqual(world.values);
      }),
      RUNS,
    );
  });

  it('undoing twice changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 9 }), (deeds) => {
        const once = carriedOut(live(deeds), 'run');
        expect(undoRun(once, 'run').changes).toEqual([]);
      }),
      RUNS,
    );
  });
});

describe('entries of decisions that were taken back', () => {
  const change = entry({ before: { clientNote: 'a' }, after: { clientNote: 'b' } });
  const openedAgain = entry({ action: 'undone', reason: 'conflict_open_again', groups: ['clientNote'] });

  it('are taken back by deciding the conflict that they opened', () => {
    expect(plan([openedAgain], [openedAgain], subject({ groups: { clientNote: 'b' } }))).toMatchObject({
      changes: [],
      left: [{ group: null, reason: 'decide_conflict' }],
    });
  });

  it('change no value: what came before them is still the last change', () => {
    expect(plan([change], [change, openedAgain], subject({ groups: { clientNote: 'b' } })).changes).toEqual([
      { group: 'clientNote', from: 'b', to: 'a' },
    ]);
  });

  it('set no mark of a visit back: it goes with its decision', () => {
    const marked = entry({
      action: 'overbooked',
      before: { overbooking: false },
      after: { overbooking: true },
    });
    expect(plan([marked], [marked], subject())).toMatchObject({ changes: [], left: [] });
  });
});

describe('hours', () => {
  const set = entry({ after: { 'weekday:now:1': [[600, 700]] }, before: {}, groups: ['weekday:now:1'] });

  it('of a day that had none of its own have none again', () => {
    const now = subject({ entity: 'hours', groups: { 'weekday:now:1': [[600, 700]] } });
    expect(plan([set], [set], now).changes).toEqual([{ group: 'weekday:now:1', from: [[600, 700]] }]);
  });
});
