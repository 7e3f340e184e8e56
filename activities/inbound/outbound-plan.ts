import type { OutboundCounts, OutboundEntity, PlanSample } from '../../domain/import-plan.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import { loadRule } from '../../infra/rules/load.ts';
import { lackingCatalog } from '../sweep/lacking-catalog.ts';
import { countDifferences } from '../sweep/compare.ts';
import { NO_LINKS } from '../apply/links.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { addOutbound } from './plan-row.ts';
import { inStep, openRun, type InboundDeps, type RunRef } from './run.ts';

/** Samples of what a first push would make at Booksy. */
const SAMPLES = 5;

interface VisitRow {
  id: string;
  starts_local: Date;
  client_name: string | null;
  blocked: string | null;
  total: bigint;
}

/**
 * Adds to a dry run's plan what a first push would make at Booksy: what Booksy lacks is what was never linked (R18). Past
 * visits are never pushed; a visit whose service or staff nobody has mapped, or whose time is ambiguous (R11), cannot be.
 */
export async function planOutbound(deps: InboundDeps, run: RunRef): Promise<void> {
  const { business } = await openRun(deps.db, run);
  const differing = await countDifferences(deps, business.id, () => undefined);
  const changesOf = (entity: SyncEntity) => differing.get(entity) ?? 0;
  await inStep(deps, business, run, NO_LINKS, async (scope) => {
    if (scope.plan === null) return;
    const visits = await unlinkedVisits(scope);
    const catalog = await lackingCatalog(
      scope.tx,
      business.id,
      await loadRule(scope.tx, business.id),
      run.runId,
    );
    const lacking = (entity: 'service' | 'variant') =>
      catalog.filter((each) => each.entity === entity).length;
    const counts: Readonly<Record<OutboundEntity, OutboundCounts>> = {
      visits: { ...countsOf(visits), change: changesOf('booking') },
      clients: { create: await unlinkedClients(scope), change: changesOf('profile'), blocked: {} },
      timeOff: { create: await unlinkedTimeOff(scope), change: changesOf('time_off'), blocked: {} },
      services: { create: lacking('service'), change: changesOf('service'), blocked: {} },
      variants: { create: lacking('variant'), change: changesOf('variant'), blocked: {} },
      hours: { create: 0, change: changesOf('hours'), blocked: {} },
    };
    await addOutbound(scope, counts, visits.flatMap(sampleOf));
  });
}

function countsOf(rows: readonly VisitRow[]): Omit<OutboundCounts, 'change'> {
  const totalOf = (blocked: string | null) => Number(rows.find((row) => row.blocked === blocked)?.total ?? 0);
  const reasons = [...new Set(rows.flatMap(({ blocked }) => (blocked === null ? [] : [blocked])))].sort();
  return {
    create: totalOf(null),
    blocked: Object.fromEntries(reasons.map((reason) => [reason, totalOf(reason)])),
  };
}

function sampleOf({ id, blocked, client_name: name, starts_local: starts }: VisitRow): readonly PlanSample[] {
  if (blocked !== null) return [];
  const at = starts.toISOString().slice(0, 16).replace('T', ' ');
  return [
    {
      entity: 'visits',
      action: 'push',
      externalId: null,
      recordId: id,
      label: [at, name ?? ''].join(' ').trim(),
      groups: [],
    },
  ];
}

/** The first few visits of each reason, with the number of all of them. */
async function unlinkedVisits(scope: ApplyScope): Promise<readonly VisitRow[]> {
  return scope.tx.$queryRaw<VisitRow[]>`
    WITH linked AS (
      SELECT record_id AS id FROM external_services
       WHERE business_id = ${scope.businessId}::uuid AND entity = 'variant' AND record_id IS NOT NULL
      UNION ALL
      SELECT staff_id FROM external_staff WHERE business_id = ${scope.businessId}::uuid AND staff_id IS NOT NULL
      UNION ALL
      SELECT left(external_id, 36)::uuid FROM sync_pass_rows
       WHERE run_id = ${scope.runId}::uuid AND window_key IN ('would:variant', 'would:staff')
    ), judged AS (
      SELECT b.id, b.starts_local, b.client_name,
             CASE
               WHEN b.starts_at <= ${scope.now}::timestamptz THEN 'past'
               WHEN EXISTS (SELECT FROM booking_items i WHERE i.booking_id = b.id
                             AND (i.start_mark <> 'exact' OR i.end_mark <> 'exact')) THEN 'ambiguous_time'
               WHEN EXISTS (SELECT FROM booking_items i WHERE i.booking_id = b.id
                             AND (i.variant_id IS NULL OR i.variant_id NOT IN (SELECT id FROM linked))) THEN 'unmapped_service'
               WHEN EXISTS (SELECT FROM booking_items i WHERE i.booking_id = b.id AND i.staff_id IS NOT NULL
                             AND i.staff_id NOT IN (SELECT id FROM linked)) THEN 'unmapped_staff'
             END AS blocked
        FROM bookings b
       WHERE b.business_id = ${scope.businessId}::uuid AND b.status NOT IN ('cancelled', 'no_show')
         AND NOT EXISTS (SELECT FROM external_bookings m
                          WHERE m.business_id = b.business_id AND (m.booking_id = b.id OR m.former_booking_id = b.id))
    )
    SELECT id, starts_local, client_name, blocked, total
      FROM (SELECT j.*, count(*) OVER (PARTITION BY blocked) AS total,
                   row_number() OVER (PARTITION BY blocked ORDER BY starts_local, id) AS place FROM judged j) ranked
     WHERE place <= ${SAMPLES} ORDER BY blocked NULLS FIRST, starts_local, id`;
}

/** Clients of visits to come whom Booksy has no card of: a push would make one for each. */
async function unlinkedClients(scope: ApplyScope): Promise<number> {
  const rows = await scope.tx.$queryRaw<{ total: bigint }[]>`
    SELECT count(DISTINCT b.profile_id) AS total
      FROM bookings b
     WHERE b.business_id = ${scope.businessId}::uuid AND b.profile_id IS NOT NULL
       AND b.starts_at > ${scope.now}::timestamptz AND b.status NOT IN ('cancelled', 'no_show')
       AND NOT EXISTS (SELECT FROM external_bookings m WHERE m.business_id = b.business_id AND (m.booking_id = b.id OR m.former_booking_id = b.id))
       AND NOT EXISTS (SELECT FROM external_clients c
                        WHERE c.business_id = b.business_id AND c.profile_id = b.profile_id AND c.gone_at IS NULL)
       AND NOT EXISTS (SELECT FROM sync_pass_rows w
                        WHERE w.run_id = ${scope.runId}::uuid AND w.window_key = 'would:profile'
                          AND left(w.external_id, 36) = b.profile_id::text)`;
  return Number(rows[0]?.total ?? 0);
}

async function unlinkedTimeOff(scope: ApplyScope): Promise<number> {
  const rows = await scope.tx.$queryRaw<{ total: bigint }[]>`
    SELECT count(*) AS total FROM time_off t
     WHERE t.business_id = ${scope.businessId}::uuid AND t.source IN ('time_off', 'calendar') AND t.ends_at > ${scope.now}::timestamptz
       AND NOT EXISTS (SELECT FROM external_calendars c WHERE c.id = t.external_calendar_id AND NOT c.blocks_booksy)
       AND NOT EXISTS (SELECT FROM external_time_off m
                        WHERE m.business_id = t.business_id AND m.time_off_id = t.id)`;
  return Number(rows[0]?.total ?? 0);
}
