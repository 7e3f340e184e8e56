import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint, type Json } from '../../../../domain/canonical.ts';
import { DEFAULT_SETTINGS, later } from '../../../../domain/protocol/settings.ts';
import type { RecordView } from '../../../../domain/protocol/types.ts';
import { provesMore, type Waits } from '../../../../domain/protocol/waits.ts';
import { LISTS_MAY_OMIT } from '../../../../domain/states/visit.ts';
import { BEFORE, LATER, mirror, ours } from '../support/records.ts';
import { GROUPS, judged, view } from './support/view.ts';

/** R9: what lets Booksy win by `latest` while an edit of ours waits for its way out. BEFORE and LATER lie five seconds apart. */

const MARGIN = DEFAULT_SETTINGS.latestMarginMs;
const NOTE = 'clientNote';

/** Our note was edited once and waits: nothing may go out. */
function waiting(parts: Partial<RecordView> = {}, value: Json = 'nasza', group = NOTE): RecordView {
  const groups = { ...GROUPS, [group]: value };
  return view({
    ours: ours(groups, { counters: { [group]: 1 } }),
    oursThere: groups,
    gate: 'shut',
    gateReason: 'push_not_allowed',
    policyOf: () => 'latest',
    ...parts,
  });
}
const known = (by: string, group = NOTE): RecordView['memory'] => ({
  waits: { [group]: { edits: 1, value: fingerprint('nasza'), by } },
});
const theirsToo = { ...GROUPS, [NOTE]: 'z Booksy' };

describe('an edit here that waits', () => {
  it('was committed before the read that found it waiting was sent: that is remembered', () => {
    expect(judged(waiting()).commit.memory?.waits).toEqual(known(LATER).waits);
  });

  it.each<[string, Partial<RecordView>]>([
    ['a person decides it', { policyOf: () => 'manual' }],
    ['it goes out at once', { gate: 'open' }],
    ['it is on an open conflict', { frozen: new Set([NOTE]) }],
  ])('is not remembered where %s', (_, parts) => {
    expect(judged(waiting(parts)).commit.memory?.waits).toBeUndefined();
  });

  it('keeps its moment while it stays the same edit, and no row is written for it', () => {
    expect(judged(waiting({ memory: { turns: {}, read: {}, ...known(BEFORE) } })).commit.memory).toBeNull();
  });

  it('that is another one since has another moment', () => {
    const again = waiting({ memory: known(BEFORE) }, 'nowa');
    expect(judged(again).commit.memory?.waits?.[NOTE]).toMatchObject({ by: LATER });
  });

  it('is forgotten once both sides are in step', () => {
    const inStep = view({ policyOf: () => 'latest', memory: known(BEFORE) });
    expect(judged(inStep).commit.memory?.waits).toEqual({});
  });
});

describe('both sides changed', () => {
  const decided = (parts: Partial<RecordView>, theirs = theirsToo) => {
    const { commit } = judged(waiting(parts), theirs);
    return commit.conflicts.length > 0 ? commit.conflicts[0]?.kind : commit.apply?.groups;
  };

  it.each<[string, Partial<RecordView>, unknown]>([
    [
      'just beyond the margin after our commit: Booksy’s is newer',
      { observedSentAt: later(BEFORE, MARGIN + 1) },
      [NOTE],
    ],
    ['at the margin a person decides', { observedSentAt: later(BEFORE, MARGIN) }, 'field'],
    ['before our commit a person decides', { observedSentAt: later(BEFORE, -60_000) }, 'field'],
    ['and nobody ever looked: a person decides', { observedSentAt: null }, 'field'],
    [
      'but ours was edited again since: a person decides',
      {
        observedSentAt: later(BEFORE, 60_000),
        ours: ours({ ...GROUPS, [NOTE]: 'nasza' }, { counters: { [NOTE]: 2 } }),
      },
      'field',
    ],
    [
      'but it is not known since when ours waits: a person decides',
      { observedSentAt: later(BEFORE, 60_000), memory: {} },
      'field',
    ],
    [
      'but that look showed another value than the base already: a person decides',
      {
        observedSentAt: later(BEFORE, 60_000),
        mirror: mirror(GROUPS, { remote: { ...GROUPS, [NOTE]: 'wcześniejsza' } }),
      },
      'field',
    ],
  ])('and the base was shown %s', (_, parts, expected) => {
    expect(decided({ memory: known(BEFORE), ...parts })).toEqual(expected);
  });

  it('in what a list may leave out: a person decides, because it is not kept which look showed it', () => {
    expect(LISTS_MAY_OMIT).toContain('travel');
    const groups = { ...GROUPS, travel: null };
    const of = waiting(
      {
        mirror: mirror(groups),
        observedSentAt: later(BEFORE, 60_000),
        memory: known(BEFORE, 'travel'),
      },
      'nasza',
      'travel',
    );
    const { commit } = judged(of, { ...groups, travel: 'z Booksy' });
    expect(commit.conflicts.map(({ kind }) => kind)).toEqual(['field']);
  });

  it('what is known of when it was committed at the latest never lets ours win', () => {
    const shown = {
      id: '1',
      externalId: '501',
      action: 'MODIFIED' as const,
      receivedAt: later(BEFORE, -60_000),
      theirs: theirsToo,
      importUid: null,
    };
    const parts = { memory: known(BEFORE), observedSentAt: null, evidence: [shown] };
    expect(decided(parts)).toBe('field');
    expect(
      judged(waiting({ ...parts, editedAt: { [NOTE]: BEFORE }, gate: 'open' }), theirsToo).wish,
    ).toMatchObject({
      groups: [NOTE],
    });
  });
});

describe('a look that finds a record as it was', () => {
  const waits = known(BEFORE).waits ?? {};
  const at = (ms: number) => ({ sentAt: later(BEFORE, ms), unread: [] });

  it.each<[string, string, ReturnType<typeof at> | { sentAt: string; unread: string[] }, boolean]>([
    ['sent beyond the margin proves the order', BEFORE, at(MARGIN + 1), true],
    ['sent within the margin proves nothing', BEFORE, at(MARGIN), false],
    ['says nothing new once that is known', later(BEFORE, MARGIN + 1), at(60_000), false],
    ['proves nothing where it could not show the group', BEFORE, { ...at(60_000), unread: [NOTE] }, false],
  ])('%s', (_, observed, look, expected) => {
    expect(provesMore(waits, observed, look, MARGIN)).toBe(expected);
  });

  it('of a record without waiting edits proves nothing', () => {
    expect(provesMore({}, BEFORE, at(60_000), MARGIN)).toBe(false);
  });
});

describe('any order of edits, reads and lists', () => {
  const moment = fc.integer({ min: 0, max: 30_000 });
  const iso = (ms: number) => new Date(Date.parse(BEFORE) + ms).toISOString();

  it('lets Booksy win only what was edited there after our commit, and notes at most one look', () => {
    fc.assert(
      fc.property(
        moment,
        moment,
        fc.array(moment, { maxLength: 6 }),
        moment,
        (committed, waitedMs, lists, editedThere) => {
          // The process that found it waiting; what the mirror had shown until then is of before.
          const read = committed + waitedMs;
          const waits: Waits = { [NOTE]: { edits: 1, value: fingerprint('nasza'), by: iso(read) } };
          let observed = read < editedThere ? iso(read) : iso(-1);
          let noted = 0;
          for (const sent of [...lists].sort((a, b) => a - b)) {
            // A list that shows their edit differs: it is read by id and judged at once.
            if (sent >= editedThere || sent <= read) continue;
            if (!provesMore(waits, observed, { sentAt: iso(sent), unread: [] }, MARGIN)) continue;
            observed = iso(sent);
            noted += 1;
          }
          const { commit } = judged(waiting({ memory: { waits }, observedSentAt: observed }), theirsToo);
          expect(noted).toBeLessThanOrEqual(1);
          if (commit.apply !== null) expect(editedThere).toBeGreaterThan(committed + MARGIN);
          expect(commit.apply !== null || commit.conflicts.length === 1).toBe(true);
          return commit.apply === null ? noted === 0 : noted === 1;
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
