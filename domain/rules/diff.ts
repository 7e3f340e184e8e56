import { canonicalJson, sameValue, type Json } from '../canonical.ts';
import type { SyncRule } from './rules.ts';

/** One value of a rule before and after; `undefined` where there is none. */
export interface FieldDiff {
  /** E.g. `conditions.maxAdvanceBooking` or `policies.booking.time`. */
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

export interface RuleDiff {
  readonly id: string;
  readonly change: 'create' | 'update' | 'delete' | 'unchanged';
  readonly fields: readonly FieldDiff[];
}

/** What makes `after` of `before`, value by value, sorted by path; null is a rule that is not there. */
export function diffRule(before: SyncRule | null, after: SyncRule | null): RuleDiff {
  const [old, next] = [leaves(before), leaves(after)];
  const paths = [...new Set([...old.keys(), ...next.keys()])].sort();
  const fields = paths
    .filter((path) => !sameValue(old.get(path), next.get(path)))
    .map((path) => ({ path, before: old.get(path), after: next.get(path) }));
  const id = (after ?? before)?.id ?? '';
  if (before === null) return { id, change: 'create', fields };
  if (after === null) return { id, change: 'delete', fields };
  return { id, change: fields.length === 0 ? 'unchanged' : 'update', fields };
}

/**
 * What a file of rules would do, by id. Rules that it does not name stay, unless it replaces the set.
 */
export function diffRules(
  present: readonly SyncRule[],
  file: readonly SyncRule[],
  replace: boolean,
): readonly RuleDiff[] {
  const before = new Map(present.map((rule) => [rule.id, rule]));
  const after = new Map(file.map((rule) => [rule.id, rule]));
  const ids = [...new Set([...(replace ? before.keys() : []), ...after.keys()])].sort();
  return ids.map((id) => diffRule(before.get(id) ?? null, after.get(id) ?? null));
}

/** One text per content of a rule, whatever the order of its keys. */
export function ruleText(rule: SyncRule): string {
  return canonicalJson(asJson(rule));
}

function asJson(rule: SyncRule): Json {
  const { bufferTimes, maxAdvanceBooking } = rule.conditions;
  return {
    id: rule.id,
    name: rule.name,
    sourceSystem: rule.sourceSystem,
    priority: rule.priority,
    conditions: { bufferTimes: { before: bufferTimes.before, after: bufferTimes.after }, maxAdvanceBooking },
    actions: { ...rule.actions },
    policies: { ...rule.policies },
    directions: { ...rule.directions },
    active: rule.active,
  };
}

function leaves(rule: SyncRule | null): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>();
  if (rule !== null) collect(asJson(rule), '', found);
  return found;
}

function collect(value: Json, path: string, into: Map<string, Json>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    into.set(path, value);
    return;
  }
  for (const [key, child] of Object.entries(value))
    collect(child, path === '' ? key : `${path}.${key}`, into);
}
