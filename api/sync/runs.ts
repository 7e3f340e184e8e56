/** Rows of the ledger as they are shown. */
import { z } from 'zod';
import { instant, pause, progress, syncMode } from '../wire.ts';

export const OPERATION_STATUSES = ['running', 'completed', 'failed', 'cancelled', 'unknown'] as const;
export type OperationStatus = (typeof OPERATION_STATUSES)[number];

/** `counts` of a run: numbers under names, nested by entity. Anything else in it is not shown. */
export type Counts = { readonly [name: string]: number | Counts };
export const counts: z.ZodType<Counts> = z
  .record(
    z.string(),
    z.union([z.number(), z.record(z.string(), z.union([z.number(), z.record(z.string(), z.number())]))]),
  )
  .meta({
    id: 'Counts',
    description: 'What the run did, by entity',
    example: { booking: { created: 12, updated: 3, unchanged: 985, quarantined: 1 } },
  });

export const operationSchema = z
  .object({
    id: z.guid().meta({ description: 'Id of the operation; of a recorded run the id of its ledger row' }),
    kind: z.string().meta({ example: 'full_sync' }),
    mode: syncMode,
    businessId: z.guid().nullable(),
    status: z.enum(OPERATION_STATUSES).meta({
      description: '`unknown`: the ledger says running, but Temporal does not answer or does not have it',
    }),
    startedAt: instant,
    finishedAt: instant.nullable(),
    actor: z.string().nullable().meta({ description: 'Who started it; null while it is not recorded' }),
    paused: pause.nullable().meta({ description: 'Held by a person since when' }),
    phase: z.string().nullable(),
    counts,
    error: z
      .object({ code: z.string(), detail: z.string().nullable() })
      .nullable()
      .meta({ description: 'Why it failed' }),
    workflowId: z.string(),
    temporalRunId: z.string().nullable(),
    temporalUrl: z
      .url()
      .nullable()
      .meta({ description: 'The workflow in the Temporal Web UI; null once its history is gone' }),
  })
  .meta({ id: 'Operation' });
export type Operation = z.output<typeof operationSchema>;

export const operationDetailSchema = operationSchema
  .extend({ progress: progress.nullable().meta({ description: 'Of a full sync that runs' }) })
  .meta({ id: 'OperationDetail' });

/** Keeps the numbers of a stored jsonb, two levels of names deep. */
export function countsOf(stored: unknown, depth = 0): Counts {
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) return {};
  const out: Record<string, number | Counts> = {};
  for (const [name, value] of Object.entries(stored)) {
    if (typeof value === 'number') out[name] = value;
    else if (depth < 2 && typeof value === 'object' && value !== null) out[name] = countsOf(value, depth + 1);
  }
  return out;
}

/** Temporal keeps histories this long (R31); a link to an older one would lead nowhere. */
const HISTORY_KEPT_MS = 30 * 24 * 3600 * 1000;

export interface TemporalLinks {
  readonly uiUrl: string | null;
  readonly namespace: string;
}

/** Address of a workflow in the Temporal Web UI; null without one, or once its history is gone. */
export function workflowUrl(
  links: TemporalLinks,
  workflow: { workflowId: string; temporalRunId: string | null; finishedAt: Date | null },
  now: number,
): string | null {
  if (links.uiUrl === null) return null;
  if (workflow.finishedAt !== null && now - workflow.finishedAt.getTime() > HISTORY_KEPT_MS) return null;
  const path = [
    'namespaces',
    links.namespace,
    'workflows',
    workflow.workflowId,
    workflow.temporalRunId ?? '',
  ];
  const base = links.uiUrl.endsWith('/') ? links.uiUrl : `${links.uiUrl}/`;
  return new URL(
    path
      .filter((part) => part !== '')
      .map(encodeURIComponent)
      .join('/'),
    base,
  ).href;
}
