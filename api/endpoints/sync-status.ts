/** GET /api/admin/booksy/sync-status: is everything in step, proven up to when, and what needs a person. */
import { z } from 'zod';
import { reachableBusinesses, type BusinessRef } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { limitSchema } from '../http/pagination.ts';
import {
  countEntities,
  countWaiting,
  freshness,
  latestRuns,
  type LatestRun,
  type WaitingCount,
} from '../sync/counts.ts';
import { engineSchema, engineStatus, NO_ENGINE } from '../sync/engine.ts';
import { counts, countsOf } from '../sync/runs.ts';
import { readScheduleList, scheduleSchema } from '../sync/schedules.ts';
import { entitiesOf, entitySchema, isPictureStale } from '../sync/windows.ts';
import {
  businessId,
  instant,
  iso,
  isoOrNull,
  note,
  pause,
  pauseOf,
  progress,
  syncMode,
  within,
  type Note,
} from '../wire.ts';

const query = z
  .object({
    business: businessId.optional().meta({ description: 'Only this business' }),
    after: businessId.optional().meta({ description: '`nextAfter` of the page before' }),
    limit: limitSchema(100, 50),
  })
  .strict();

const waiting = z.object({
  total: z.int(),
  conflicts: z.record(z.string(), z.int()).meta({ description: 'Open ones by kind' }),
  mappings: z.record(z.string(), z.int()).meta({ description: 'Unsure ones by entity' }),
  unsureMappings: z.record(z.string(), z.int()).meta({ description: 'As `mappings`' }),
  quarantined: z.record(z.string(), z.int()).meta({ description: 'By entity' }),
});

const business = z
  .object({
    businessId: z.guid(),
    name: z.string(),
    pausedAt: instant.nullable().meta({ description: 'As `paused.at`' }),
    paused: pause.nullable().meta({ description: 'Held by a person since when' }),
    pushAllowed: z
      .object({
        at: instant,
        by: z.string(),
        runId: z.guid().nullable().meta({ description: 'The dry run whose plan was approved' }),
      })
      .nullable()
      .meta({ description: 'Since when a person allows that Booksy is written to (R18)' }),
    entities: z.array(entitySchema),
    stale: z.boolean().meta({
      description: 'Today and tomorrow were not proven for 15 minutes, or the circuit is open (R20)',
    }),
    engine: engineSchema,
    lastRun: z
      .object({
        operationId: z.guid(),
        status: z.string(),
        startedAt: instant,
        finishedAt: instant.nullable(),
        counts,
        errorCode: z.string().nullable(),
      })
      .nullable()
      .meta({ description: 'The full sync that ended last; dry runs do not count' }),
    running: z
      .object({
        operationId: z.guid(),
        workflowId: z.string(),
        startedAt: instant,
        mode: syncMode,
        paused: pause.nullable().meta({ description: 'Held by itself since when' }),
        progress: progress.nullable(),
      })
      .nullable()
      .meta({ description: 'The full sync under way' }),
    waiting: waiting.meta({ description: 'What waits for a person' }),
  })
  .meta({ id: 'BusinessSyncStatus' });

const answer = z
  .object({
    businesses: z.array(business),
    schedules: z.array(scheduleSchema).meta({ description: 'Of the installation, as Temporal has them' }),
    nextAfter: z.guid().nullable().meta({ description: 'Null on the last page' }),
    notes: z.array(note),
  })
  .meta({ id: 'SyncStatus' });

type Deps = Pick<ApiDeps, 'prisma' | 'launcher' | 'schedules' | 'logger'>;

export function syncStatusEndpoint(deps: Deps) {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/sync-status',
    tag: 'Synchronisation',
    summary: 'What is in step, and up to when',
    description:
      'For each business: records on both sides, how fresh each window is and when it is swept next, its boxes and writes, the last full sync, the one under way with its progress, and what waits for a person. Beside them the schedules.',
    query,
    responses: { 200: { description: 'By business, ordered by id', schema: answer } },
    problems: ['not_found'],
    async handler({ query: asked, grant }) {
      const reachable = await reachableBusinesses(
        deps.prisma,
        grant,
        asked.business === undefined ? undefined : [asked.business],
      );
      const rest = reachable.filter(({ id }) => asked.after === undefined || id > asked.after);
      const page = rest.slice(0, asked.limit);
      const [{ businesses, notes }, listed] = await Promise.all([
        statusOf(deps, page),
        readScheduleList(deps, grant.businesses === 'all'),
      ]);
      const nextAfter = rest.length > page.length ? (page.at(-1)?.id ?? null) : null;
      return {
        status: 200,
        json: {
          businesses,
          schedules: listed.schedules,
          nextAfter,
          notes: [...notes, ...listed.notes],
        },
      };
    },
  });
}

async function statusOf(deps: Deps, page: readonly BusinessRef[]) {
  const ids = page.map(({ id }) => id);
  const [entities, waitingRows, windows, runs, engines] = await Promise.all([
    countEntities(deps.prisma, ids),
    countWaiting(deps.prisma, ids),
    freshness(deps.prisma, ids),
    latestRuns(deps.prisma, ids),
    engineStatus(deps.prisma, ids),
  ]);
  const running = runs.filter(({ status }) => status === 'running');
  const asked = await askProgress(deps, running);
  const businesses = page.map((each): z.input<typeof business> => {
    const { id, name } = each;
    const own = <T extends { readonly business_id: string }>(rows: readonly T[]) =>
      rows.filter((row) => row.business_id === id);
    const last = own(runs).find(({ status }) => status !== 'running');
    const current = own(running)[0];
    const engine = engines.get(id) ?? NO_ENGINE;
    return {
      businessId: id,
      name,
      pausedAt: isoOrNull(each.pausedAt),
      paused: pauseOf(each),
      pushAllowed: pushAllowedOf(each),
      entities: entitiesOf(own(entities), own(windows)),
      stale: engine.circuit !== null || isPictureStale(own(windows)),
      engine,
      lastRun:
        last === undefined
          ? null
          : {
              operationId: last.id,
              status: last.status,
              startedAt: iso(last.started_at),
              finishedAt: isoOrNull(last.finished_at),
              counts: countsOf(last.counts),
              errorCode: last.error_code,
            },
      running:
        current === undefined
          ? null
          : {
              operationId: current.id,
              workflowId: current.workflow_id,
              startedAt: iso(current.started_at),
              mode: current.mode === 'dry_run' ? 'dry_run' : 'apply',
              paused: pauseOf({ pausedAt: current.paused_at, pausedBy: current.paused_by }),
              progress: asked.progress.get(id) ?? null,
            },
      waiting: waitingOf(own(waitingRows)),
    };
  });
  return { businesses, notes: asked.notes };
}

function pushAllowedOf({ pushAllowedAt, pushAllowedBy, pushAllowedRunId }: BusinessRef) {
  if (pushAllowedAt === null) return null;
  return { at: iso(pushAllowedAt), by: pushAllowedBy ?? 'unknown', runId: pushAllowedRunId };
}

const QUERY_TIMEOUT_MS = 2000;

/** Asks the running workflows how far they are; one that does not answer shows no progress, and a note says so. */
async function askProgress(deps: Deps, running: readonly LatestRun[]) {
  const found = new Map<string, z.input<typeof progress>>();
  const notes: Note[] = [];
  await Promise.all(
    running.map(async ({ business_id: id }) => {
      try {
        const answered = await within(QUERY_TIMEOUT_MS, deps.launcher.fullSyncProgress(id));
        if (answered !== null) found.set(id, answered);
      } catch (error) {
        deps.logger.warn({ err: error, businessId: id }, 'progress could not be asked');
        notes[0] = {
          code: 'progress_unavailable',
          message: 'The progress of a full sync could not be asked: Temporal or the workers do not answer.',
          nextStep: 'Look at GET /api/admin/booksy/health; the run goes on once they are back.',
        };
      }
    }),
  );
  return { progress: found, notes };
}

function waitingOf(rows: readonly WaitingCount[]): z.input<typeof waiting> {
  const by = (what: WaitingCount['what']) =>
    Object.fromEntries(rows.filter((row) => row.what === what).map(({ kind, n }) => [kind, n]));
  return {
    total: rows.reduce((sum, { n }) => sum + n, 0),
    conflicts: by('conflict'),
    mappings: by('mapping'),
    unsureMappings: by('mapping'),
    quarantined: by('quarantine'),
  };
}
