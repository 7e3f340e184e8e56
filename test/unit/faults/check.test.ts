import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { judge } from '../../faults/check.ts';
import { createHistory, type Edit, type History, type SubjectKind } from '../../faults/history.ts';
import type { SalonState, VisitState } from '../../faults/state.ts';
import { plansOf } from '../../faults/run.ts';
import { SALON_FAULTS } from '../../faults/faults.ts';
import { naiveDefects } from '../../faults/naive.ts';
import { createRandom } from '../../../simulator/random.ts';
import { scriptOf } from '../../faults/script.ts';
import { STORMS } from '../../faults/storms.ts';
import type { Values } from '../../faults/values.ts';

/** The checker of the fault runs must find what it looks for: each fault of TRUST §3.1 is put before it once. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const LIVE: Values = { life: 'live', time: '10', note: 'a', email: null };

function state(visit: Partial<VisitState>, over: Partial<SalonState> = {}): SalonState {
  const whole: VisitState = {
    here: LIVE,
    there: LIVE,
    disputed: false,
    wasDisputed: false,
    inGap: () => false,
    ...visit,
  };
  return { visits: new Map([['v', whole]]), overlaps: [], doubledUids: [], unequal: [], audit: [], ...over };
}

type Told = Partial<Edit> & Pick<Edit, 'group' | 'value'>;

const history = (...edits: readonly Told[]): History => historyOf('visit', ...edits);

function historyOf(kind: SubjectKind, ...edits: readonly Told[]): History {
  const told = createHistory(() => 0);
  const made = edits.some(({ kind }) => kind === 'create');
  told.addSubject({
    key: 'v',
    kind,
    madeBy: made ? 'platform' : 'seed',
    recordId: 'b',
    externalId: 1,
  });
  for (const edit of edits) {
    told.add({
      side: 'platform',
      kind: 'note',
      subject: 'v',
      before: null,
      outcome: 'ok',
      detail: '',
      ...edit,
    });
  }
  return told;
}

const found = (told: History, seen: SalonState) =>
  judge(told, seen).violations.map(({ invariant, verdict }) => `${invariant} ${verdict}`);

const made: Told = { kind: 'create', group: 'life', value: 'live' };
const ended: Told = { kind: 'cancel', group: 'life', value: 'ended', before: 'live' };
const CARD: Values = { life: 'live', time: null, note: null, email: 'a@poczta.example' };
const email: Told = { kind: 'email', group: 'email', value: 'b@poczta.example', before: 'a@poczta.example' };
const over = { ...LIVE, life: 'ended' as const };

describe('the checker of fault runs', () => {
  it.each([
    [
      'I1: what was booked is gone on both sides',
      history(made),
      state({ here: null, there: null }),
      ['I1 lost'],
    ],
    ['I1: what was booked never came to Booksy', history(made), state({ there: null }), ['I1 lost']],
    ['I9: a visit that nobody ended is over', history(), state({ here: over, there: over }), ['I9 lost']],
    ['I5: what was ended lives again', history(made, ended), state({}), ['I5 resurrected']],
    ['I5: … at Booksy only', history(made, ended), state({ here: over }), ['I5 resurrected']],
    ['I4: both sides differ', history(), state({ there: { ...LIVE, note: 'b' } }), ['I4 other']],
    [
      'I8: an older value stands over a newer one',
      history({ group: 'note', value: 'a' }, { group: 'note', value: 'b', before: 'a' }),
      state({}),
      ['I8 lost'],
    ],
    ['I8: a value that nobody wrote', history({ group: 'note', value: 'z' }), state({}), ['I8 lost']],
    [
      'I1: of two that did not know of each other one is lost in silence',
      history(
        { group: 'note', value: 'a', before: 'x' },
        { side: 'booksy', group: 'note', value: 'b', before: 'x' },
      ),
      state({}),
      ['I1 lost'],
    ],
    ['I2: an overlap', history(), state({}, { overlaps: ['one and other'] }), ['I2 doubled']],
    [
      'I3: one create, two visits',
      history(),
      state({}, { doubledUids: ['b lives 2 times'] }),
      ['I3 createdTwice'],
    ],
    [
      'I8: a client keeps an older e-mail',
      historyOf('client', email),
      state({ here: CARD, there: CARD }),
      ['I8 lost'],
    ],
    [
      'I4: an e-mail that never came to the other side',
      historyOf('client', email),
      state({ here: CARD, there: { ...CARD, email: 'b@poczta.example' } }),
      ['I4 other'],
    ],
    ['I1: a block never came to Booksy', historyOf('block', made), state({ there: null }), ['I1 lost']],
    [
      'I5: a block that was taken away is there again',
      historyOf('block', made, ended),
      state({ here: null }),
      ['I5 resurrected'],
    ],
    ['I7: a write without its line', history(), state({}, { audit: ['b'] }), ['I7 other']],
  ])('finds %s', (_, told, seen, wanted) => {
    expect(found(told, seen)).toEqual(wanted);
  });

  it.each([
    ['an edit that arrived', history({ group: 'note', value: 'a' }), state({})],
    ['a visit that nobody touched', history(), state({})],
    ['what was ended and is over', history(made, ended), state({ here: over, there: over })],
    ['what was deleted', history(made, { ...ended, kind: 'delete' }), state({ here: null, there: over })],
    [
      'a booking that was refused',
      history({ ...made, outcome: 'failed' }),
      state({ here: null, there: null }),
    ],
    [
      'one whose answer was lost and that did not act',
      history({ ...made, outcome: 'unknown' }),
      state({ here: null, there: null }),
    ],
    [
      'an edit that another replaced knowingly',
      history({ group: 'note', value: 'x' }, { side: 'booksy', group: 'note', value: 'a', before: 'x' }),
      state({}),
    ],
    [
      'an edit that wrote what was there',
      history(
        { group: 'note', value: 'a', before: 'x' },
        { side: 'booksy', group: 'note', value: 'x', before: 'x' },
      ),
      state({}),
    ],
    [
      'an edit whose answer was lost and that did not act',
      history({ group: 'note', value: 'z', before: 'a', outcome: 'unknown' }),
      state({}),
    ],
    ['what a person is asked about', history(made), state({ there: null, disputed: true })],
    [
      'an ended visit that was revived',
      history(made, ended, { kind: 'revive', group: 'life', value: 'live', before: 'ended' }),
      state({}),
    ],
  ])('finds nothing in %s', (_, told, seen) => {
    expect(found(told, seen)).toEqual([]);
  });

  it('counts what was lost about a write of ours, and excuses nothing', () => {
    const told = history(
      { group: 'note', value: 'a', before: 'x' },
      { side: 'booksy', group: 'note', value: 'b', before: 'x' },
    );
    const judged = judge(told, state({ inGap: () => true }));
    expect(judged.violations.map(({ verdict }) => verdict)).toEqual(['lost']);
    expect(judged.inTheGap).toEqual(['note of v']);
  });
});

describe('the plan of fault runs', () => {
  const options = { seed: '7', runs: 40, size: 8, onlyWave: null, onlyFaults: null };

  it('is fixed by its seed', () => {
    expect(plansOf(options)).toEqual(plansOf(options));
    expect(plansOf({ ...options, seed: '8' })).not.toEqual(plansOf(options));
  });

  it.each([
    ['change_answer_lost', 'platform', 'note', 'a1'],
    ['request_never_arrives', 'platform', 'note', 'a1'],
    ['step_answer_lost', 'platform', 'cancel', 'a2'],
    ['cancel_acts_late', 'platform', 'cancel', 'a2'],
    ['webhook_dropped', 'booksy', 'note', 'a3'],
  ])('has an edit that surely causes the call that %s lies in wait for', (fault, side, deed, subject) => {
    for (const seed of ['1', '2', '3']) {
      const { steps } = scriptOf(seed, createRandom(seed), [fault], []);
      expect(steps.some((step) => step.side === side && step.deed === deed && step.subject === subject)).toBe(
        true,
      );
    }
  });

  it('deals every fault, and no run one fault twice', () => {
    const plans = plansOf(options);
    const runs = plans.flatMap((plan) => plan.runs);
    expect(runs).toHaveLength(40);
    expect(new Set(runs.flatMap(({ faults }) => faults))).toEqual(new Set(Object.keys(SALON_FAULTS)));
    expect(new Set(plans.flatMap(({ storms }) => storms))).toEqual(new Set(Object.keys(STORMS)));
    for (const { faults } of runs) expect(new Set(faults).size).toBe(faults.length);
  });
});

describe('the naive baseline', () => {
  it('takes something out of the engine with each of its defects', async () => {
    const defects = naiveDefects();
    expect(defects.length).toBeGreaterThan(8);
    for (const { name, file, find, replace } of defects) {
      const text = await readFile(join(ROOT, file), 'utf8');
      expect(text.split(find), `${name}: ${file}`).toHaveLength(2);
      expect(replace).not.toBe(find);
    }
  });
});
