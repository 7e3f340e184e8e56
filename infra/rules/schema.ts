import { z } from 'zod';
import { entityOfKey, isRuleKey, isSealed, WRITABLE_ENTITIES } from '../../domain/rules/groups.ts';
import { POLICIES, SOURCE_SYSTEMS, type SyncRule } from '../../domain/rules/rules.ts';
import { DIRECTIONS } from '../../domain/merge.ts';

/** Bounds of a rule. A day has 1,440 minutes; a buffer beyond eight hours is a day off, not a buffer. */
export const RULE_BOUNDS = {
  priority: { min: 0, max: 1000 },
  bufferMinutes: { min: 0, max: 480 },
  maxAdvanceBookingDays: { min: 0, max: 730 },
} as const;

/** Rules of one business, and of one file. */
export const MOST_RULES = 100;

export const ruleId = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w.-]{0,63}$/,
    'must be 1–64 letters, digits, dots, dashes or underscores, not beginning with one of the last three',
  );

const minutes = whole(RULE_BOUNDS.bufferMinutes, 'minutes');

const policies = z
  .record(z.string(), z.enum(POLICIES, `must be one of ${POLICIES.join(', ')}`))
  .superRefine((table, context) => {
    for (const key of Object.keys(table)) {
      if (!isRuleKey(key)) unknownKey(context, key);
      else if (isSealed(key)) refuse(context, key, 'is never synchronised, so nobody can win it');
    }
  })
  .meta({
    description: 'Who wins where both sides changed a group, by `<entity>.<group>` or `<entity>.*`',
    example: { 'booking.time': 'booksy' },
  });

const directions = z
  .record(z.string(), z.enum(DIRECTIONS, `must be one of ${DIRECTIONS.join(', ')}`))
  .superRefine((table, context) => {
    for (const [key, direction] of Object.entries(table)) {
      if (!isRuleKey(key)) unknownKey(context, key);
      else if (isSealed(key) && direction !== 'never')
        refuse(context, key, 'is never synchronised: it can be nothing but never');
      else if ((direction === 'both' || direction === 'out') && !goesOut(key))
        refuse(context, key, 'has no way out to Booksy: it can be in or never');
    }
  })
  .meta({
    description: 'Which way a group flows, by `<entity>.<group>` or `<entity>.*`',
    example: { 'service.*': 'both' },
  });

/**
 * A rule as people write it (SPEC 3.9): strict, so that a misspelt name is refused and not ignored. What is left out of
 * `policies`, `directions` and `active` is as in the default rule.
 */
export const ruleSchema = z
  .object({
    id: ruleId.meta({ description: 'Unique within its business', example: 'default' }),
    name: z
      .string()
      .trim()
      .min(1, 'must not be empty')
      .max(120, 'must have at most 120 characters')
      .meta({ example: 'Default Sync Rule' }),
    sourceSystem: z
      .enum(SOURCE_SYSTEMS, `must be one of ${SOURCE_SYSTEMS.join(', ')}`)
      .meta({ description: 'Changes of which side it speaks of' }),
    priority: whole(RULE_BOUNDS.priority).meta({
      description: 'The highest that matches counts; of equal ones the lowest id',
      example: 5,
    }),
    conditions: z
      .object({
        bufferTimes: z
          .object({ before: minutes, after: minutes })
          .strict()
          .meta({
            description: 'Minutes kept free around a visit when time is offered',
            example: { before: 15, after: 15 },
          }),
        maxAdvanceBooking: whole(RULE_BOUNDS.maxAdvanceBookingDays, 'days').meta({
          description:
            'Days ahead that are offered and pushed; what Booksy has is imported however far it lies',
          example: 90,
        }),
      })
      .strict(),
    actions: z
      .object({
        syncAvailability: yesOrNo().meta({ description: 'Whether time off made here goes to Booksy' }),
        autoResolveConflicts: yesOrNo().meta({
          description: 'Whether policies decide conflicts without a person',
        }),
        notifyAdmin: yesOrNo(),
      })
      .strict(),
    policies: policies.default({}),
    directions: directions.default({}),
    active: yesOrNo().default(true),
  })
  .strict();

/** Several rules of one business, as a file holds them: ids differ. */
export const ruleListSchema = z
  .array(ruleSchema)
  .max(MOST_RULES, `must be at most ${MOST_RULES} rules`)
  .superRefine((rules, context) => {
    const seen = new Set<string>();
    for (const [index, { id }] of rules.entries()) {
      if (seen.has(id)) context.addIssue({ code: 'custom', path: [index, 'id'], message: 'is there twice' });
      seen.add(id);
    }
  });

// The schema's output and the domain's rule are one shape; the compiler holds it here.
const asRule = (parsed: z.output<typeof ruleSchema>): SyncRule => parsed;

/** One thing that is wrong with a rule: where, and what. Names and bounds only. */
export interface RuleFault {
  readonly path: string;
  readonly message: string;
}

/** Reads a rule, or says everything that is wrong with it. */
export function parseRule(
  value: unknown,
): { readonly rule: SyncRule } | { readonly faults: readonly RuleFault[] } {
  const parsed = ruleSchema.safeParse(value);
  if (parsed.success) return { rule: asRule(parsed.data) };
  return { faults: parsed.error.issues.flatMap((issue) => faultsOf(issue)) };
}

function faultsOf(issue: z.core.$ZodIssue): RuleFault[] {
  const at = (path: readonly PropertyKey[]): string => path.map(String).join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: at([...issue.path, key.slice(0, 60)]),
      message: 'is not known here',
    }));
  return [{ path: at(issue.path), message: issue.message }];
}

/** A wildcard goes out where its kind of record does. */
function goesOut(key: string): boolean {
  const entity = entityOfKey(key);
  return entity !== null && WRITABLE_ENTITIES.includes(entity);
}

function unknownKey(context: z.RefinementCtx, key: string): void {
  refuse(context, key.slice(0, 60), 'is no group that is known here: write <entity>.<group> or <entity>.*');
}

function refuse(context: z.RefinementCtx, key: string, message: string): void {
  context.addIssue({ code: 'custom', path: [key], message });
}

function whole({ min, max }: { readonly min: number; readonly max: number }, unit = ''): z.ZodNumber {
  const message = `must be a whole number from ${min} to ${max}${unit === '' ? '' : ` (${unit})`}`;
  return z.int(message).min(min, message).max(max, message);
}

function yesOrNo(): z.ZodBoolean {
  return z.boolean('must be true or false');
}
