import { z } from 'zod';
import { shown } from '../wire.ts';

/** Answers of the API about sync rules. See ../wire.ts for the manners. */

/** As it goes into a file and back: nothing of it is rewritten for show. */
export const rule = z.looseObject({
  id: z.string(),
  name: z.string(),
  sourceSystem: z.string(),
  priority: z.number(),
  conditions: z.object({
    bufferTimes: z.object({ before: z.number(), after: z.number() }),
    maxAdvanceBooking: z.number(),
  }),
  actions: z.record(z.string(), z.boolean()),
  policies: z.record(z.string(), z.string()).default({}),
  directions: z.record(z.string(), z.string()).default({}),
  active: z.boolean(),
});
export type Rule = z.output<typeof rule>;

export const storedRule = z.looseObject({
  businessId: z.string(),
  businessName: shown,
  rule,
  version: z.number(),
  updatedAt: z.string(),
  updatedBy: shown,
});
export type StoredRule = z.output<typeof storedRule>;

export const rulesPage = z.object({
  rules: z.array(storedRule),
  nextCursor: z.string().nullable(),
  notes: z.array(z.never()).default([]),
});

export const ruleAnswer = z.object({
  rule: storedRule.nullable(),
  counts: z.object({ platform: z.boolean(), booksy: z.boolean() }),
  versions: z.array(
    z.looseObject({
      version: z.number(),
      deleted: z.boolean(),
      rule: rule.nullable(),
      changedAt: z.string(),
      changedBy: shown,
    }),
  ),
});
export type RuleAnswer = z.output<typeof ruleAnswer>;

const diff = z.looseObject({
  id: z.string(),
  change: z.enum(['create', 'update', 'delete', 'unchanged']),
  version: z.number(),
  fields: z.array(z.object({ path: shown, before: z.unknown().optional(), after: z.unknown().optional() })),
});
/** What a save changed, or an import would. */
export type RuleDiff = z.output<typeof diff>;

export const changed = z.object({ change: diff });
export const imported = z.object({ dryRun: z.boolean(), changes: z.array(diff), basis: z.string() });
export const rulesFile = z.looseObject({ format: z.string(), rules: z.array(rule) });
