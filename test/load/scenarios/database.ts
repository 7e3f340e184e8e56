import pg from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import { startPart } from '../../bench/support/part.ts';
import { startRig, type Rig } from '../../bench/support/rig.ts';
import type { LoadContext, Scenario } from '../scenario.ts';
import {
  carryOut,
  editableVisits,
  editsOf,
  inParallel,
  lostOf,
  postWebhook,
  untilQuiet,
} from '../support.ts';

const SIZES = {
  short: { salons: 6, visits: 60, webhooks: 150, edits: 30 },
  full: { salons: 6, visits: 500, webhooks: 2_000, edits: 600 },
} as const;

/** A pool of two connections, tables that are locked for seconds, and an import beside edits. */
export const database: Scenario = {
  name: 'database',
  about: 'an exhausted pool, locks that are held for seconds, a long import beside edits',
  async run(context) {
    const { servers, size, expect, say } = context;
    const { salons, visits, webhooks, edits: wanted } = SIZES[size];
    const rig = await startRig(servers, { salons, visits, clients: Math.round(visits * 0.15), limit: null });
    try {
      await rig.database.query('UPDATE businesses SET push_allowed_at = now()');
      await rig.startWorker();
      await rig.fullSync();
      await rig.startApi();
      const pool = await exhaustPool(rig, context, webhooks);
      const visitsToEdit = await editableVisits(rig);

      // Rows that a person's own transaction holds while both sides want them.
      say('database: rows locked for seconds');
      const locked = editsOf(visitsToEdit.slice(0, 12), 'Blokada');
      const begun = performance.now();
      await holding(
        rig,
        `SELECT 1 FROM bookings WHERE id = ANY('{${locked.map(({ visit }) => visit.bookingId).join(',')}}'::uuid[]) FOR UPDATE`,
        3_000,
        () =>
          carryOut(
            rig,
            locked.filter(({ side }) => side === 'there'),
            6,
          ),
      );
      await carryOut(
        rig,
        locked.filter(({ side }) => side === 'here'),
        6,
      );
      await untilQuiet(rig, 120_000);
      const lockedMs = performance.now() - begun;
      const stuck = await lostOf(rig, locked);
      expect(stuck.length === 0, `Edits of locked rows are lost: ${stuck.slice(0, 3).join('; ')}`);

      say('database: a full sync beside edits on both sides');
      const beside = editsOf(visitsToEdit.slice(12, 12 + wanted), 'Przy imporcie');
      await Promise.all([rig.fullSync(), carryOut(rig, beside, 8)]);
      await untilQuiet(rig, 180_000);
      const lost = await lostOf(rig, beside);
      expect(
        lost.length === 0,
        `${String(lost.length)} edits beside an import are lost: ${lost.slice(0, 3).join('; ')}`,
      );
      const [row] = await rig.database.query<{ deadlocks: number }>(
        'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
      );
      return { ...pool, lockedMs, edits: beside.length + locked.length, deadlocks: row?.deadlocks ?? 0 };
    } finally {
      await rig.stop();
    }
  },
};

/** How often a webhook comes again: as often as Booksy sends one. */
const TRIES = 4;

/** An API with two connections and a second of patience, while the box is locked: what it acknowledges is there. */
async function exhaustPool(
  rig: Rig,
  { servers, expect, say }: LoadContext,
  count: number,
): Promise<Record<string, number>> {
  say(`database: ${String(count)} webhooks at a pool of two connections while their table is locked`);
  const part = await startPart(servers, {
    entry: 'api/main.ts',
    env: { ...rig.env, API_PORT: '0', DATABASE_POOL_MAX: '2', DATABASE_ACQUIRE_TIMEOUT_MS: '1000' },
  });
  const api = String(part.ready['url']);
  const secret = rig.env['BOOKSY_WEBHOOK_SECRET'] ?? '';
  const salons = await rig.salon.ids();
  const acknowledged = new Set<number>();
  const refused = new Set<number>();
  const send = async (appointment: number): Promise<void> => {
    const note = `Pula ${String(appointment)}`;
    // Each business has its own line: more of them wait than there are connections.
    const salon = salons[appointment % salons.length] ?? 0;
    const response = await postWebhook(api, secret, {
      salon,
      appointment,
      note,
      id: `msg_pool_${String(appointment)}`,
    });
    await response.text();
    expect([200, 503].includes(response.status), `A webhook was answered ${String(response.status)}.`);
    if (response.status === 503)
      expect(response.headers.has('retry-after'), 'A 503 does not say when to come again.');
    (response.status === 200 ? acknowledged : refused).add(appointment);
  };
  // Ids that no visit has: they are stored, read once, and found to be of nothing.
  const ids = Array.from({ length: count }, (_, n) => 900_000_000 + n);
  try {
    await holding(rig, 'LOCK TABLE webhook_logs IN EXCLUSIVE MODE', 6_000, () =>
      Promise.all([
        inParallel(ids, 60, send),
        inParallel(ids.slice(0, 40), 20, () => readHealth(api, expect)),
      ]),
    );
    const first = acknowledged.size;
    expect((await stored(rig, acknowledged)) === first, 'A webhook was acknowledged and is not there.');
    const again = [...refused];
    expect(again.length > 0, 'The pool was never exhausted: this test has tested nothing.');
    // As Booksy does: what was not taken comes again, and once more where the machine was too busy for two connections.
    for (let turn = 0; turn < TRIES && refused.size > 0; turn += 1) {
      const rest = [...refused];
      refused.clear();
      await inParallel(rest, 10, send);
    }
    expect(
      refused.size === 0,
      `${String(refused.size)} webhooks are refused although nothing is locked any more.`,
    );
    expect(
      (await stored(rig, new Set(ids))) === ids.length,
      'Some webhooks were stored twice, or not at all.',
    );
    return { webhooks: count, atFirst: first, again: again.length };
  } finally {
    await part.stop();
  }
}

async function readHealth(api: string, expect: LoadContext['expect']): Promise<void> {
  const response = await fetch(`${api}/readyz`);
  await response.text();
  expect([200, 503].includes(response.status), `/readyz was answered ${String(response.status)}.`);
}

async function stored(rig: Rig, ids: ReadonlySet<number>): Promise<number> {
  const [row] = await rig.database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM webhook_logs WHERE external_id = ANY($1)',
    [[...ids].map(String)],
  );
  return row?.count ?? 0;
}

/** Does work while a transaction of somebody else holds locks for so long. */
async function holding(rig: Rig, lock: string, forMs: number, work: () => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: rig.database.url, application_name: 'load test' });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(lock);
    const working = work();
    // Told below; until then it must not end the process.
    working.catch(() => undefined);
    await delay(forMs);
    await client.query('COMMIT');
    await working;
  } finally {
    await client.end();
  }
}
