import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { z } from 'zod';
import { WORKFLOW_TYPES } from '../../infra/temporal/names.ts';
import type { SweepInput, SweepTier } from '../../infra/temporal/schedules-types.ts';
import { releaseHeldBack, retryFailedAlone } from './releases.ts';
import type { Rig } from './rig.ts';
import type { Salon } from './salons.ts';

/** After the faults: everything is let come to rest, then swept until a sweep finds nothing to do (I4). */

/** What has not come to rest, by salon. */
export type Restless = ReadonlyMap<string, string>;

/** What the runs change, and so what is swept: nobody touches the catalog or the past, which cost most calls. */
const SWEPT = ['booking visits:ahead', 'profile clients', 'time_off soon', 'hours list'];

/**
 * Starts a sweep; windows of the salons that were not proven since `since` are made due. What was proven is not: a sweeper takes
 * the most urgent first, and would never get to the rest.
 */
export async function startSweep(
  rig: Rig,
  salons: readonly Salon[],
  tier: SweepTier,
  since: Date | null = null,
): Promise<WorkflowHandle> {
  const ids = salons.map(({ businessId }) => businessId);
  // Time off has no webhook: it is looked at where there is something to come, every quarter of an hour in life.
  await rig.db.query(
    `INSERT INTO integration_sync_status (business_id, entity, window_key, updated_at)
     SELECT id, 'time_off', 'soon', now() FROM unnest($1::uuid[]) AS b (id)
     ON CONFLICT (business_id, entity, window_key) DO NOTHING`,
    [ids],
  );
  await rig.db.query(
    `UPDATE integration_sync_status SET due_at = now()
      WHERE business_id = ANY($1) AND entity || ' ' || window_key = ANY($2)
        AND ($3::timestamptz IS NULL OR proven_sent_at IS NULL OR proven_sent_at < $3)`,
    [ids, SWEPT, since],
  );
  const input: SweepInput = { version: 1, accountKey: rig.accountKey, tier };
  return rig.client.workflow.start(WORKFLOW_TYPES.sweep, {
    args: [input],
    taskQueue: rig.taskQueue,
    workflowId: `sweep/${rig.accountKey}/faults-${randomUUID()}`,
  });
}

/** Waits until boxes, intents and failures of the salons are empty. @returns what is left after `timeoutMs` */
export async function settle(rig: Rig, salons: readonly Salon[], timeoutMs: number): Promise<Restless> {
  const until = performance.now() + timeoutMs;
  let calm = 0;
  for (;;) {
    const left = await unsettled(rig, salons);
    calm = left.size === 0 ? calm + 1 : 0;
    // Twice in a row: between two steps of the engine there are moments with nothing to be seen.
    if (calm >= 3 || performance.now() > until) return left;
    await delay(150);
  }
}

async function unsettled(rig: Rig, salons: readonly Salon[]): Promise<Restless> {
  const { rows } = await rig.db.query<Record<string, string>>(
    `SELECT b.id AS business,
            (SELECT count(*) FROM sync_outbox o WHERE o.business_id = b.id) AS outbox,
            (SELECT count(*) FROM webhook_logs w WHERE w.business_id = b.id AND w.drained_at IS NULL) AS webhooks,
            (SELECT count(*) FROM sync_intents i WHERE i.business_id = b.id AND i.state IN ('open', 'unknown')) AS intents,
            (SELECT count(*) FROM sync_intents i WHERE i.business_id = b.id AND i.state = 'unsent' AND i.due_at IS NOT NULL
                AND i.due_at < now() + interval '10 minutes') AS unsent,
            (SELECT count(*) FROM sync_failures f WHERE f.business_id = b.id AND f.state = 'open') AS failures,
            (SELECT count(*) FROM businesses c WHERE c.id = b.id AND c.circuit_opened_at IS NOT NULL) AS circuit,
            (SELECT count(*) FROM sync_runs r WHERE r.business_id = b.id AND r.kind = 'full_sync' AND r.status = 'running') AS imports
       FROM businesses b WHERE b.id = ANY($1)`,
    [salons.map(({ businessId }) => businessId)],
  );
  const left = new Map<string, string>();
  for (const { business, ...counts } of rows) {
    const named = Object.entries(counts).filter(([, count]) => Number(count) > 0);
    if (business !== undefined && named.length > 0)
      left.set(business, named.map(([name, count]) => `${count} ${name}`).join(', '));
  }
  return left;
}

export interface Rest {
  readonly restless: Restless;
  /** Sweeps until two in a row wrote nothing. */
  readonly sweeps: number;
  /** What a sweep still wrote when the bound was reached, by salon. */
  readonly writing: ReadonlyMap<string, string>;
}

/** How long a wave may take to come to rest. */
export interface RestBounds {
  readonly sweeps: number;
  readonly settleMs: number;
}
export const PATIENT: RestBounds = { sweeps: 7, settleMs: 60_000 };
const SWEEP_MS = 120_000;
/** So long it may take by itself, before a person looks at what failed alone. */
const ALONE_MS = 15_000;

/**
 * Lets everything come to rest, sweeps, delivers what is late, and sweeps on until two sweeps in a row write nothing.
 */
export async function rest(
  rig: Rig,
  salons: readonly Salon[],
  note: (line: string) => void,
  bounds: RestBounds,
): Promise<Rest> {
  const calm = async (when: string): Promise<Restless> => {
    await mendCircuits(rig, salons);
    let left = await settle(rig, salons, ALONE_MS);
    if (left.size > 0) {
      const asked = await retryFailedAlone(rig, salons);
      if (asked > 0) note(`  ${when}: a person asked for another try of ${String(asked)} records`);
      left = await settle(rig, salons, bounds.settleMs);
    }
    for (const [business, what] of left) note(`  ${when}: ${business} has ${what}`);
    return left;
  };
  await calm('after the faults');
  await sweepOnce(rig, salons);
  await calm('after the first sweep');
  const released = await releaseHeldBack(rig, salons);
  if (released > 0) {
    note(`  a person released ${String(released)} entries that were held back`);
    await calm('after the releases');
  }
  // What is a day late comes after the sweep has healed what it told (I8).
  await rig.control('POST', '/clock', { advanceMs: 86_400_000 + 80 * 60_000 });
  let restless = await calm('after what was late');
  let before = await prints(rig, salons);
  let still = 0;
  let sweeps = 1;
  let writing = new Map<string, string>();
  let unproven: Restless = new Map();
  while (sweeps < bounds.sweeps && still < 2) {
    unproven = await sweepOnce(rig, salons);
    sweeps += 1;
    restless = await calm(`after sweep ${String(sweeps)}`);
    for (const [business, what] of unproven) note(`  ${business}: ${what}`);
    const after = await prints(rig, salons);
    writing = new Map(
      salons
        .map(({ businessId }) => businessId)
        .filter((id) => JSON.stringify(after.get(id)) !== JSON.stringify(before.get(id)))
        .map((id) => [id, difference(before.get(id), after.get(id))] as const),
    );
    still = writing.size === 0 ? still + 1 : 0;
    if (writing.size > 0) note(`sweep ${String(sweeps)} wrote in ${String(writing.size)} salons`);
    before = after;
  }
  return { restless: new Map([...unproven, ...restless]), sweeps, writing };
}

/** A circuit that a storm opened is probed at once: its wait is longer than a run. */
async function mendCircuits(rig: Rig, salons: readonly Salon[]): Promise<void> {
  await rig.db.query(
    `UPDATE businesses SET circuit_probe_at = now() WHERE circuit_opened_at IS NOT NULL AND id = ANY($1)`,
    [salons.map(({ businessId }) => businessId)],
  );
}

/**
 * One sweep of every window, and the comparison of platform with base behind it. A sweeper that was at work already may have
 * looked past what became due: then once more.
 *
 * @returns salons of which a window was not proven in time
 */
async function sweepOnce(rig: Rig, salons: readonly Salon[]): Promise<Restless> {
  const ids = salons.map(({ businessId }) => businessId);
  const { rows } = await rig.db.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  const until = performance.now() + SWEEP_MS;
  const unproven = new Map<string, string>();
  for (;;) {
    const handle = await startSweep(rig, salons, 'near', rows[0]?.now ?? null);
    await endOf(handle);
    const { rows: late } = await rig.db.query<{ business: string; windows: string }>(
      `SELECT b.id AS business, string_agg(w.key, ', ') AS windows
         FROM unnest($1::uuid[]) AS b (id) CROSS JOIN unnest($3::text[]) AS w (key)
        WHERE NOT EXISTS (SELECT FROM integration_sync_status s WHERE s.business_id = b.id AND s.entity || ' ' || s.window_key = w.key
                           AND s.proven_sent_at >= $2)
        GROUP BY b.id`,
      [ids, rows[0]?.now, SWEPT],
    );
    unproven.clear();
    for (const { business, windows } of late) unproven.set(business, `no sweep proved ${windows}`);
    if (unproven.size === 0 || performance.now() > until) break;
    await delay(300);
  }
  // What the night does for everybody: platform against base, and what was never linked (R27).
  await rig.db.query(
    `INSERT INTO sync_outbox (business_id, entity, record_id, operation, origin)
     SELECT id, 'business', NULL, 'compare', 'sync' FROM unnest($1::uuid[]) AS b (id)`,
    [ids],
  );
  return unproven;
}

/** A sweeper that was killed holds its lease for a minute (R36): as if it had passed. A living one takes it again. */
export async function passSweeperLease(rig: Rig): Promise<void> {
  await rig.db.query(`UPDATE sync_leases SET expires_at = clock_timestamp() WHERE entity = 'sweeper'`);
}

/** A sweep that does not end is a finding of its own: what its step says is in Temporal. */
async function endOf(handle: WorkflowHandle): Promise<void> {
  const done = handle.result().then(() => 'done');
  done.catch(() => undefined);
  if ((await Promise.race([done, delay(SWEEP_MS, 'late', { ref: false })])) === 'done') return;
  const { raw } = await handle.describe();
  const steps = (raw.pendingActivities ?? []).map(
    (step) =>
      `${step.activityType?.name ?? ''}, attempt ${String(step.attempt)}: ${step.lastFailure?.message ?? 'no failure'}`,
  );
  throw new Error(`A sweep had not ended after ${String(SWEEP_MS / 1000)} s: ${steps.join('; ')}`);
}

type Print = Readonly<Record<string, string>>;
const counters = z.looseObject({
  calls: z.looseObject({
    bySalon: z.record(z.string(), z.looseObject({ byRoute: z.record(z.string(), z.number()) })),
  }),
});

/** What a sweep must leave as it is: records, mirror, base, conflicts, audit; and the writes at Booksy. */
async function prints(rig: Rig, salons: readonly Salon[]): Promise<ReadonlyMap<string, Print>> {
  const { calls } = counters.parse(await rig.control('GET', '/counters'));
  const out = new Map<string, Print>();
  for (const { id, businessId } of salons) {
    const own: Record<string, string> = {};
    for (const [name, sql] of Object.entries(PRINTED)) {
      const { rows } = await rig.db.query<{ text: string | null }>(sql, [businessId]);
      own[name] = createHash('sha256')
        .update(rows[0]?.text ?? '')
        .digest('base64url')
        .slice(0, 12);
    }
    const writes = Object.entries(calls.bySalon[String(id)]?.byRoute ?? {}).filter(
      ([route]) => !route.startsWith('GET ') && !route.includes('/mapping/'),
    );
    own['writes at Booksy'] = String(writes.reduce((sum, [, count]) => sum + count, 0));
    out.set(businessId, own);
  }
  return out;
}

const PRINTED: Readonly<Record<string, string>> = {
  bookings: `SELECT string_agg(concat_ws('|', id, row_version), ',' ORDER BY id) AS text FROM bookings WHERE business_id = $1`,
  items: `SELECT string_agg(concat_ws('|', id, row_version), ',' ORDER BY id) AS text FROM booking_items WHERE business_id = $1`,
  profiles: `SELECT string_agg(concat_ws('|', id, row_version), ',' ORDER BY id) AS text FROM profiles WHERE business_id = $1`,
  'time off': `SELECT string_agg(concat_ws('|', id, row_version), ',' ORDER BY id) AS text FROM time_off WHERE business_id = $1`,
  hours: `SELECT string_agg(concat_ws('|', owner_id, kind, day_of_week, date, applies_from, intervals), ',' ORDER BY id) AS text
      FROM working_hours WHERE business_id = $1`,
  'hours mirror': `SELECT string_agg(concat_ws('|', external_id, md5(remote::text), md5(base_theirs::text), md5(base_ours::text),
      md5(base_counters::text)), ',' ORDER BY external_id) AS text FROM external_hours WHERE business_id = $1`,
  'visit mirror': `SELECT string_agg(concat_ws('|', external_id, booking_id, remote_hash, md5(base_theirs::text), md5(base_ours::text),
      md5(base_counters::text), gone_at IS NULL), ',' ORDER BY external_id) AS text FROM external_bookings WHERE business_id = $1`,
  'client mirror': `SELECT string_agg(concat_ws('|', external_id, profile_id, remote_hash, md5(base_theirs::text), md5(base_ours::text)),
      ',' ORDER BY external_id) AS text FROM external_clients WHERE business_id = $1`,
  'block mirror': `SELECT string_agg(concat_ws('|', external_id, time_off_id, remote_hash, md5(base_theirs::text)), ',' ORDER BY source, external_id) AS text
      FROM external_time_off WHERE business_id = $1`,
  conflicts: `SELECT string_agg(concat_ws('|', id, status, version, md5(groups::text)), ',' ORDER BY id) AS text FROM booksy_sync_conflicts WHERE business_id = $1`,
  audit: `SELECT count(*)::text AS text FROM booksy_audit_log WHERE business_id = $1`,
};

function difference(before: Print | undefined, after: Print | undefined): string {
  return Object.keys(after ?? {})
    .filter((name) => before?.[name] !== after?.[name])
    .join(', ');
}
