import type { Json } from '../canonical.ts';
import type { GroupStates } from '../merge.ts';
import type { RecordPlan } from '../plan.ts';
import { dayOfGroup } from '../states/hours.ts';
import type { SeenRecord } from '../states/seen.ts';
import { isEnded } from '../states/visit.ts';
import { stepFor } from '../states/visit-there.ts';
import { conflict } from './commit.ts';
import { createOf } from './create.ts';
import type { RecordView } from './types.ts';
import { held, NO_WISH, type Wish } from './wishes.ts';

export interface WishInput {
  readonly view: RecordView;
  readonly seen: SeenRecord;
  readonly plan: Extract<RecordPlan, { kind: 'merge' }>;
  /** A write is unknown: only a cancel may pass it (R14a). */
  readonly blocked: boolean;
}

/**
 * The one write that a linked record needs next. A visit's fields go before its status; a cancel goes alone and first, because
 * nothing else of a cancelled visit matters.
 */
export function wishFor(input: WishInput): Wish {
  const { view, seen, plan } = input;
  const { ours } = view;
  if (ours === null || plan.push.length === 0) return NO_WISH;
  const pushesStatus = view.ref.entity === 'booking' && plan.push.includes('status');
  if (view.ref.entity === 'booking' && isEnded(seen.theirs)) {
    // R16: there is no un-cancel; the old one was read as cancelled just now. Otherwise both are at an end.
    if (ours.ended || !pushesStatus) return NO_WISH;
    return input.blocked ? NO_WISH : revive(view);
  }
  if (ours.ended && view.ref.entity === 'booking') return pushesStatus ? statusStep(view, seen) : NO_WISH;
  if (input.blocked) return NO_WISH;
  const fields = plan.push.filter((group) => view.ref.entity !== 'booking' || group !== 'status');
  const change = fields.length === 0 ? NO_WISH : changeFields(view, seen, fields);
  if (change.wish !== null || !pushesStatus) return change;
  const step = statusStep(view, seen);
  return {
    ...step,
    conflicts: [...change.conflicts, ...step.conflicts],
    notes: [...change.notes, ...step.notes],
    held: change.held || step.held,
  };
}

/** R16: a revived visit is a new generation and a new appointment. */
export function revive(view: RecordView): Wish {
  const generation = view.generation + 1;
  const made = createOf(view, generation);
  return made.wish === null ? made : { ...made, generation };
}

function changeFields(view: RecordView, seen: SeenRecord, groups: readonly string[]): Wish {
  if (view.gate !== 'open') return held(view.gateReason ?? 'gate_shut', groups);
  // A visit that is over is the salon's history: only its outcome is still told (R18).
  if (view.endsAt !== null && view.endsAt <= view.now) return held('past_visit', groups);
  if (view.pushUntil !== null && view.startsAt !== null && view.startsAt > view.pushUntil)
    return held('beyond_max_advance', groups);
  const timed = groups.filter((group) => group.endsWith(':time'));
  const ambiguous = view.ambiguousTime ? timed : [];
  const unmapped = groups.filter((group) => view.unmapped.includes(group));
  const conflicts = [
    ...(ambiguous.length === 0 ? [] : [conflict('ambiguous_local_time', ambiguous, 'local_time_ambiguous')]),
    ...(unmapped.length === 0 ? [] : [conflict('unmapped', unmapped, 'no_counterpart')]),
  ];
  const sayable = groups.filter((group) => !ambiguous.includes(group) && !unmapped.includes(group));
  if (sayable.length === 0) return { ...NO_WISH, conflicts };
  const { going, replaced } = writtenTogether(view, seen, sayable);
  const body: Record<string, Json> = {};
  for (const group of going) {
    const value = view.oursThere[group];
    if (value !== undefined) body[group] = value;
  }
  return {
    ...NO_WISH,
    conflicts,
    more: going.length < sayable.length,
    wish: {
      operation: 'change',
      externalId: view.externalId,
      importUid: null,
      generation: view.generation,
      step: null,
      groups: going,
      body,
      preImage: replaced,
      held: view.ours?.groups ?? {},
      counters: view.ours?.counters ?? {},
    },
  };
}

/**
 * What one call writes, and all that it replaces: the whole object, but for custom days, of which each is written by itself (R14).
 */
function writtenTogether(
  view: RecordView,
  seen: SeenRecord,
  groups: readonly string[],
): { readonly going: readonly string[]; readonly replaced: GroupStates } {
  const [first] = groups;
  if (view.ref.entity !== 'hours' || first === undefined || dayOfGroup(first).date === null)
    return { going: groups, replaced: seen.theirs };
  const read = seen.theirs[first];
  return { going: [first], replaced: read === undefined ? {} : { [first]: read } };
}

function statusStep(view: RecordView, seen: SeenRecord): Wish {
  const wanted = view.oursThere.status ?? null;
  // R23: what the client changed is for the salon to accept, not for us.
  if (seen.theirs.statusCode === 'M' && !isEnded({ status: wanted }))
    return held('client_modified', ['status']);
  const step = stepFor(seen.theirs.status, wanted);
  if (step === null)
    return { ...NO_WISH, conflicts: [conflict('refused_by_booksy', ['status'], 'status_not_reachable')] };
  const ends = step === 'cancel' || step === 'decline';
  // R30: cancels go out through a pause as well.
  if (view.gate === 'shut' || (view.gate === 'cancels_only' && !ends))
    return held(view.gateReason ?? 'gate_shut', ['status']);
  return {
    ...NO_WISH,
    wish: {
      operation: 'status',
      externalId: view.externalId,
      importUid: null,
      generation: view.generation,
      step,
      groups: ['status'],
      body: { status: wanted },
      preImage: seen.theirs,
      held: view.ours?.groups ?? {},
      counters: view.ours?.counters ?? {},
    },
  };
}
