/** At a real pace calls wait for their turn: no write may be given up because of that (R13b, R35). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startLiveEngine, type LiveEngine } from '../drain/support/engine.ts';
import { simVisitOf, visitsOf } from '../drain/support/visits.ts';

let engine: LiveEngine;
beforeAll(async () => {
  // As Booksy's 200 a minute, with a smaller burst.
  engine = await startLiveEngine(
    { visits: 700, clients: 40 },
    { BOOKSY_RATE_LIMIT: '20', BOOKSY_RATE_WINDOW_MS: '6000' },
  );
}, 300_000);
afterAll(() => engine.stop());

it('40 changes at 200 calls a minute are each read and written once; none waits for its turn with an open intent', async () => {
  const visits = (await visitsOf(engine, 'upcoming'))
    .filter(({ repeating }) => repeating !== true)
    .slice(0, 40);
  expect(visits).toHaveLength(40);
  await engine.quiet();
  await engine.simulator.clearCounters();
  await engine.database.pool.query(
    `UPDATE bookings SET client_note = 'W swoim czasie' WHERE id IN
       (SELECT booking_id FROM external_bookings WHERE external_id = ANY($1))`,
    [visits.map(({ id }) => String(id))],
  );
  await eventually(
    async () => {
      const there = await Promise.all(visits.map(({ id }) => simVisitOf(engine, id)));
      return there.every(({ customer_note: note }) => note === 'W swoim czasie');
    },
    { timeoutMs: 120_000, intervalMs: 1_000 },
  );
  // The last answer is there before it is written down here.
  await engine.quiet();
  const intents = await engine.deps.db.syncIntent.groupBy({ by: ['state'], _count: true });
  expect(intents).toEqual([{ state: 'confirmed', _count: 40 }]);
  const { byRoute } = (await engine.simulator.counters()).calls;
  expect(byRoute['PUT /business/{business_id}/appointment/{appointment_id}/']).toBe(40);
}, 300_000);
