import type { GroupStates } from '../../../../../domain/merge.ts';
import type { RecordView } from '../../../../../domain/protocol/types.ts';
import { judge, type Judgement } from '../../../../../domain/protocol/judge.ts';
import { DEFAULT_SETTINGS } from '../../../../../domain/protocol/settings.ts';
import { BEFORE, mirror, ours, seen } from '../../support/records.ts';

/** A visit of ours as a process sees it; each test says only what it is about. */

export const NOW = '2025-05-01T10:00:06.000Z';
export const ITEM = 'item:701:time';

export const GROUPS: GroupStates = {
  status: { status: 'confirmed', reason: null },
  clientNote: 'cicho',
  [ITEM]: { startsLocal: '2025-06-02T10:00', endsLocal: '2025-06-02T11:00', staff: '11', room: null },
};

export function view(parts: Partial<RecordView> = {}): RecordView {
  return {
    ref: { entity: 'booking', recordId: 'v1' },
    now: NOW,
    version: '1',
    externalId: '501',
    gone: false,
    formerExternalIds: [],
    generation: 1,
    createdByUs: false,
    ours: ours(GROUPS),
    oursThere: GROUPS,
    unmapped: [],
    mirror: mirror(GROUPS),
    observedSentAt: BEFORE,
    frozen: new Set(),
    openConflicts: [],
    intents: [],
    written: [],
    created: null,
    cancelledByUs: [],
    sighting: false,
    evidence: [],
    gate: 'open',
    gateReason: null,
    startsAt: '2025-06-02T08:00:00.000Z',
    endsAt: '2025-06-02T09:00:00.000Z',
    ambiguousTime: false,
    pushUntil: null,
    directionOf: () => 'both',
    policyOf: () => 'manual',
    editedAt: {},
    memory: {},
    ...parts,
  };
}

/** Never linked: what would be made there. */
export function unlinked(parts: Partial<RecordView> = {}): RecordView {
  return view({ externalId: null, mirror: null, observedSentAt: null, ...parts });
}

/** Ours with some groups changed since both sides agreed; `there` says them as Booksy would. */
export function changedHere(changes: GroupStates, parts: Partial<RecordView> = {}): RecordView {
  const groups = { ...GROUPS, ...changes };
  return view({ ours: ours(groups), oursThere: groups, ...parts });
}

/** Judges a read that shows these groups; Booksy's raw code of the status beside. */
export function judged(of: RecordView, theirs: GroupStates = GROUPS): Judgement {
  const found = judge({
    view: of,
    seen: seen(theirs),
    siblings: null,
    answered: null,
    settings: DEFAULT_SETTINGS,
  });
  if (found === null) throw new Error('The read is older than what is known.');
  return found;
}
