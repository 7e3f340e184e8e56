import { planRecord, type MirrorState } from '../plan.ts';
import { isEnded } from '../states/visit.ts';
import { stepFor } from '../states/visit-there.ts';
import { frozenGroups, isTold, mergeConflict, NOTHING } from './commit.ts';
import type { Judgement, JudgeInput } from './judge.ts';
import type { NewIntent } from './port.ts';
import { CANCELLED } from './siblings.ts';
import type { RecordView } from './types.ts';
import type { WritesSeen } from './writes.ts';

/** The record was deleted here: it ends there as well, unless it changed there since (a person decides). */
export function judgeDeleted(
  { view, seen }: JudgeInput,
  known: Omit<MirrorState, 'recordId'>,
  writes: WritesSeen,
): Judgement {
  const plan = planRecord({
    seen,
    mirror: { ...known, recordId: view.ref.recordId, observedReceivedAt: '' },
    ours: null,
    frozen: new Set(),
    directionOf: view.directionOf,
  });
  const found = plan.kind === 'merge' && plan.conflict !== null ? mergeConflict(plan.conflict) : null;
  const ended = view.ref.entity === 'booking' && isEnded(seen.theirs);
  const disputed = found !== null && !ended;
  const open = frozenGroups(view).size > 0;
  const wish = disputed || open || ended ? null : removal(view, seen.theirs.status, seen.theirs);
  const cancels = wish?.operation === 'status';
  const shut = view.gate === 'shut' || (view.gate === 'cancels_only' && !cancels);
  const blocked = writes.blocked && !(cancels && writes.waiting.size > 0 && !writes.waiting.has('status'));
  return {
    commit: {
      ...NOTHING,
      mirror: {
        seen,
        remote: plan.kind === 'merge' ? plan.remote : known.remote,
        baseTheirs: known.baseTheirs,
        baseOurs: known.baseOurs,
        settled: [],
        counters: {},
      },
      intents: writes.changes,
      conflicts: [...writes.conflicts, ...(disputed ? [found] : [])].filter(
        (one) => !isTold(view.openConflicts, one),
      ),
      judged: view.evidence.map(({ id }) => id),
      clearsBox: true,
      notes: wish !== null && shut ? [{ code: view.gateReason ?? 'gate_shut', groups: wish.groups }] : [],
    },
    wish: shut || blocked ? null : wish,
    generation: null,
    outcome: writes.blocked ? 'waiting' : wish !== null && shut ? 'held' : 'in_step',
    dueAt: writes.dueAt,
  };
}

/** A visit is cancelled there, anything else is removed. */
function removal(
  view: RecordView,
  status: NewIntent['body'][string] | undefined,
  preImage: NewIntent['preImage'],
): NewIntent | null {
  const common = {
    externalId: view.externalId,
    importUid: null,
    generation: view.generation,
    preImage,
    held: {},
    counters: {},
  };
  if (view.ref.entity !== 'booking') {
    return { ...common, operation: 'remove', step: null, groups: [], body: {} };
  }
  const step = stepFor(status, CANCELLED);
  if (step === null) return null;
  return { ...common, operation: 'status', step, groups: ['status'], body: { status: CANCELLED } };
}
