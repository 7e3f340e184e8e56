/** Sync rules as they come in and go out (SPEC 3.9). */
import { z } from 'zod';
import type { FieldDiff, RuleDiff } from '../../domain/rules/diff.ts';
import { MOST_RULES, ruleId, ruleListSchema, ruleSchema } from '../../infra/rules/schema.ts';
import type { RuleChange, RuleVersion, StoredRule } from '../../infra/rules/store.ts';
import { businessId, instant, iso } from '../wire.ts';

export const RULES_PATH = '/api/admin/booksy/businesses/:id/rules';
export const RULES_FILE_PATH = '/api/admin/booksy/businesses/:id/rules-file';

/** Word at the top of a file of rules, so that another file is not taken for one. */
export const RULES_FORMAT = 'booksy-sync-rules/1';

export const rulesParams = z.object({ id: businessId });
export const ruleParams = z.object({
  id: businessId,
  ruleId: ruleId.meta({ description: 'Id of the rule', example: 'default' }),
});

const version = z
  .int('must be the whole number that the rule shows')
  .min(0)
  .meta({ description: '`version` of the rule that was looked at; 0 makes a new one', example: 1 });

/** The example is the literal of the original guide, which is taken unchanged. */
const example = {
  id: 'default',
  name: 'Default Sync Rule',
  sourceSystem: 'both',
  priority: 5,
  conditions: { bufferTimes: { before: 15, after: 15 }, maxAdvanceBooking: 90 },
  actions: { syncAvailability: true, autoResolveConflicts: false, notifyAdmin: true },
  active: true,
};

export const saveBody = z
  .object({ version, rule: ruleSchema })
  .strict()
  .meta({ id: 'SaveRule', example: { version: 1, rule: example } });
export const deleteBody = z
  .object({ version: version.min(1, 'must be the version that the rule shows') })
  .strict()
  .meta({ id: 'DeleteRule', example: { version: 1 } });

export const importBody = z
  .object({
    format: z.literal(RULES_FORMAT, `must be ${RULES_FORMAT}`).optional(),
    rules: ruleListSchema.meta({ description: `At most ${MOST_RULES}, checked as a whole` }),
    replace: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether rules that the file does not name are deleted' }),
    dryRun: z.boolean().default(false).meta({ description: 'Shows what it would do and writes nothing' }),
    basis: z
      .string()
      .max(60)
      .nullable()
      .default(null)
      .meta({ description: '`basis` of a dry run: refused where the rules have changed since' }),
  })
  .strict()
  .meta({ id: 'RulesImport', example: { rules: [example], dryRun: true } });

/** A rule as it goes out, without the checks of what comes in. */
const ruleOut = z
  .object({
    id: z.string(),
    name: z.string(),
    sourceSystem: z.string(),
    priority: z.int(),
    conditions: z.object({
      bufferTimes: z.object({ before: z.int(), after: z.int() }),
      maxAdvanceBooking: z.int(),
    }),
    actions: z.object({
      syncAvailability: z.boolean(),
      autoResolveConflicts: z.boolean(),
      notifyAdmin: z.boolean(),
    }),
    policies: z.record(z.string(), z.string()),
    directions: z.record(z.string(), z.string()),
    active: z.boolean(),
  })
  .meta({ id: 'SyncRule', example: { ...example, policies: {}, directions: {} } });

export const storedRule = z
  .object({
    businessId: z.guid(),
    businessName: z.string(),
    rule: ruleOut,
    version: z.int().meta({ description: 'Name it when you change the rule' }),
    updatedAt: instant,
    updatedBy: z.string(),
  })
  .meta({ id: 'StoredRule' });

const ruleVersion = z
  .object({
    version: z.int(),
    deleted: z.boolean(),
    rule: ruleOut.nullable().meta({ description: 'Null where it was deleted' }),
    changedAt: instant,
    changedBy: z.string(),
  })
  .meta({ id: 'RuleVersion' });

export const ruleAnswer = z
  .object({
    rule: storedRule.nullable().meta({ description: 'Null where it was deleted' }),
    counts: z
      .object({ platform: z.boolean(), booksy: z.boolean() })
      .meta({ description: 'For whose changes this is the rule that counts now' }),
    versions: z.array(ruleVersion).meta({ description: 'Newest first' }),
  })
  .meta({ id: 'RuleAnswer' });

const diffOut = z
  .object({
    id: z.string(),
    change: z.enum(['create', 'update', 'delete', 'unchanged']),
    version: z.int().meta({ description: 'After it; of a dry run the one it has now' }),
    fields: z.array(
      z.object({
        path: z.string().meta({ example: 'conditions.maxAdvanceBooking' }),
        before: z.unknown().optional().meta({ description: 'Missing where there was none' }),
        after: z.unknown().optional().meta({ description: 'Missing where there is none' }),
      }),
    ),
  })
  .meta({ id: 'RuleDiff' });

export const changeAnswer = z.object({ change: diffOut }).meta({ id: 'RuleChanged' });
export const importAnswer = z
  .object({
    dryRun: z.boolean(),
    changes: z.array(diffOut),
    basis: z.string().meta({ description: 'Fingerprint of the rules before it: name it in the import' }),
  })
  .meta({ id: 'RulesImported' });
export const exportAnswer = z
  .object({ format: z.literal(RULES_FORMAT), rules: z.array(ruleOut) })
  .meta({ id: 'RulesFile' });

export function ruleOf(stored: StoredRule, businessName: string): z.input<typeof storedRule> {
  const { businessId: business, rule, version: now, updatedAt, updatedBy } = stored;
  return { businessId: business, businessName, rule, version: now, updatedAt: iso(updatedAt), updatedBy };
}

export function versionOf({ version: number, deleted, rule, changedAt, changedBy }: RuleVersion) {
  return { version: number, deleted, rule, changedAt: iso(changedAt), changedBy };
}

export function changeOf({ diff, version: now }: RuleChange) {
  return { ...shownDiff(diff), version: now };
}

function shownDiff({ id, change, fields }: RuleDiff) {
  return { id, change, fields: fields.map(shownField) };
}

function shownField({ path, before, after }: FieldDiff) {
  return { path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}
