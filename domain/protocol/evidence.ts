import { fingerprint, sameValue, type Json } from '../canonical.ts';
import type { MirrorState } from '../plan.ts';
import type { SeenRecord } from '../states/seen.ts';
import { conflict } from './commit.ts';
import { later } from './settings.ts';
import type { Evidence, Intent, ProtocolConflict, RecordView } from './types.ts';
import { carried, sameThere } from './words.ts';

/**
 * How long before its intent a write's read may lie: a lease's length, for both happen under one. News that came earlier was seen
 * by that read.
 */
const READ_BEFORE_INTENT_MS = 30_000;

/**
 * R4a: a webhook's body is never applied, but it is evidence. A value in it that nobody read and that a write of ours now
 * covers was overwritten in the gap between our read and our write: a person is told. News that came while our write was on
 * its way is judged with its answer.
 *
 * @param answered the write that Booksy answered with `seen`: its row is still open, but it acted
 */
export function judgeEvidence(
  view: RecordView,
  known: Pick<MirrorState, 'remote' | 'baseTheirs' | 'baseOurs'>,
  seen: SeenRecord,
  answered: Intent | null,
): { readonly judged: readonly string[]; readonly conflicts: readonly ProtocolConflict[] } {
  const writes = [...view.written, ...view.intents].filter(
    ({ id, operation, state }) =>
      operation === 'change' && state !== 'unsent' && (state !== 'open' || id === answered?.id),
  );
  const lost = new Map<string, { readonly value: Json; readonly intentId: string }>();
  for (const evidence of view.evidence.filter(({ externalId }) => externalId === view.externalId)) {
    for (const [group, value] of Object.entries(evidence.theirs)) {
      if (view.directionOf(group) !== 'both' && view.directionOf(group) !== 'out') continue;
      if (wasRead(view, known, seen, group, value)) continue;
      const over = writes.find((write) => covers(write, evidence, group, value, seen, known));
      if (over !== undefined) lost.set(group, { value, intentId: over.id });
    }
  }
  const groups = [...lost.keys()].sort();
  const [first] = groups;
  if (first === undefined) return { judged: view.evidence.map(({ id }) => id), conflicts: [] };
  const values = Object.fromEntries([...lost].map(([group, { value }]) => [group, value]));
  const intentId = lost.get(first)?.intentId ?? null;
  return {
    judged: view.evidence.map(({ id }) => id),
    conflicts: [
      conflict('overwritten_at_booksy', groups, 'changed_between_read_and_write', { intentId, values }),
    ],
  };
}

function wasRead(
  view: RecordView,
  known: Pick<MirrorState, 'remote' | 'baseTheirs'>,
  seen: SeenRecord,
  group: string,
  value: Json,
): boolean {
  if ([seen.theirs[group], known.remote[group], known.baseTheirs[group]].some((one) => sameValue(one, value)))
    return true;
  const marks = view.memory.read?.[group];
  return marks !== undefined && marks.includes(fingerprint(value));
}

function covers(
  write: Intent,
  evidence: Evidence,
  group: string,
  value: Json,
  seen: SeenRecord,
  known: Pick<MirrorState, 'baseTheirs' | 'baseOurs'>,
): boolean {
  if (evidence.receivedAt < later(write.openedAt, -READ_BEFORE_INTENT_MS)) return false;
  // A PUT leaves the status alone where it may (R13a).
  if (group === 'status' && !write.groups.includes(group)) return false;
  const whole = carried(write);
  if (!(group in whole) || sameValue(write.preImage[group], value)) return false;
  if (sameThere(group, seen.theirs[group], whole[group])) return true;
  // Or what Booksy made of it stands there, as its answer said (R6).
  return (
    write.groups.includes(group) &&
    sameValue(known.baseTheirs[group], seen.theirs[group]) &&
    sameValue(known.baseOurs[group], write.held[group])
  );
}
