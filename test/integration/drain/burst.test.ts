/** Bursts coalesce (SPEC 14): many webhooks and many changes of one salon are few actions and no call too many. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureWorkflows } from '../../../infra/local/measure.ts';
import { businessSyncId } from '../../../infra/temporal/launch.ts';
import { eventually } from '../../support/eventually.ts';
import { startLiveEngine, type LiveEngine } from './support/engine.ts';
import { visitsOf } from './support/visits.ts';

let engine: LiveEngine;
beforeAll(async () => {
  engine = await startLiveEngine({ visits: 1_500, clients: 100 });
}, 240_000);
afterAll(() => engine.stop());

describe('a burst', { timeout: 240_000 }, () => {
  it('of 400 webhooks about 200 visits costs at most 8 actions and less than a read a visit (R4, R26)', async () => {
    const visits = (await visitsOf(engine, 'upcoming')).slice(0, 200);
    expect(visits.length).toBeGreaterThan(100);
    await engine.quiet();
    const since = new Date();
    await engine.simulator.clearCounters();
    const edit = (id: number, note: string) =>
      engine.simulator.control('PATCH', `/visits/${String(id)}`, { customer_note: note });
    await Promise.all(visits.flatMap(({ id }) => [edit(id, 'Pierwsza'), edit(id, 'Druga')]));
    await eventually(
      async () => {
        const { rows } = await engine.database.pool.query<{ n: string }>(
          `SELECT count(*) AS n FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
            WHERE m.external_id = ANY($1) AND b.client_note IN ('Pierwsza', 'Druga')
              AND b.client_note = m.remote ->> 'clientNote'`,
          [visits.map(({ id }) => String(id))],
        );
        return Number(rows[0]?.n) === visits.length;
      },
      { timeoutMs: 60_000 },
    );
    await engine.quiet();
    const { calls } = await engine.simulator.counters();
    expect(calls.total).toBeLessThan(2 * visits.length);
    const { client } = engine.worker;
    const id = businessSyncId(engine.businessId);
    await eventually(async () => (await client.workflow.getHandle(id).describe()).status.name !== 'RUNNING');
    const { actions } = await measureWorkflows(client, [id], since);
    // 1,000 webhooks ≤ 20 actions.
    expect(actions).toBeLessThanOrEqual(8);
  });
});
