import { DEFAULT_RULE } from '../../domain/rules/rules.ts';
import type { Db } from '../database/index.ts';

/**
 * Gives new businesses the default rule as a row of their own, which their owner can see and change (SPEC 3.9). One
 * statement for all of them; a business that has, or ever had, rules is left alone.
 */
export async function giveDefaultRule(
  db: Pick<Db, '$executeRaw'>,
  businessIds: readonly string[],
): Promise<void> {
  if (businessIds.length === 0) return;
  const { id, name, sourceSystem, priority, active } = DEFAULT_RULE;
  await db.$executeRaw`
    WITH fresh AS (
      SELECT b.id FROM unnest(${[...businessIds]}::uuid[]) AS b (id)
       WHERE NOT EXISTS (SELECT FROM sync_rule_versions v WHERE v.business_id = b.id)
    ), saved AS (
      INSERT INTO sync_rules (business_id, id, name, source_system, priority, conditions, actions, policies, directions, active)
      SELECT f.id, ${id}, ${name}, ${sourceSystem}, ${priority}, ${JSON.stringify(DEFAULT_RULE.conditions)}::jsonb,
             ${JSON.stringify(DEFAULT_RULE.actions)}::jsonb, '{}', '{}', ${active}
        FROM fresh f
      ON CONFLICT DO NOTHING RETURNING business_id, version
    )
    INSERT INTO sync_rule_versions (business_id, rule_id, version, document, changed_by)
    SELECT s.business_id, ${id}, s.version, ${JSON.stringify(DEFAULT_RULE)}::jsonb, 'system' FROM saved s`;
}
