import { createHash } from 'node:crypto';
import { diffRule, diffRules, ruleText, type RuleDiff } from '../../domain/rules/diff.ts';
import type { SyncRule } from '../../domain/rules/rules.ts';
import { Prisma, type Db, type Tx } from '../database/index.ts';
import { ruleOfRow, type RuleRow } from './load.ts';
import { MOST_RULES, parseRule } from './schema.ts';

/** Where rules are kept: the set of each business, and every rule as it was ever saved. */

/** A rule with where it stands. */
export interface StoredRule {
  readonly businessId: string;
  readonly rule: SyncRule;
  readonly version: number;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

/** A rule as it was saved; `rule` is null where it was deleted, or cannot be read any more. */
export interface RuleVersion {
  readonly version: number;
  readonly deleted: boolean;
  readonly rule: SyncRule | null;
  readonly changedAt: Date;
  readonly changedBy: string;
}

/** Why a change of rules was refused; nothing was written. */
export class RuleError extends Error {
  readonly code: 'rule_changed' | 'rule_not_found' | 'too_many_rules';

  constructor(code: RuleError['code'], message: string) {
    super(message);
    this.name = 'RuleError';
    this.code = code;
  }
}

export interface RuleChange {
  readonly diff: RuleDiff;
  /** After it; of an unchanged rule the one it has. */
  readonly version: number;
}

const COLUMNS = Prisma.sql`business_id, id, name, source_system, priority, conditions, actions, policies, directions, active,
  version, updated_at, updated_by`;
type Row = RuleRow & { readonly business_id: string };

/** Rules of some businesses, by business and id, after a place in that order. @throws {StoredRuleError} */
export async function listRules(
  db: Pick<Tx, '$queryRaw'>,
  businessIds: readonly string[],
  page: {
    readonly after?: readonly [businessId: string, ruleId: string] | undefined;
    readonly limit: number;
  },
): Promise<readonly StoredRule[]> {
  const after =
    page.after === undefined
      ? Prisma.empty
      : Prisma.sql`AND (business_id, id COLLATE "C") > (${page.after[0]}::uuid, ${page.after[1]})`;
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${COLUMNS} FROM sync_rules WHERE business_id = ANY(${[...businessIds]}::uuid[]) ${after}
     ORDER BY business_id, id COLLATE "C" LIMIT ${page.limit}`;
  return rows.map(stored);
}

/** One rule; null where there is none. @throws {StoredRuleError} */
export async function readRule(
  db: Pick<Tx, '$queryRaw'>,
  businessId: string,
  ruleId: string,
): Promise<StoredRule | null> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${COLUMNS} FROM sync_rules WHERE business_id = ${businessId}::uuid AND id = ${ruleId}`;
  return rows[0] === undefined ? null : stored(rows[0]);
}

/** Every version of a rule, newest first; also of one that was deleted. */
export async function readVersions(
  db: Pick<Db, 'syncRuleVersion'>,
  businessId: string,
  ruleId: string,
): Promise<readonly RuleVersion[]> {
  const rows = await db.syncRuleVersion.findMany({
    where: { businessId, ruleId },
    orderBy: { version: 'desc' },
    take: 100,
  });
  return rows.map((row) => {
    const parsed = parseRule(row.document);
    return {
      version: row.version,
      deleted: row.document === null,
      rule: 'rule' in parsed ? parsed.rule : null,
      changedAt: row.changedAt,
      changedBy: row.changedBy,
    };
  });
}

/**
 * Makes or changes a rule. The same content again writes nothing.
 *
 * @param expected the version that was looked at; 0 = there is none
 * @throws {RuleError} `rule_changed`, `too_many_rules`
 */
export async function saveRule(
  tx: Tx,
  {
    businessId,
    rule,
    expected,
    actor,
  }: { businessId: string; rule: SyncRule; expected: number; actor: string },
): Promise<RuleChange> {
  await lockRules(tx, businessId);
  const present = await readRule(tx, businessId, rule.id);
  refuseOther(rule.id, present, expected);
  const diff = diffRule(present?.rule ?? null, rule);
  if (diff.change === 'unchanged') return { diff, version: present?.version ?? 0 };
  const version = await writeRule(tx, businessId, rule, actor);
  if (present === null) await refuseTooMany(tx, businessId);
  return { diff, version };
}

/** Takes a rule away; what it was stays readable. @throws {RuleError} `rule_not_found`, `rule_changed` */
export async function deleteRule(
  tx: Tx,
  {
    businessId,
    ruleId,
    expected,
    actor,
  }: { businessId: string; ruleId: string; expected: number; actor: string },
): Promise<RuleChange> {
  await lockRules(tx, businessId);
  const present = await readRule(tx, businessId, ruleId);
  if (present === null) throw new RuleError('rule_not_found', `There is no rule ${ruleId}.`);
  refuseOther(ruleId, present, expected);
  return { diff: diffRule(present.rule, null), version: await removeRule(tx, businessId, ruleId, actor) };
}

export interface RuleFile {
  readonly rules: readonly SyncRule[];
  /** Whether rules that the file does not name are deleted. */
  readonly replace: boolean;
  /** Shows what it would do and writes nothing. */
  readonly dryRun: boolean;
  /** Fingerprint of the set that was looked at; null imports over whatever is there. */
  readonly basis: string | null;
}

export interface ImportedRules {
  readonly changes: readonly RuleChange[];
  /** Fingerprint of the set before it. */
  readonly basis: string;
  /** Fingerprint of the set now. */
  readonly now: string;
}

/** Brings a set of rules to what a file says, all or nothing. @throws {RuleError} `rule_changed`, `too_many_rules` */
export async function importRules(
  tx: Tx,
  { businessId, file, actor }: { businessId: string; file: RuleFile; actor: string },
): Promise<ImportedRules> {
  await lockRules(tx, businessId);
  const present = await listRules(tx, [businessId], { limit: MOST_RULES + 1 });
  const basis = rulesFingerprint(present);
  if (file.basis !== null && file.basis !== basis)
    throw new RuleError('rule_changed', 'The rules have changed since they were looked at.');
  const versions = new Map(present.map(({ rule, version }) => [rule.id, version]));
  const wanted = new Map(file.rules.map((rule) => [rule.id, rule]));
  const changes: RuleChange[] = [];
  for (const diff of diffRules(
    present.map(({ rule }) => rule),
    file.rules,
    file.replace,
  )) {
    const rule = wanted.get(diff.id);
    let version = versions.get(diff.id) ?? 0;
    if (!file.dryRun && diff.change !== 'unchanged')
      version =
        rule === undefined
          ? await removeRule(tx, businessId, diff.id, actor)
          : await writeRule(tx, businessId, rule, actor);
    changes.push({ diff, version });
  }
  if (!file.dryRun) await refuseTooMany(tx, businessId);
  const now = file.dryRun ? present : await listRules(tx, [businessId], { limit: MOST_RULES + 1 });
  return { changes, basis, now: rulesFingerprint(now) };
}

/** Changes with any rule of the set and with any version of one. */
export function rulesFingerprint(rules: readonly StoredRule[]): string {
  const text = rules.map(({ rule, version }) => `${String(version)} ${ruleText(rule)}`).join('\n');
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** Saves of one business go one after the other. */
async function lockRules(tx: Tx, businessId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('rules:' || ${businessId}, 0))`;
}

function refuseOther(ruleId: string, present: StoredRule | null, expected: number): void {
  const version = present?.version ?? 0;
  if (version === expected) return;
  throw new RuleError(
    'rule_changed',
    version === 0
      ? `There is no rule ${ruleId}; version ${String(expected)} was expected.`
      : `The rule ${ruleId} has version ${String(version)}, not ${String(expected)}.`,
  );
}

async function refuseTooMany(tx: Tx, businessId: string): Promise<void> {
  const rows = await tx.$queryRaw<{ n: bigint }[]>`
    SELECT count(*) AS n FROM sync_rules WHERE business_id = ${businessId}::uuid`;
  const count = Number(rows[0]?.n ?? 0);
  if (count > MOST_RULES)
    throw new RuleError('too_many_rules', `A business has at most ${String(MOST_RULES)} rules.`);
}

/** Versions go on counting over a deletion, so that each names one content for ever. */
async function writeRule(tx: Tx, businessId: string, rule: SyncRule, actor: string): Promise<number> {
  const version = await addVersion(tx, businessId, rule.id, rule, actor);
  const { id, name, sourceSystem, priority, active } = rule;
  await tx.$executeRaw`
    INSERT INTO sync_rules (business_id, id, name, source_system, priority, conditions, actions, policies, directions, active,
                            version, updated_by)
    VALUES (${businessId}::uuid, ${id}, ${name}, ${sourceSystem}, ${priority}, ${JSON.stringify(rule.conditions)}::jsonb,
            ${JSON.stringify(rule.actions)}::jsonb, ${JSON.stringify(rule.policies)}::jsonb,
            ${JSON.stringify(rule.directions)}::jsonb, ${active}, ${version}, ${actor})
    ON CONFLICT (business_id, id) DO UPDATE
       SET name = excluded.name, source_system = excluded.source_system, priority = excluded.priority,
           conditions = excluded.conditions, actions = excluded.actions, policies = excluded.policies,
           directions = excluded.directions, active = excluded.active, version = excluded.version, updated_at = now(),
           updated_by = excluded.updated_by`;
  return version;
}

async function removeRule(tx: Tx, businessId: string, ruleId: string, actor: string): Promise<number> {
  const version = await addVersion(tx, businessId, ruleId, null, actor);
  await tx.$executeRaw`DELETE FROM sync_rules WHERE business_id = ${businessId}::uuid AND id = ${ruleId}`;
  return version;
}

async function addVersion(
  tx: Tx,
  businessId: string,
  ruleId: string,
  rule: SyncRule | null,
  actor: string,
): Promise<number> {
  const rows = await tx.$queryRaw<{ version: number }[]>`
    INSERT INTO sync_rule_versions (business_id, rule_id, version, document, changed_by)
    SELECT ${businessId}::uuid, ${ruleId}, coalesce(max(version), 0) + 1,
           ${rule === null ? null : JSON.stringify(rule)}::jsonb, ${actor}
      FROM sync_rule_versions WHERE business_id = ${businessId}::uuid AND rule_id = ${ruleId}
    RETURNING version`;
  return rows[0]?.version ?? 1;
}

function stored(row: Row): StoredRule {
  return {
    businessId: row.business_id,
    rule: ruleOfRow(row.business_id, row),
    version: row.version,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  };
}
