import { z } from 'zod';

/**
 * The members of the API's answers that the CLI reads. Unknown members are let through: an older CLI goes on working
 * beside a newer API.
 */

export const progress = z.object({
  phase: z.string(),
  rowsDone: z.number(),
  rowsTotal: z.number(),
  totalIsKnown: z.boolean(),
  etaSeconds: z.number().nullable(),
});
export type Progress = z.output<typeof progress>;

export const startedRuns = z.object({
  runs: z.array(
    z.object({ businessId: z.string(), state: z.string(), workflowId: z.string(), runId: z.string() }),
  ),
});
export type StartedRun = z.output<typeof startedRuns>['runs'][number];

export const operation = z.object({
  operation: z.object({
    id: z.string(),
    status: z.string(),
    phase: z.string().nullable(),
    startedAt: z.string(),
    finishedAt: z.string().nullable(),
    counts: z.record(z.string(), z.unknown()),
    error: z.object({ code: z.string(), detail: z.string().nullable() }).nullable(),
    temporalUrl: z.string().nullable(),
    progress: progress.nullable(),
  }),
});
export type Operation = z.output<typeof operation>['operation'];

export const syncStatus = z.object({
  businesses: z.array(
    z.object({
      businessId: z.string(),
      name: z.string(),
      pausedAt: z.string().nullable(),
      entities: z.array(
        z.object({
          entity: z.string(),
          here: z.number(),
          linked: z.number(),
          provenAt: z.string().nullable(),
        }),
      ),
      lastRun: z
        .object({ operationId: z.string(), status: z.string(), finishedAt: z.string().nullable() })
        .nullable(),
      running: z
        .object({ operationId: z.string(), workflowId: z.string(), progress: progress.nullable() })
        .nullable(),
      waiting: z.object({
        total: z.number(),
        conflicts: z.record(z.string(), z.number()),
        unsureMappings: z.record(z.string(), z.number()),
        quarantined: z.record(z.string(), z.number()),
      }),
    }),
  ),
  nextAfter: z.string().nullable(),
});
export type SyncStatus = z.output<typeof syncStatus>;
export type BusinessStatus = SyncStatus['businesses'][number];
