/**
 * GET /metrics for Prometheus. What the database knows is read at each scrape, for the businesses of the token only
 * and summed over them: no label names a business or a person. What belongs to the process (Node, HTTP) is for
 * tokens that reach all businesses.
 */
import { Gauge, Registry } from 'prom-client';
import { reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { countWaiting } from '../sync/counts.ts';

interface Sample {
  readonly name: string;
  readonly a: string;
  readonly b: string;
  readonly value: number;
}

export function metricsEndpoint(deps: Pick<ApiDeps, 'prisma'>, processMetrics: Registry) {
  return defineEndpoint({
    method: 'GET',
    path: '/metrics',
    tag: 'Health',
    summary: 'Figures for Prometheus',
    responses: { 200: { description: 'Text format 0.0.4', contentType: 'text/plain' } },
    async handler({ grant }) {
      const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
      const own = await databaseMetrics(
        deps,
        businesses.map(({ id }) => id),
      );
      const registries = grant.businesses === 'all' ? [own, processMetrics] : [own];
      const texts = await Promise.all(registries.map((registry) => registry.metrics()));
      return {
        status: 200,
        content: `${texts.join('\n').trimEnd()}\n`,
        contentType: Registry.PROMETHEUS_CONTENT_TYPE,
      };
    },
  });
}

async function databaseMetrics(
  { prisma }: Pick<ApiDeps, 'prisma'>,
  ids: readonly string[],
): Promise<Registry> {
  const registry = new Registry();
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge<L>({ name, help, labelNames, registers: [registry] });
  const runs = gauge('booksy_sync_runs', 'Runs in the ledger (24 months) by kind and status', [
    'kind',
    'status',
  ]);
  const waiting = gauge('booksy_sync_waiting', 'What waits for a person, by what it is and its kind', [
    'what',
    'kind',
  ]);
  const stale = gauge('booksy_sync_freshness_seconds', 'Age of the oldest proven window, by entity', [
    'entity',
  ]);
  const unproven = gauge('booksy_sync_unproven_windows', 'Windows that no pass has proven yet, by entity', [
    'entity',
  ]);
  const box = gauge('booksy_sync_box_rows', 'Changes stored and not yet worked on, by box', ['box']);
  const boxAge = gauge('booksy_sync_box_oldest_seconds', 'Age of the oldest of them', ['box']);
  const drained = gauge(
    'booksy_sync_webhook_seconds',
    'From a webhook being stored to its change being committed here, of the last 10 minutes',
    ['quantile'],
  );
  const pushed = gauge(
    'booksy_sync_push_seconds',
    'From the last change of a record here to Booksy’s answer to the write that carries it, of the last 10 minutes',
    ['quantile'],
  );
  const changes = gauge(
    'booksy_sync_recent_changes',
    'Changes brought over in the last 10 minutes, by direction: webhooks taken in, writes that Booksy answered',
    ['direction'],
  );
  const recent = gauge(
    'booksy_sync_recent_runs',
    'Runs begun in the last 10 minutes, by kind: what they cost in Temporal, beside the changes',
    ['kind'],
  );
  const unanswered = gauge(
    'booksy_sync_writes_unanswered',
    'Writes to Booksy that are on their way or were not answered, by operation and state',
    ['operation', 'state'],
  );
  const failing = gauge('booksy_sync_records_failing', 'Records that failed alone, by state', ['state']);
  const calendars = gauge('booksy_sync_calendars', 'Calendars of others that are polled, by state', [
    'state',
  ]);
  const circuits = gauge('booksy_sync_circuits_open', 'Businesses whose changes wait for a probe', []);
  gauge('booksy_sync_businesses', 'Businesses that these figures are about', []).set(ids.length);

  const [samples, waits] = await Promise.all([readSamples(prisma, ids), countWaiting(prisma, ids)]);
  for (const { name, a, b, value } of samples) {
    if (name === 'runs') runs.set({ kind: a, status: b }, value);
    else if (name === 'freshness') stale.set({ entity: a }, value);
    else if (name === 'unproven') unproven.set({ entity: a }, value);
    else if (name === 'box') box.set({ box: a }, value);
    else if (name === 'box_age') boxAge.set({ box: a }, value);
    else if (name === 'drained') drained.set({ quantile: a }, value);
    else if (name === 'pushed') pushed.set({ quantile: a }, value);
    else if (name === 'changes') changes.set({ direction: a }, value);
    else if (name === 'recent') recent.set({ kind: a }, value);
    else if (name === 'unanswered') unanswered.set({ operation: a, state: b }, value);
    else if (name === 'failing') failing.set({ state: a }, value);
    else if (name === 'calendars') calendars.set({ state: a }, value);
    else if (name === 'circuits') circuits.set(value);
  }
  for (const { what, kind, n } of waits) waiting.inc({ what, kind }, n);
  return registry;
}

async function readSamples(prisma: ApiDeps['prisma'], ids: readonly string[]): Promise<Sample[]> {
  return prisma.$queryRaw<Sample[]>`
    WITH b AS (SELECT unnest(${[...ids]}::uuid[]) AS id),
    boxes AS (
      SELECT 'outbox' AS box, count(business_id) AS n, min(created_at) AS oldest
        FROM sync_outbox JOIN b ON b.id = business_id
      UNION ALL
      SELECT 'webhooks', count(business_id), min(received_at)
        FROM webhook_logs JOIN b ON b.id = business_id WHERE drained_at IS NULL),
    -- Triggers date every change of a record, whoever makes it; one that came after the write began is the next one's.
    sent AS (
      SELECT i.opened_at, i.resolved_at, coalesce(v.updated_at, p.updated_at, t.updated_at, s.updated_at, sv.updated_at) AS changed_at
        FROM sync_intents i JOIN b ON b.id = i.business_id
        LEFT JOIN bookings v ON i.entity = 'booking' AND v.id = i.record_id
        LEFT JOIN profiles p ON i.entity = 'profile' AND p.id = i.record_id
        LEFT JOIN time_off t ON i.entity = 'time_off' AND t.id = i.record_id
        LEFT JOIN services s ON i.entity = 'service' AND s.id = i.record_id
        LEFT JOIN service_variants sv ON i.entity = 'variant' AND sv.id = i.record_id
       WHERE i.state = 'confirmed' AND i.resolved_at > clock_timestamp() - interval '10 minutes'
         AND i.opened_at > clock_timestamp() - interval '1 hour')
    SELECT 'runs' AS name, kind AS a, status AS b, count(*)::float8 AS value
      FROM sync_runs JOIN b ON b.id = business_id GROUP BY kind, status
    UNION ALL
    SELECT 'freshness', entity, '', extract(epoch FROM clock_timestamp() - min(proven_sent_at))::float8
      FROM integration_sync_status JOIN b ON b.id = business_id WHERE proven_sent_at IS NOT NULL GROUP BY entity
    UNION ALL
    SELECT 'unproven', entity, '', count(*) FILTER (WHERE proven_sent_at IS NULL OR NOT complete)::float8
      FROM integration_sync_status JOIN b ON b.id = business_id GROUP BY entity
    UNION ALL
    SELECT 'drained', q::text, '',
           percentile_cont(q) WITHIN GROUP (ORDER BY extract(epoch FROM w.drained_at - w.received_at))::float8
      FROM (VALUES (0.5::float8), (0.99::float8)) quantiles (q), webhook_logs w JOIN b ON b.id = w.business_id
     WHERE w.received_at > clock_timestamp() - interval '10 minutes' AND w.drained_at IS NOT NULL GROUP BY q
    UNION ALL
    SELECT 'pushed', q::text, '', percentile_cont(q) WITHIN GROUP (ORDER BY extract(epoch FROM s.resolved_at - s.changed_at))::float8
      FROM (VALUES (0.5::float8), (0.99::float8)) quantiles (q), sent s
     WHERE s.changed_at <= s.opened_at AND s.changed_at > clock_timestamp() - interval '1 hour' GROUP BY q
    UNION ALL
    SELECT 'changes', 'to_booksy', '', count(*)::float8 FROM sent
    UNION ALL
    SELECT 'changes', 'to_platform', '', count(business_id)::float8
      FROM webhook_logs w JOIN b ON b.id = w.business_id
     WHERE w.received_at > clock_timestamp() - interval '10 minutes' AND w.drained_at IS NOT NULL
    UNION ALL
    SELECT 'recent', r.kind, '', count(*)::float8
      FROM sync_runs r JOIN b ON b.id = r.business_id
     WHERE r.started_at > clock_timestamp() - interval '10 minutes' GROUP BY r.kind
    UNION ALL
    SELECT 'unanswered', operation, state, count(*)::float8
      FROM sync_intents i JOIN b ON b.id = i.business_id WHERE i.state IN ('open', 'unknown') GROUP BY operation, state
    UNION ALL
    SELECT 'failing', f.state, '', count(*)::float8
      FROM sync_failures f JOIN b ON b.id = f.business_id GROUP BY f.state
    UNION ALL
    SELECT 'calendars', c.state, '', count(*)::float8
      FROM external_calendars c JOIN b ON b.id = c.business_id WHERE c.active GROUP BY c.state
    UNION ALL
    SELECT 'circuits', '', '', count(*)::float8
      FROM businesses s JOIN b ON b.id = s.id WHERE s.circuit_opened_at IS NOT NULL
    UNION ALL SELECT 'box', box, '', n::float8 FROM boxes
    UNION ALL SELECT 'box_age', box, '', coalesce(extract(epoch FROM clock_timestamp() - oldest), 0)::float8 FROM boxes`;
}
