import { fingerprint, sameValue } from '../canonical.ts';
import type { GroupDecision, GroupStates } from '../merge.ts';
import type { ProtocolSettings } from './settings.ts';
import type { RecordMemory } from './types.ts';

/** Values of one group that are remembered as read (R4a). */
const VALUES_KEPT = 8;

/**
 * R6: which groups would be turned over once too often, and the turns as they are then. A turn is a value that the engine
 * carries against the direction of the one before; a person's edit here is none, and begins anew. Where nothing is carried, `before` comes back.
 */
export function turnsAfter(
  before: RecordMemory['turns'],
  decisions: readonly GroupDecision[],
  edited: ReadonlySet<string>,
  now: string,
  settings: ProtocolSettings,
): { readonly pingPong: readonly string[]; readonly turns: NonNullable<RecordMemory['turns']> } {
  const turns: Record<string, readonly string[]> = { ...before };
  let changed = false;
  const pingPong: string[] = [];
  const since = Date.parse(now) - settings.turnsWithinMs;
  for (const { group, verdict } of decisions) {
    if (verdict !== 'apply' && verdict !== 'push') continue;
    if (edited.has(group)) {
      changed ||= group in turns;
      Reflect.deleteProperty(turns, group);
      continue;
    }
    const kept = (turns[group] ?? []).filter((turn) => Date.parse(turn.slice(turn.indexOf(':') + 1)) > since);
    const way = verdict === 'apply' ? 'in' : 'out';
    changed = true;
    const turned = kept.at(-1)?.startsWith(way) === true ? kept : [...kept, `${way}:${now}`];
    if (turned.length >= settings.turns) {
      pingPong.push(group);
      Reflect.deleteProperty(turns, group);
    } else turns[group] = turned;
  }
  return { pingPong, turns: changed || before === undefined ? turns : before };
}

/** The values that were read, with those of this read (R4a). Only news is kept: a read that shows nothing new gives `before` back. */
export function readAfter(
  before: RecordMemory['read'],
  remote: GroupStates,
  read: GroupStates,
): NonNullable<RecordMemory['read']> {
  const after: Record<string, readonly string[]> = { ...before };
  let changed = false;
  for (const [group, value] of Object.entries(read)) {
    const known = remote[group];
    if (known === undefined || sameValue(known, value)) continue;
    changed = true;
    const marks = [fingerprint(value), fingerprint(known), ...(after[group] ?? [])];
    after[group] = [...new Set(marks)].slice(0, VALUES_KEPT);
  }
  return changed || before === undefined ? after : before;
}
