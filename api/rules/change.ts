/** Changing the rules of a business: in one transaction, with its line in the audit trail. */
import type { SyncRule } from '../../domain/rules/rules.ts';
import type { Tx } from '../../infra/database/index.ts';
import { StoredRuleError } from '../../infra/rules/load.ts';
import {
  deleteRule,
  importRules,
  RuleError,
  saveRule,
  type ImportedRules,
  type RuleChange,
  type RuleFile,
} from '../../infra/rules/store.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { auditDeed } from '../audit.ts';
import { reachableBusiness } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { notFound, Problem } from '../http/problem.ts';
import { actorOf } from '../wire.ts';

type Deps = Pick<ApiDeps, 'prisma'>;

/** @throws {Problem} `not_found`, `rule_changed`, `too_many_rules`; then nothing is written */
export function saveOne(
  deps: Deps,
  grant: TokenGrant,
  asked: { readonly businessId: string; readonly rule: SyncRule; readonly expected: number },
): Promise<RuleChange> {
  return changing(deps, grant, asked.businessId, async (tx, actor) => {
    const change = await saveRule(tx, { ...asked, actor });
    await auditChanges(tx, asked.businessId, actor, [change]);
    return change;
  });
}

/** @throws {Problem} `not_found`, `rule_changed` */
export function deleteOne(
  deps: Deps,
  grant: TokenGrant,
  asked: { readonly businessId: string; readonly ruleId: string; readonly expected: number },
): Promise<RuleChange> {
  return changing(deps, grant, asked.businessId, async (tx, actor) => {
    const change = await deleteRule(tx, { ...asked, actor });
    await auditChanges(tx, asked.businessId, actor, [change]);
    return change;
  });
}

/** @throws {Problem} `not_found`, `rule_changed`, `too_many_rules` */
export function importFile(
  deps: Deps,
  grant: TokenGrant,
  asked: { readonly businessId: string; readonly file: RuleFile },
): Promise<ImportedRules> {
  return changing(deps, grant, asked.businessId, async (tx, actor) => {
    const imported = await importRules(tx, { ...asked, actor });
    if (!asked.file.dryRun) await auditChanges(tx, asked.businessId, actor, imported.changes);
    return imported;
  });
}

async function changing<T>(
  { prisma }: Deps,
  grant: TokenGrant,
  businessId: string,
  change: (tx: Tx, actor: string) => Promise<T>,
): Promise<T> {
  await reachableBusiness(prisma, grant, businessId);
  try {
    return await prisma.$transaction((tx) => change(tx, actorOf(grant)), {
      timeout: 20_000,
      maxWait: 10_000,
    });
  } catch (error) {
    throw asProblem(error);
  }
}

async function auditChanges(
  tx: Tx,
  businessId: string,
  actor: string,
  changes: readonly RuleChange[],
): Promise<void> {
  for (const { diff, version } of changes) {
    if (diff.change === 'unchanged') continue;
    const action = diff.change === 'delete' ? 'rule_deleted' : 'rule_saved';
    await auditDeed(tx, { businessId, actor, action, reasonCode: `${diff.id}@${String(version)}` });
  }
}

/** What the rules' own errors are to a caller; other errors stay as they are. */
export function asProblem(error: unknown): unknown {
  if (error instanceof StoredRuleError)
    return new Problem('rule_unusable', { detail: error.message, nextStep: error.next, cause: error });
  if (!(error instanceof RuleError)) return error;
  switch (error.code) {
    case 'rule_not_found':
      return notFound('This rule');
    case 'rule_changed':
      return new Problem('rule_changed', {
        detail: error.message,
        nextStep: 'Read it again, and send its version (of a new rule 0).',
      });
    case 'too_many_rules':
      return new Problem('too_many_rules', {
        detail: error.message,
        nextStep: 'Delete rules that nobody needs any more.',
      });
  }
}
