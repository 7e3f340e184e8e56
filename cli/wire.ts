import { z } from 'zod';
import { engine, freshWindow, IDLE_ENGINE, schedule } from './wire-engine.ts';
import { clean } from './terminal.ts';

/**
 * The members of the API's answers that the CLI reads. Unknown members of its rows are let through, into --json too: an
 * older CLI goes on working beside a newer API. Texts that came from people or from Booksy are `shown`: safe to print.
 */
export const shown = z.string().transform(clean);

const note = z.object({ code: z.string(), message: shown, nextStep: shown });
/** Something to know beside an answer that holds; every answer may carry some. */
export type Note = z.output<typeof note>;
const notes = z.array(note).default([]);
/** An answer of which only the notes are read. */
export const noted = z.object({ notes });

/** Who stopped it, and since when. */
export const paused = z.object({ at: z.string(), by: shown.nullable().default(null) }).nullable();

const mode = z.enum(['apply', 'dry_run']).catch('apply');
/** `dry_run` reads and plans everything and writes nothing. */
export type Mode = z.output<typeof mode>;

export const progress = z.object({
  phase: z.string(),
  rowsDone: z.number(),
  rowsTotal: z.number(),
  totalIsKnown: z.boolean(),
  etaSeconds: z.number().nullable(),
  paused: z.boolean().default(false),
  mode: mode.default('apply'),
});
export type Progress = z.output<typeof progress>;

export const startedRuns = z.object({
  runs: z.array(
    z.object({
      businessId: z.string(),
      /** `paused`: not started, because its business is. */
      state: z.enum(['started', 'alreadyRunning', 'paused']),
      mode: mode.default('apply'),
      runId: z.string().nullable(),
    }),
  ),
  notes,
});
export type StartedRun = z.output<typeof startedRuns>['runs'][number];

const operationRow = z.object({
  id: z.string(),
  businessId: z.string().nullable().default(null),
  status: z.string(),
  mode: mode.default('apply'),
  paused: paused.default(null),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
});

export const operation = z.object({
  operation: operationRow.extend({
    phase: z.string().nullable(),
    counts: z.record(z.string(), z.unknown()),
    error: z.object({ code: z.string(), detail: shown.nullable() }).nullable(),
    temporalUrl: z.string().nullable(),
    progress: progress.nullable(),
  }),
  notes,
});
export type Operation = z.output<typeof operation>['operation'];

export const operationPage = z.object({
  operations: z.array(operationRow),
  nextCursor: z.string().nullable(),
  notes,
});

export const syncStatus = z.object({
  schedules: z.array(schedule).default([]),
  businesses: z.array(
    z.looseObject({
      businessId: z.string(),
      name: shown,
      paused: paused.default(null),
      pushAllowed: z.looseObject({ at: z.string() }).nullable().default(null),
      stale: z.boolean().default(false),
      engine: engine.default(IDLE_ENGINE),
      entities: z.array(
        z.looseObject({
          entity: z.string(),
          here: z.number(),
          linked: z.number(),
          provenAt: z.string().nullable(),
          windows: z.array(freshWindow).default([]),
        }),
      ),
      lastRun: z
        .looseObject({
          operationId: z.string(),
          status: z.string(),
          finishedAt: z.string().nullable(),
          mode: mode.default('apply'),
        })
        .nullable(),
      running: z
        .looseObject({
          operationId: z.string(),
          workflowId: z.string(),
          mode: mode.default('apply'),
          paused: paused.default(null),
          progress: progress.nullable(),
        })
        .nullable(),
      waiting: z.looseObject({
        total: z.number(),
        conflicts: z.record(z.string(), z.number()),
        unsureMappings: z.record(z.string(), z.number()),
        quarantined: z.record(z.string(), z.number()),
      }),
    }),
  ),
  nextAfter: z.string().nullable(),
  notes,
});
export type SyncStatus = z.output<typeof syncStatus>;
export type BusinessStatus = SyncStatus['businesses'][number];
export type ScheduleStatus = SyncStatus['schedules'][number];

/** A business, or a run, after a pause, a resume or a cancel. `changed` is false where it was so before. */
export const steeredBusiness = z.object({
  business: z.object({ businessId: z.string(), name: shown, paused }),
  changed: z.boolean().default(true),
  notes,
});
export const steeredOperation = z.object({
  operation: operationRow,
  changed: z.boolean().default(true),
  notes,
});
