import { describe, expect, it } from 'vitest';
import { createOf } from '../../../../domain/protocol/create.ts';
import { ours } from '../support/records.ts';
import { changedHere, GROUPS, ITEM, judged, NOW, unlinked, view } from './support/view.ts';

/** What a process wishes to write there, and what it leaves alone with a reason (R23, R25, R8, R11). */

const status = (word: string, reason: string | null = null) => ({ status: word, reason });
const withStatus = (word: string, reason: string | null = null) => ({
  ...GROUPS,
  status: status(word, reason),
});

describe('R23 statuses', () => {
  it.each(['pending', 'confirmed', 'proposed'])('a visit that holds its time as %s is made there', (word) => {
    const groups = withStatus(word);
    const { wish } = createOf(unlinked({ ours: ours(groups), oursThere: groups }), 1);
    expect(wish).toMatchObject({ operation: 'create', importUid: 'v1:1', body: { status: status(word) } });
  });

  it.each(['cancelled', 'no_show', 'completed'])('one that is %s is not', (word) => {
    const groups = withStatus(word);
    const made = createOf(
      unlinked({ ours: ours(groups, { ended: word !== 'completed' }), oursThere: groups }),
      1,
    );
    expect(made).toMatchObject({ wish: null, conflicts: [] });
  });

  const modified = { ...withStatus('confirmed', 'changed_by_client'), statusCode: 'M' };
  const waiting = withStatus('pending');
  /** Ours says yes; there its client has changed it since. */
  const saysYes = () =>
    changedHere(
      { status: status('confirmed') },
      { mirror: { ...view().mirror!, baseTheirs: modified, baseOurs: waiting, remote: modified } },
    );

  it('a visit that its client modified is never confirmed by us, whoever confirms it here', () => {
    const found = judged(saysYes(), modified);
    expect(found).toMatchObject({ wish: null, outcome: 'held' });
    expect(found.commit.notes).toEqual([{ code: 'client_modified', groups: ['status'] }]);
    expect(found.commit.conflicts).toEqual([]);
  });

  it('its other groups still go, and a cancel does', () => {
    const noted = saysYes();
    const groups = { ...noted.ours!.groups, clientNote: 'inna' };
    expect(judged({ ...noted, ours: ours(groups), oursThere: groups }, modified).wish).toMatchObject({
      operation: 'change',
      groups: ['clientNote'],
    });
    const ended = { ...noted.ours!.groups, status: status('cancelled', 'cancelled') };
    expect(
      judged({ ...noted, ours: ours(ended, { ended: true }), oursThere: ended }, modified).wish,
    ).toMatchObject({ operation: 'status', step: 'cancel' });
  });

  it('one that waits is confirmed by us once it is confirmed here', () => {
    const known = { ...view().mirror!, baseTheirs: waiting, baseOurs: waiting, remote: waiting };
    const found = judged(changedHere({ status: status('confirmed') }, { mirror: known }), {
      ...waiting,
      statusCode: 'W',
    });
    expect(found.wish).toMatchObject({ operation: 'status', step: 'confirm', groups: ['status'] });
  });
});

describe('R25 so far ahead and no further', () => {
  const starts = view().startsAt!;
  const before = new Date(Date.parse(starts) - 1).toISOString();

  it.each([
    ['at the limit', starts, true],
    ['a moment beyond it', before, false],
    ['without a limit', null, true],
  ])('a create %s', (_, pushUntil, goes) => {
    const made = createOf(unlinked({ pushUntil }), 1);
    expect(made.wish !== null).toBe(goes);
    // Nothing is wrong with it: it goes when its time comes.
    expect(made.conflicts).toEqual([]);
    expect(made.held).toBe(!goes);
    if (!goes) expect(made.notes).toMatchObject([{ code: 'beyond_max_advance' }]);
  });

  it('holds a change back beyond it, and no cancel', () => {
    const noted = judged(changedHere({ clientNote: 'inna' }, { pushUntil: before }));
    expect(noted).toMatchObject({ wish: null, outcome: 'held' });
    expect(noted.commit.notes).toEqual([{ code: 'beyond_max_advance', groups: ['clientNote'] }]);
    const groups = { ...GROUPS, status: status('cancelled', 'cancelled') };
    const ended = judged(view({ ours: ours(groups, { ended: true }), oursThere: groups, pushUntil: before }));
    expect(ended.wish).toMatchObject({ step: 'cancel' });
  });

  it('never holds back what comes in', () => {
    const found = judged(view({ pushUntil: before }), { ...GROUPS, clientNote: 'stamtąd' });
    expect(found.commit.apply?.groups).toEqual(['clientNote']);
  });
});

describe('what has no counterpart there', () => {
  it('is a conflict and no create: half a visit is none', () => {
    const { [ITEM]: _, ...sayable } = GROUPS;
    const made = createOf(unlinked({ oursThere: sayable, unmapped: [ITEM] }), 1);
    expect(made.wish).toBeNull();
    expect(made.conflicts).toMatchObject([{ kind: 'unmapped', groups: [ITEM], reason: 'no_counterpart' }]);
  });

  it('of a change waits with its conflict while the other groups go', () => {
    const moved = { ...(GROUPS[ITEM] as object), staff: 'nobody' };
    const groups = { ...GROUPS, [ITEM]: moved, clientNote: 'inna' };
    const { [ITEM]: _, ...sayable } = groups;
    const found = judged(view({ ours: ours(groups), oursThere: sayable, unmapped: [ITEM] }));
    expect(found.wish).toMatchObject({
      operation: 'change',
      groups: ['clientNote'],
      body: { clientNote: 'inna' },
    });
    expect(found.wish?.body).not.toHaveProperty(ITEM);
    expect(found.commit.conflicts).toMatchObject([{ kind: 'unmapped', groups: [ITEM] }]);
  });

  it('is told once, and lifted by itself once there is one', () => {
    const moved = { ...(GROUPS[ITEM] as object), staff: '12' };
    const groups = { ...GROUPS, [ITEM]: moved };
    const { [ITEM]: _, ...sayable } = groups;
    const open = {
      frozen: new Set([ITEM]),
      openConflicts: [{ kind: 'unmapped', groups: [ITEM], otherExternalId: null }],
    };
    const still = judged(view({ ours: ours(groups), oursThere: sayable, unmapped: [ITEM], ...open }));
    expect(still.commit).toMatchObject({ conflicts: [], lifted: [] });
    const mended = judged(view({ ours: ours(groups), oursThere: groups, ...open }));
    expect(mended.commit.lifted).toEqual(['unmapped']);
    expect(mended.wish).toMatchObject({ groups: [ITEM], body: { [ITEM]: moved } });
  });
});

describe('what has begun or is over', () => {
  it('R18, R30 is never made there, from the very moment', () => {
    expect(createOf(unlinked({ startsAt: NOW }), 1).wish).toBeNull();
    expect(
      createOf(unlinked({ startsAt: new Date(Date.parse(NOW) + 1).toISOString() }), 1).wish,
    ).not.toBeNull();
  });

  it('R18 is changed there no more once it is over, but for its outcome', () => {
    const over = { startsAt: '2025-05-01T08:00:00.000Z', endsAt: NOW };
    expect(judged(changedHere({ clientNote: 'inna' }, over)).commit.notes).toMatchObject([
      { code: 'past_visit' },
    ]);
    expect(judged(changedHere({ status: status('completed') }, over)).wish).toMatchObject({ step: 'finish' });
  });
});
