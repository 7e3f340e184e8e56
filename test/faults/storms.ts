import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Random } from '../../simulator/random.ts';
import type { History } from './history.ts';
import { passSweeperLease, startSweep } from './quiet.ts';
import type { Rig } from './rig.ts';
import type { Salon } from './salons.ts';

/** Faults that hit every run of a wave at once: processes that die, servers that go, clocks that err. */

export interface Storm {
  readonly rig: Rig;
  readonly salons: readonly Salon[];
  /** Of the wave: counts the hits. */
  readonly history: History;
  readonly random: Random;
}

/** By the name under which hits are counted. Each ends by itself and mends what it broke. */
export const STORMS: Readonly<Record<string, (storm: Storm) => Promise<void>>> = {
  worker_killed_after_answer: killedAfterAnswer,
  worker_killed_before_dispatch: killedBeforeDispatch,
  postgres_restarted: async ({ rig, history, random }) => {
    await delay(random.between(500, 2500));
    await rig.restartPostgres();
    history.hit('postgres_restarted');
  },
  temporal_down: async ({ rig, history, random }) => {
    await delay(random.between(200, 1500));
    await rig.temporalDown(random.between(1500, 4000));
    history.hit('temporal_down');
  },
  clock_skew: async ({ rig, history, random }) => {
    const skewMs = random.pick([-600_000, 600_000]);
    await rig.control('POST', '/clock', { skewMs });
    history.note(`Booksy's clock is wrong by ${String(skewMs / 60_000)} min`);
    await delay(4_000);
    await rig.control('POST', '/clock', { skewMs: 0 });
    history.hit('clock_skew');
  },
  two_schedulers: async ({ rig, history, salons }) => {
    await delay(800);
    const sweeps = await Promise.all([0, 1, 2].map(() => startSweep(rig, salons, 'near')));
    await Promise.all(sweeps.map((sweep) => sweep.result().catch(() => undefined)));
    history.hit('two_schedulers');
  },
  webhooks_off: async ({ rig, history, random }) => {
    await delay(random.between(0, 1000));
    await rig.control('POST', '/settings', { flags: { webhooks: false } });
    history.note('webhooks are off');
    await delay(3_000);
    await rig.control('POST', '/settings', { flags: { webhooks: true } });
    history.hit('webhooks_off');
  },
};

/**
 * kill −9 between the answer of Booksy and the commit that takes it in: the row of an intent that is on its way is locked, the
 * commit is seen to wait for it, and then every worker dies.
 */
async function killedAfterAnswer({ rig, salons, history }: Storm): Promise<void> {
  // Answers that take a while leave time to get in between.
  await rig.control('POST', '/faults', {
    faults: ['POST', 'PUT'].map((method) => ({
      kind: 'slow',
      route: `${method} /business/{business_id}/appointment/*`,
      ms: 300,
      count: 6,
    })),
  });
  // On a busy machine the first write may be long in coming.
  const until = performance.now() + 30_000;
  let killed = false;
  while (!killed && performance.now() < until) {
    // Another storm may take the server away meanwhile.
    killed = await killOne(rig, salons, history).catch(() => false);
    await delay(3);
  }
  await rig.ensureWorkers(2);
  await passSweeperLease(rig).catch(() => undefined);
}

async function killOne(rig: Rig, salons: readonly Salon[], history: History): Promise<boolean> {
  const client = await rig.db.connect();
  const gone = (): void => undefined;
  client.on('error', gone);
  try {
    await client.query('BEGIN');
    const { rows } = await client.query<{ id: string }>(
      `SELECT id FROM sync_intents
        WHERE state = 'open' AND opened_at > clock_timestamp() - interval '2 seconds' AND business_id = ANY($1)
        LIMIT 1 FOR UPDATE SKIP LOCKED`,
      [salons.map(({ businessId }) => businessId)],
    );
    const [intent] = rows;
    if (intent === undefined) return false;
    const until = performance.now() + 5_000;
    while (performance.now() < until) {
      const { rows: waiting } = await rig.db.query(
        `SELECT FROM pg_stat_activity a, unnest(pg_blocking_pids(a.pid)) b
          WHERE b = $1 AND a.query ILIKE '%UPDATE%sync_intents%'`,
        [await pidOf(client)],
      );
      if (waiting.length > 0) {
        await Promise.all(rig.workers().map((worker) => worker.kill()));
        history.hit('worker_killed_after_answer');
        history.note(`all workers killed while the answer to intent ${intent.id} was not taken in`);
        return true;
      }
      await delay(20);
    }
    return false;
  } finally {
    // Ends the transaction with the connection.
    client.release(true);
  }
}

async function pidOf(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

/** kill −9 while committed changes lie in the boxes that nobody has dispatched. */
async function killedBeforeDispatch({ rig, salons, history, random }: Storm): Promise<void> {
  await delay(random.between(300, 2500));
  await Promise.all(rig.workers().map((worker) => worker.kill()));
  const until = performance.now() + 3_000;
  while (performance.now() < until) {
    const { rows } = await rig.db
      .query<{ waiting: string }>(
        `SELECT (SELECT count(*) FROM sync_outbox WHERE business_id = ANY($1))
              + (SELECT count(*) FROM webhook_logs WHERE business_id = ANY($1) AND drained_at IS NULL) AS waiting`,
        [salons.map(({ businessId }) => businessId)],
      )
      .catch(() => ({ rows: [] }));
    if (Number(rows[0]?.waiting ?? 0) > 0) {
      history.hit('worker_killed_before_dispatch');
      break;
    }
    await delay(50);
  }
  await rig.ensureWorkers(2);
  await passSweeperLease(rig).catch(() => undefined);
}
