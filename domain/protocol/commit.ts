import type { ConflictFound } from '../plan.ts';
import type { Commit, IntentChange, NewIntent } from './port.ts';
import type { Intent, OpenConflict, ProtocolConflict, RecordView } from './types.ts';

/** A commit that writes nothing yet. */
export const NOTHING: Commit = {
  apply: null,
  mirror: null,
  gone: null,
  link: null,
  generation: null,
  intents: [],
  open: null,
  conflicts: [],
  equalised: [],
  judged: [],
  clearsBox: false,
  lifted: [],
  memory: null,
  notes: [],
};

/** Conflicts whose cause ends by itself: they are judged anew each time and freeze nothing here. */
const LIFTED_BY_THEMSELVES = ['unmapped', 'ambiguous_local_time'] as const;
export type LiftedKind = (typeof LIFTED_BY_THEMSELVES)[number];

/** Groups on open conflicts that a person, or an equality, has to end (R10, R10a). */
export function frozenGroups(view: RecordView): ReadonlySet<string> {
  const lasting = view.openConflicts.filter(({ kind }) => !isLifted(kind));
  if (lasting.length === view.openConflicts.length) return view.frozen;
  const held = new Set(lasting.flatMap(({ groups }) => groups));
  const loose = new Set(
    view.openConflicts.filter(({ kind }) => isLifted(kind)).flatMap(({ groups }) => groups),
  );
  return new Set([...view.frozen].filter((group) => held.has(group) || !loose.has(group)));
}

function isLifted(kind: string): kind is LiftedKind {
  return LIFTED_BY_THEMSELVES.some((name) => name === kind);
}

/** Open conflicts of these kinds whose cause was not found again. */
export function liftedKinds(
  view: RecordView,
  found: readonly ProtocolConflict[],
): readonly ProtocolConflict['kind'][] {
  const open = view.openConflicts.map(({ kind }) => kind).filter(isLifted);
  return [...new Set(open)].filter((kind) => !found.some((conflict) => conflict.kind === kind));
}

/** A conflict that says no more than its groups. */
export function conflict(
  kind: ProtocolConflict['kind'],
  groups: readonly string[],
  reason: string,
  more: Partial<Pick<ProtocolConflict, 'intentId' | 'values' | 'otherExternalId'>> = {},
): ProtocolConflict {
  return { kind, groups, reason, intentId: null, values: null, otherExternalId: null, ...more };
}

/** The merge's conflict in the protocol's words. */
export function mergeConflict(found: ConflictFound): ProtocolConflict {
  const reasons: Record<ConflictFound['kind'], string> = {
    field: 'changed_on_both_sides',
    changed_against_cancelled: 'changed_and_cancelled',
    deleted_against_changed: 'deleted_and_changed',
  };
  return conflict(found.kind, found.groups, reasons[found.kind]);
}

/**
 * Whether an open conflict says the same already: one per record and kind, told once (R10). Of doubles one card is enough: who
 * looks at it sees them all.
 */
export function isTold(open: readonly OpenConflict[], found: ProtocolConflict): boolean {
  return open.some(
    ({ kind, groups }) =>
      kind === found.kind && found.values === null && found.groups.every((group) => groups.includes(group)),
  );
}

/** An intent that is in nobody's way any more. */
export function endIntent(intent: Intent, state: IntentChange['state']): IntentChange {
  return { id: intent.id, state, dueAt: null, rememberedUntil: null };
}

/** An intent that may still act: looked at again when its memory ends (R14b). */
export function rememberIntent(
  intent: Intent,
  state: IntentChange['state'],
  until: string,
  more: Partial<Pick<IntentChange, 'lookedUpAt' | 'meanwhile'>> = {},
): IntentChange {
  return { id: intent.id, state, dueAt: until, rememberedUntil: until, ...more };
}

/** The same write once more, as it was committed the first time (R15a). */
export function repeated(intent: Intent): NewIntent {
  const { operation, externalId, importUid, generation, step, groups } = intent;
  const { body, preImage, held, counters } = intent;
  return { operation, externalId, importUid, generation, step, groups, body, preImage, held, counters };
}
