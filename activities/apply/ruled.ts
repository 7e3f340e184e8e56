import { loadRule } from '../../infra/rules/load.ts';
import type { Direction } from '../../domain/merge.ts';
import type { RecordPlan } from '../../domain/plan.ts';
import { directionFor, policyFor, type SyncRule } from '../../domain/rules/rules.ts';
import type { EntityBinding } from './binding.ts';
import { isWritten } from './guard.ts';
import type { ApplyScope } from './scope.ts';

/** What the business's rule says about a batch (R8, R9). Kinds that only come in ask nobody. */
export async function ruleOf(scope: ApplyScope, binding: EntityBinding): Promise<SyncRule | null> {
  return isWritten(binding.entity) ? loadRule(scope.tx, scope.businessId) : null;
}

/**
 * Which way a group flows: as the rule says, within what the record itself allows. Reservations only come in, and so does a
 * visit's zone; a card that shares its client with others speaks for what came from it (R38).
 */
export function ruledDirection(
  binding: EntityBinding,
  rule: SyncRule | null,
  card: ((group: string) => Direction) | undefined,
): (group: string) => Direction {
  if (rule === null || binding.mirror.fixed.source === 'reservation') return binding.directionOf;
  return (group) => {
    const own = card?.(group) ?? 'both';
    if (own === 'never' || (binding.entity === 'booking' && group === 'zone'))
      return own === 'never' ? own : 'in';
    const said = directionFor(rule, binding.entity, group);
    return own === 'in' && said === 'both' ? 'in' : said;
  };
}

/** Whether a conflict is not for a person to see yet: a policy decides it, by id (R9). */
export function isDecidedByPolicy(
  binding: EntityBinding,
  rule: SyncRule | null,
  plan: Extract<RecordPlan, { kind: 'merge' }>,
): boolean {
  if (rule === null || plan.conflict === null) return false;
  return plan.conflict.groups.some((group) => policyFor(rule, binding.entity, group) !== 'manual');
}
