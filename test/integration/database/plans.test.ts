import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { openSalon, transaction, type Salon } from './support/salon.ts';

let database: TestDatabase;
let salon: Salon;
beforeAll(async () => {
  database = await createTestDatabase();
  salon = await openSalon(database.pool);
  for (let other = 0; other < 7; other += 1) await openSalon(database.pool);
  await fill();
});
afterAll(() => database.drop());

/** Enough rows, for several businesses, that reading a whole table would be the dearer way. */
async function fill(): Promise<void> {
  const many = 'generate_series(1, 1500) n CROSS JOIN (SELECT id FROM businesses) b (id)';
  await transaction(
    database.pool,
    async (tx) => {
      await tx.query(
        `INSERT INTO bookings (id, business_id, zone, starts_local, ends_local, starts_at, ends_at)
         SELECT gen_random_uuid(), b.id, 'UTC', t, t + interval '30 min', t AT TIME ZONE 'UTC', (t + interval '30 min') AT TIME ZONE 'UTC'
         FROM ${many} CROSS JOIN LATERAL (SELECT timestamp '2030-01-01' + n * interval '30 min') v (t)`,
      );
      await tx.query(
        `INSERT INTO booking_items (id, booking_id, business_id, staff_id, zone, starts_local, ends_local, starts_at, ends_at)
         SELECT gen_random_uuid(), k.id, k.business_id, (SELECT id FROM staff s WHERE s.business_id = k.business_id LIMIT 1), k.zone,
                k.starts_local, k.ends_local, k.starts_at, k.ends_at FROM bookings k`,
      );
      await tx.query(
        `INSERT INTO sync_runs (id, business_id, kind, workflow_id, actor, started_at)
         SELECT gen_random_uuid(), b.id, 'full_sync', 'full-sync/' || n, 'test', timestamptz '2030-01-01' + n * interval '1 h' FROM ${many}`,
      );
      await tx.query(
        `INSERT INTO booksy_sync_conflicts (id, business_id, kind, entity, external_id, status)
         SELECT gen_random_uuid(), b.id, 'field', 'booking', n::text, CASE WHEN n % 50 = 0 THEN 'open' ELSE 'closed' END FROM ${many}`,
      );
      await tx.query(
        `INSERT INTO quarantine (id, business_id, entity, external_id, reason_code, detail, next_step, released_at)
         SELECT gen_random_uuid(), b.id, 'booking', n::text, 'unparseable', '', '', CASE WHEN n % 50 > 0 THEN now() END FROM ${many}`,
      );
      await tx.query(
        `INSERT INTO mappings (id, business_id, entity, external_id, state, reason)
         SELECT gen_random_uuid(), b.id, 'client', n::text, CASE WHEN n % 50 = 0 THEN 'unsure' ELSE 'linked' END, '' FROM ${many}`,
      );
      await tx.query(
        `INSERT INTO webhook_logs (business_id, action, body_hash, drained_at)
         SELECT b.id, 'MODIFIED', n::text, CASE WHEN n % 50 > 0 THEN now() END FROM ${many}`,
      );
      await tx.query(
        `INSERT INTO booksy_audit_log (business_id, actor, action) SELECT b.id, 'test', 'apply' FROM ${many} ORDER BY b.id DESC, n`,
      );
      await tx.query(
        `INSERT INTO external_bookings (business_id, external_id, starts_local, ends_local, remote, remote_hash, base_theirs, base_ours,
           observed_sent_at, observed_received_at)
         SELECT b.id, n::text, timestamp '2030-01-01' + n * interval '1 h', timestamp '2030-01-02', '{}', '', '{}', '{}', now(), now() FROM ${many}`,
      );
    },
    { importing: true },
  );
  await database.pool.query('ANALYZE');
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

function nodes(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodes)];
}

async function plan(query: string, values: readonly unknown[], ordered = false): Promise<PlanNode[]> {
  const { rows } = await transaction(database.pool, async (tx) => {
    // A bitmap scan may use the same index but loses its order, and whether the order is there is the question.
    if (ordered) await tx.query('SET LOCAL enable_bitmapscan = off');
    return tx.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`EXPLAIN (FORMAT JSON) ${query}`, [...values]);
  });
  const root = rows[0]?.['QUERY PLAN'][0].Plan;
  if (root === undefined) throw new Error('no plan');
  return nodes(root);
}

describe('hot lists are read through their index', () => {
  it.each([
    [
      'visits by time, next page',
      'bookings_business_id_starts_at_id_idx',
      `SELECT * FROM bookings WHERE business_id = $1 AND (starts_at, id) > ('2030-02-01Z', '${randomUUID()}') ORDER BY starts_at, id LIMIT 50`,
    ],
    [
      'runs, newest first',
      'sync_runs_business_id_started_at_id_idx',
      'SELECT * FROM sync_runs WHERE business_id = $1 ORDER BY started_at DESC, id DESC LIMIT 50',
    ],
    [
      'open conflicts',
      'booksy_sync_conflicts_open_idx',
      `SELECT * FROM booksy_sync_conflicts WHERE business_id = $1 AND status = 'open' ORDER BY opened_at DESC, id DESC LIMIT 50`,
    ],
    [
      'open quarantine',
      'quarantine_open_idx',
      'SELECT * FROM quarantine WHERE business_id = $1 AND released_at IS NULL ORDER BY last_seen_at DESC, id DESC LIMIT 50',
    ],
    [
      'unsure mappings',
      'mappings_business_id_state_entity_id_idx',
      `SELECT * FROM mappings WHERE business_id = $1 AND state = 'unsure' AND entity = 'client' ORDER BY id LIMIT 50`,
    ],
    [
      'undrained webhooks',
      'webhook_logs_undrained_idx',
      'SELECT * FROM webhook_logs WHERE business_id = $1 AND drained_at IS NULL ORDER BY id LIMIT 100',
    ],
    [
      'outbox of a business',
      'sync_outbox_business_id_entity_record_id_idx',
      `SELECT * FROM sync_outbox WHERE business_id = $1 AND entity = 'booking' AND record_id = '${randomUUID()}'`,
    ],
    [
      'audit, newest first',
      'booksy_audit_log_business_id_id_idx',
      'SELECT * FROM booksy_audit_log WHERE business_id = $1 ORDER BY id DESC LIMIT 50',
    ],
    [
      'mirror of a window',
      'external_bookings_business_id_starts_local_external_id_idx',
      `SELECT external_id FROM external_bookings WHERE business_id = $1 AND starts_local >= '2030-01-05' AND starts_local < '2030-01-06' ORDER BY starts_local, external_id`,
    ],
  ])('%s', async (_name, index, query) => {
    const found = await plan(query, [salon.businessId], true);
    expect(found.map((node) => node['Index Name'])).toContain(index);
    expect(found.map((node) => node['Node Type'])).not.toContain('Seq Scan');
    expect(found.map((node) => node['Node Type'])).not.toContain('Sort');
  });

  it('held time of a day, both halves', async () => {
    const found = await plan(`SELECT * FROM occupancy_within($1, tstzrange('2030-01-05Z', '2030-01-06Z'))`, [
      salon.staff,
    ]);
    const indexes = found.map((node) => node['Index Name']);
    expect(indexes).toContain('occupancy_no_overlap');
    expect(indexes.some((name) => name?.startsWith('occupancy_exempt'))).toBe(true);
    expect(found.map((node) => node['Node Type'])).not.toContain('Seq Scan');
  });

  it('overlaps of a business', async () => {
    const found = await plan('SELECT * FROM occupancy_overlaps($1)', [salon.businessId]);
    expect(found.map((node) => node['Node Type'])).not.toContain('Seq Scan');
  });
});
