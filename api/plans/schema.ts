/** What a dry run says a real one would do, as a person sees it before anything is written at Booksy (R18). */
import { z } from 'zod';
import { COUNTED_ENTITIES } from '../../domain/counts.ts';
import { OUTBOUND_ENTITIES, PLAN_ACTIONS, type PlanAction } from '../../domain/import-plan.ts';
import { instant, note } from '../wire.ts';
import { OPERATION_STATUSES } from '../sync/runs.ts';

const actions = <T extends z.ZodType>(count: T) =>
  z.object(Object.fromEntries(PLAN_ACTIONS.map((action) => [action, count])) as Record<PlanAction, T>);

const planned = actions(z.int()).meta({
  id: 'PlannedCounts',
  description: 'Records of one kind by what would become of them here',
});

const outbound = z
  .object({
    create: z.int().meta({ description: 'Would be made at Booksy' }),
    // Plans that were stored before it was counted have none.
    change: z
      .int()
      .default(0)
      .meta({ description: 'Are linked and hold something else here: would be changed or ended at Booksy' }),
    blocked: z.record(z.string(), z.int()).meta({ description: 'Would not, by reason' }),
  })
  .meta({ id: 'OutboundCounts', description: 'Records of one kind that Booksy lacks, or holds otherwise' });

const planCountsSchema = z
  .object({
    inbound: z
      .partialRecord(z.enum(COUNTED_ENTITIES), planned)
      .meta({ description: 'What would be done here, by kind of record' }),
    outbound: z
      .partialRecord(z.enum(OUTBOUND_ENTITIES), outbound)
      .meta({ description: 'What would be made or changed at Booksy once a person allows it' }),
  })
  .meta({ id: 'PlanCounts' });

/** `sync_plans.counts`; an action that was not counted is 0. */
export const storedCountsSchema = planCountsSchema.extend({
  inbound: z.partialRecord(z.enum(COUNTED_ENTITIES), actions(z.int().default(0))),
});

/** One record of `sync_plans.sealed_samples`, also as it is shown. */
export const planSampleSchema = z
  .object({
    entity: z.enum(COUNTED_ENTITIES),
    action: z.enum([...PLAN_ACTIONS, 'push']),
    externalId: z.string().nullable(),
    recordId: z.string().nullable(),
    label: z.string(),
    groups: z.array(z.string()).meta({ description: 'Groups of fields that would be written here' }),
  })
  .meta({ id: 'PlanSample', description: 'One record of a plan, by name' });

/** A plan without the names in it: what an approval answers. */
export const planSummarySchema = z
  .object({
    operationId: z.guid(),
    businessId: z.guid(),
    businessName: z.string(),
    status: z.enum(OPERATION_STATUSES).meta({ description: 'Of the dry run' }),
    version: z.int().meta({ description: 'Name it in the approval' }),
    createdAt: instant,
    finishedAt: instant.nullable(),
    approvedAt: instant.nullable(),
    approvedBy: z.string().nullable(),
    blocked: note
      .nullable()
      .meta({ description: 'Why it cannot be approved now; null where it can or is approved already' }),
    counts: planCountsSchema,
  })
  .meta({ id: 'PlanSummary' });
export type PlanSummary = z.output<typeof planSummarySchema>;

export const planSchema = planSummarySchema
  .extend({ samples: z.array(planSampleSchema).meta({ description: 'A few records of each kind, by name' }) })
  .meta({ id: 'Plan' });
