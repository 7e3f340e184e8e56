/** Errors that the database knows: records in quarantine, and runs that failed and that no later run has mended. */
import { Prisma, type PrismaClient } from '../../infra/database/index.ts';
import { recordOfSync } from '../../infra/temporal/launch.ts';
import { feedProblem } from '../../infra/calendars/problems.ts';
import { FULL_SYNC_KIND } from '../sync/counts.ts';
import { iso, isoOrNull, operationPath } from '../wire.ts';
import { explainRecord, explainRun } from './reasons.ts';
import type { ErrorKind, ErrorPlace, SyncError } from './schema.ts';

/** `quarantine.reason_code` of a window in which too much was missing at once (R3). */
export const BLAST_RADIUS = 'blast_radius';

interface Row {
  readonly id: string;
  readonly kind: 'quarantine' | 'run' | 'record' | 'circuit' | 'calendar';
  readonly business_id: string;
  readonly business_name: string;
  readonly entity: string | null;
  readonly external_id: string | null;
  readonly reason_code: string;
  readonly field: string | null;
  readonly detail: string | null;
  readonly next_step: string | null;
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
  readonly run_id: string | null;
  readonly affected: number | null;
  readonly urgent_at: Date | null;
  readonly urgent: boolean;
  /** Of a run. */
  readonly workflow_id: string | null;
}

export interface StoredFilter {
  readonly kind: ErrorKind | undefined;
  /** Only this one. */
  readonly id?: string;
  readonly after: ErrorPlace | undefined;
  readonly limit: number;
}

/**
 * At most `limit` of them, in their order. A visit is urgent for a day around its start: when the earliest one has begun,
 * the next of them may still be to come.
 */
export async function storedErrors(
  db: Pick<PrismaClient, '$queryRaw'>,
  businessIds: readonly string[],
  { kind, id, after, limit }: StoredFilter,
): Promise<SyncError[]> {
  if (kind === 'open') return [];
  const place =
    after === undefined
      ? Prisma.sql`true`
      : Prisma.sql`(e.urgent, e.last_seen_at, e.id) < (${after.urgent}, ${after.lastSeenAt}, ${after.id} COLLATE "C")`;
  const rows = await db.$queryRaw<Row[]>`
    WITH failed AS (
      SELECT r.*, row_number() OVER series AS nth, last_value(coalesce(r.finished_at, r.started_at)) OVER series AS first_failed_at
        FROM sync_runs r
       WHERE r.business_id = ANY (${[...businessIds]}::uuid[]) AND r.status = 'failed'
         AND NOT EXISTS (
           SELECT FROM sync_runs later
            WHERE later.business_id = r.business_id AND later.status = 'completed' AND later.started_at > r.started_at
              AND ((later.workflow_id = r.workflow_id AND later.mode = r.mode)
                   OR (later.kind = ${FULL_SYNC_KIND} AND later.mode = 'apply')))
      WINDOW series AS (PARTITION BY r.business_id, r.workflow_id, r.mode ORDER BY r.started_at DESC, r.id DESC
                        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    ), e AS (
      SELECT ('quarantine:' || q.id) COLLATE "C" AS id, 'quarantine' AS kind, q.business_id, q.entity, q.external_id,
             q.reason_code, q.field, q.detail, q.next_step, q.first_seen_at, q.last_seen_at, q.run_id, q.affected, q.urgent_at,
             coalesce(abs(extract(epoch FROM q.urgent_at - now())) < 86400, false) AS urgent,
             NULL::text AS workflow_id
        FROM quarantine q
       WHERE q.business_id = ANY (${[...businessIds]}::uuid[]) AND q.released_at IS NULL
      UNION ALL
      SELECT ('run:' || f.id) COLLATE "C", 'run', f.business_id, NULL, NULL, coalesce(f.error_code, 'unexpected'), NULL,
             f.error_detail, NULL, f.first_failed_at, coalesce(f.finished_at, f.started_at), f.id, NULL, NULL, false,
             f.workflow_id
        FROM failed f WHERE f.nth = 1
      UNION ALL
      SELECT ('record:' || f.run_id) COLLATE "C", 'record', f.business_id, f.entity, coalesce(f.external_id, f.record_id::text),
             f.error_code, NULL, f.detail, f.next_step, f.first_failed_at, f.last_failed_at, f.run_id, NULL, NULL, false,
             f.workflow_id
        FROM sync_failures f
       WHERE f.business_id = ANY (${[...businessIds]}::uuid[]) AND f.state = 'open' AND f.run_id IS NOT NULL
      UNION ALL
      SELECT ('circuit:' || b.id) COLLATE "C", 'circuit', b.id, NULL, NULL, coalesce(b.circuit_code, 'unexpected'), NULL, NULL, NULL,
             b.circuit_opened_at, b.circuit_opened_at, NULL, NULL, NULL, false, NULL
        FROM businesses b
       WHERE b.id = ANY (${[...businessIds]}::uuid[]) AND b.circuit_opened_at IS NOT NULL
      UNION ALL
      SELECT ('calendar:' || c.id) COLLATE "C", 'calendar', c.business_id, 'time_off', c.id::text, c.error_code, NULL,
             c.error_detail, NULL, coalesce(c.failing_since, c.fetched_at, c.created_at), coalesce(c.fetched_at, c.created_at), NULL, NULL, NULL,
             c.state = 'expired', NULL
        FROM external_calendars c
       WHERE c.business_id = ANY (${[...businessIds]}::uuid[]) AND c.active AND c.state IN ('failing', 'expired') AND c.error_code IS NOT NULL
    )
    SELECT e.*, e.business_id::text AS business_id, e.run_id::text AS run_id, b.name AS business_name
      FROM e JOIN businesses b ON b.id = e.business_id
     WHERE ${place} AND (${kind ?? null}::text IS NULL OR e.kind = ${kind ?? null})
       AND (${id ?? null}::text IS NULL OR e.id = ${id ?? null})
     ORDER BY e.urgent DESC, e.last_seen_at DESC, e.id DESC
     LIMIT ${limit}`;
  return rows.map(present);
}

function present(row: Row): SyncError {
  const record = row.workflow_id === null ? null : recordOfSync(row.workflow_id);
  const release = row.reason_code === BLAST_RADIUS && row.affected !== null;
  const { reason, nextStep } =
    row.kind === 'run' || row.kind === 'circuit'
      ? explainRun(row.reason_code, row.detail)
      : row.kind === 'calendar'
        ? calendarTrouble(row)
        : explainRecord(row.reason_code, { detail: row.detail ?? '', nextStep: row.next_step ?? '' });
  return {
    id: row.id,
    kind: row.kind,
    businessId: row.business_id,
    businessName: row.business_name,
    entity: row.entity ?? record?.entity ?? null,
    externalId: row.external_id ?? record?.externalId ?? null,
    reasonCode: row.reason_code,
    reason,
    nextStep: release
      ? `${nextStep} Releasing: POST /api/admin/booksy/errors/${row.id}/release with {"affected":${row.affected ?? 0}}.`
      : nextStep.replace(':id', row.id),
    field: row.field,
    firstSeenAt: iso(row.first_seen_at),
    lastSeenAt: iso(row.last_seen_at),
    urgent: row.urgent,
    urgentAt: isoOrNull(row.urgent_at),
    affected: row.reason_code === BLAST_RADIUS ? row.affected : null,
    attempt: null,
    nextAttemptAt: null,
    operation: row.run_id === null ? null : operationPath(row.run_id),
    actions: actionsOf(row, release),
  };
}

function calendarTrouble({ reason_code: code, detail, urgent }: Row) {
  const { detail: what, nextStep } = feedProblem(code);
  const stands = urgent
    ? 'Its last copy was too old: it blocks no time any more.'
    : 'Its last copy still blocks time.';
  return { reason: `${detail ?? what} ${stands}`, nextStep };
}

function actionsOf({ kind }: Row, release: boolean): SyncError['actions'] {
  switch (kind) {
    // Both ask by themselves.
    case 'calendar':
    case 'circuit':
      return [];
    case 'record':
      return ['retry', 'skip'];
    case 'quarantine':
    case 'run':
      return release ? ['release', 'retry'] : ['retry'];
  }
}
