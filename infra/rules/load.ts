import { effectiveRule, type SourceSystem, type SyncRule } from '../../domain/rules/rules.ts';
import type { Tx } from '../database/index.ts';
import { parseRule } from './schema.ts';

/** A row of `sync_rules` that is no rule: somebody wrote it past the API. */
export class StoredRuleError extends Error {
  readonly code = 'rule_invalid';
  readonly next: string;

  constructor(businessId: string, ruleId: string, paths: readonly string[]) {
    super(`The sync rule ${ruleId} of business ${businessId} cannot be used: ${paths.join(', ')}.`);
    this.name = 'StoredRuleError';
    this.next = 'Save it again through the API or `booksy rules import`, which check it, or delete the row.';
  }
}

export interface RuleRow {
  readonly id: string;
  readonly name: string;
  readonly source_system: string;
  readonly priority: number;
  readonly conditions: unknown;
  readonly actions: unknown;
  readonly policies: unknown;
  readonly directions: unknown;
  readonly active: boolean;
  readonly version: number;
  readonly updated_at: Date;
  readonly updated_by: string;
}

/**
 * The rule of a row.
 *
 * @throws {StoredRuleError} where it is none. Leaving it out could send what it keeps here, so nothing is guessed.
 */
export function ruleOfRow(businessId: string, row: RuleRow): SyncRule {
  const parsed = parseRule({
    id: row.id,
    name: row.name,
    sourceSystem: row.source_system,
    priority: row.priority,
    conditions: row.conditions,
    actions: row.actions,
    policies: row.policies,
    directions: row.directions,
    active: row.active,
  });
  if ('rule' in parsed) return parsed.rule;
  throw new StoredRuleError(
    businessId,
    row.id,
    parsed.faults.map(({ path }) => path),
  );
}

/** Every rule of a business, the active ones and the others, by id. */
export async function loadRules(db: Pick<Tx, '$queryRaw'>, businessId: string): Promise<readonly SyncRule[]> {
  const rows = await db.$queryRaw<RuleRow[]>`
    SELECT id, name, source_system, priority, conditions, actions, policies, directions, active, version, updated_at, updated_by
      FROM sync_rules WHERE business_id = ${businessId}::uuid ORDER BY id COLLATE "C"`;
  return rows.map((row) => ruleOfRow(businessId, row));
}

/**
 * The rule that counts for a business now (R25); the default rule where it has none. One statement; read it for each
 * plan, so that a change is effective on the next one.
 *
 * @param sourceSystem whose changes it is about; `both` for what merges the two
 * @throws {StoredRuleError}
 */
export async function loadRule(
  db: Pick<Tx, '$queryRaw'>,
  businessId: string,
  sourceSystem: SourceSystem = 'both',
): Promise<SyncRule> {
  return effectiveRule(await loadRules(db, businessId), sourceSystem);
}

/**
 * The rule that counts for each of some businesses now, by one statement.
 *
 * @returns a look-up that throws {StoredRuleError} for a business with a row that is no rule, and for no other
 */
export async function loadRuleOfEach(
  db: Pick<Tx, '$queryRaw'>,
  businessIds: readonly string[],
): Promise<(businessId: string) => SyncRule> {
  const rows = await db.$queryRaw<(RuleRow & { readonly business_id: string })[]>`
    SELECT /* prepared */ business_id::text AS business_id, id, name, source_system, priority, conditions, actions, policies, directions,
           active, version, updated_at, updated_by
      FROM sync_rules WHERE business_id = ANY(${[...businessIds]}::uuid[]) ORDER BY id COLLATE "C"`;
  const known = new Map<string, SyncRule>();
  return (businessId) => {
    const rule =
      known.get(businessId) ??
      effectiveRule(
        rows.filter((row) => row.business_id === businessId).map((row) => ruleOfRow(businessId, row)),
        'both',
      );
    known.set(businessId, rule);
    return rule;
  };
}
