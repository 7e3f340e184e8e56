/** What of each business is here, linked, gone, and waiting for a person: one statement each for all businesses asked. */
import type { PrismaClient } from '../../infra/database/index.ts';

type Sql = Pick<PrismaClient, '$queryRaw'>;

export interface EntityCount {
  readonly business_id: string;
  readonly entity: string;
  readonly here: number;
  readonly linked: number;
  readonly gone: number;
}

export async function countEntities(sql: Sql, businessIds: readonly string[]): Promise<EntityCount[]> {
  return sql.$queryRaw<EntityCount[]>`
    WITH b AS (SELECT unnest(${[...businessIds]}::uuid[]) AS id),
    here AS (
      SELECT business_id, 'category' AS entity, count(*) AS n FROM service_categories JOIN b ON b.id = business_id GROUP BY 1
      UNION ALL SELECT business_id, 'service', count(*) FROM services JOIN b ON b.id = business_id GROUP BY 1
      UNION ALL SELECT business_id, 'variant', count(*) FROM service_variants JOIN b ON b.id = business_id GROUP BY 1
      UNION ALL SELECT business_id, 'staff', count(*) FROM staff JOIN b ON b.id = business_id GROUP BY 1
      UNION ALL SELECT business_id, 'room', count(*) FROM rooms JOIN b ON b.id = business_id GROUP BY 1
      UNION ALL SELECT business_id, 'hours', count(*) FROM working_hours JOIN b ON b.id = business_id GROUP BY 1
      UNION ALL SELECT business_id, 'time_off', count(*) FROM time_off JOIN b ON b.id = business_id GROUP BY 1
      UNION ALL SELECT business_id, 'profile', count(*) FROM profiles JOIN b ON b.id = business_id GROUP BY 1
      UNION ALL SELECT business_id, 'booking', count(*) FROM bookings JOIN b ON b.id = business_id GROUP BY 1
    ),
    there AS (
      SELECT business_id, entity, count(*) FILTER (WHERE gone_at IS NULL) AS n, count(gone_at) AS gone
        FROM external_services JOIN b ON b.id = business_id GROUP BY 1, 2
      UNION ALL SELECT business_id, 'staff', count(*) FILTER (WHERE gone_at IS NULL), count(gone_at)
        FROM external_staff JOIN b ON b.id = business_id GROUP BY 1
      UNION ALL SELECT business_id, 'room', count(*) FILTER (WHERE gone_at IS NULL), count(gone_at)
        FROM external_rooms JOIN b ON b.id = business_id GROUP BY 1
      UNION ALL SELECT business_id, 'hours', count(*) FILTER (WHERE gone_at IS NULL), count(gone_at)
        FROM external_hours JOIN b ON b.id = business_id GROUP BY 1
      UNION ALL SELECT business_id, 'time_off', count(*) FILTER (WHERE gone_at IS NULL), count(gone_at)
        FROM external_time_off JOIN b ON b.id = business_id GROUP BY 1
      UNION ALL SELECT business_id, 'profile', count(*) FILTER (WHERE gone_at IS NULL), count(gone_at)
        FROM external_clients JOIN b ON b.id = business_id GROUP BY 1
      UNION ALL SELECT business_id, 'booking', count(*) FILTER (WHERE gone_at IS NULL), count(gone_at)
        FROM external_bookings JOIN b ON b.id = business_id GROUP BY 1
    )
    SELECT business_id::text AS business_id, entity, coalesce(here.n, 0)::int AS here,
           coalesce(there.n, 0)::int AS linked, coalesce(there.gone, 0)::int AS gone
      FROM here FULL JOIN there USING (business_id, entity)`;
}

export interface WaitingCount {
  readonly business_id: string;
  readonly what: 'conflict' | 'mapping' | 'quarantine';
  /** Kind of conflict, else the entity. */
  readonly kind: string;
  readonly n: number;
}

/** What waits for a person: open conflicts, unsure mappings, quarantined records. */
export async function countWaiting(sql: Sql, businessIds: readonly string[]): Promise<WaitingCount[]> {
  return sql.$queryRaw<WaitingCount[]>`
    WITH b AS (SELECT unnest(${[...businessIds]}::uuid[]) AS id)
    SELECT business_id::text AS business_id, 'conflict' AS what, kind, count(*)::int AS n
      FROM booksy_sync_conflicts JOIN b ON b.id = business_id WHERE status = 'open' GROUP BY 1, 3
    UNION ALL
    SELECT business_id::text, 'mapping', entity, count(*)::int
      FROM mappings JOIN b ON b.id = business_id WHERE state = 'unsure' GROUP BY 1, 3
    UNION ALL
    SELECT business_id::text, 'quarantine', entity, count(*)::int
      FROM quarantine JOIN b ON b.id = business_id WHERE released_at IS NULL GROUP BY 1, 3`;
}

export interface FreshnessRow {
  readonly business_id: string;
  readonly entity: string;
  readonly window_key: string;
  readonly proven_sent_at: Date | null;
  readonly complete: boolean;
  readonly remote_count: number | null;
  readonly interval_seconds: number | null;
  readonly due_at: Date | null;
  /** The database's clock. */
  readonly now: Date;
}

/** Up to when each window is proven, and when it is swept next. */
export async function freshness(sql: Sql, businessIds: readonly string[]): Promise<FreshnessRow[]> {
  return sql.$queryRaw<FreshnessRow[]>`
    SELECT business_id::text AS business_id, entity, window_key, proven_sent_at, complete, remote_count,
           interval_seconds, due_at, now() AS now
      FROM integration_sync_status
     WHERE business_id = ANY (${[...businessIds]}::uuid[])
     ORDER BY business_id, entity, window_key`;
}

export interface LatestRun {
  readonly id: string;
  readonly business_id: string;
  readonly workflow_id: string;
  readonly status: string;
  readonly mode: string;
  readonly paused_at: Date | null;
  readonly paused_by: string | null;
  readonly started_at: Date;
  readonly finished_at: Date | null;
  readonly counts: unknown;
  readonly error_code: string | null;
}

/** `sync_runs.kind` of a full sync. */
export const FULL_SYNC_KIND = 'full_sync';

/** Of each business the latest full sync that runs, in whatever mode, and the latest real one that has ended. */
export async function latestRuns(sql: Sql, businessIds: readonly string[]): Promise<LatestRun[]> {
  return sql.$queryRaw<LatestRun[]>`
    SELECT r.* FROM unnest(${[...businessIds]}::uuid[]) AS b(id)
     CROSS JOIN (VALUES (true), (false)) AS wanted(running)
     CROSS JOIN LATERAL (
       SELECT id::text AS id, business_id::text AS business_id, workflow_id, status, mode, paused_at, paused_by,
              started_at, finished_at, counts, error_code
         FROM sync_runs
        WHERE business_id = b.id AND kind = ${FULL_SYNC_KIND} AND (status = 'running') = wanted.running
          AND (wanted.running OR mode = 'apply')
        ORDER BY started_at DESC, id DESC LIMIT 1) AS r`;
}
