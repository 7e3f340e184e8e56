import { createInterface } from 'node:readline';
import pg from 'pg';
import { request } from 'undici';
import { z } from 'zod';
import type { BenchServers } from '../row.ts';
import { startRig, type Rig } from './rig.ts';
import type { SalonOptions } from './salon.ts';

/** A visit of both sides, to come, with one item. */
export interface LiveVisit {
  readonly businessId: string;
  /** Id at Booksy. */
  readonly externalId: number;
  /** Id here. */
  readonly bookingId: string;
}

/** The whole product on live salons: API, worker and simulator are processes of their own; both directions are open. */
export interface Live {
  readonly rig: Rig;
  /** Visits that may be changed freely, business by business in turn. */
  visits(): Promise<readonly LiveVisit[]>;
  /** Changes a visit at Booksy, as the salon would. @returns milliseconds until it is committed here */
  changeThere(visit: LiveVisit): Promise<number>;
  /** Changes a visit here, by plain SQL. @returns milliseconds until Booksy has it */
  changeHere(visit: LiveVisit): Promise<number>;
  stop(): Promise<void>;
}

/** Nobody waits longer for one change: it is lost, and the row says so. */
const LOST_MS = 60_000;

/** Starts rig, worker and API; imports, unless told otherwise; and opens the way out. */
export async function startLive(
  servers: BenchServers,
  options: SalonOptions & { readonly imported?: boolean; readonly byItself?: boolean },
): Promise<Live> {
  const rig = await startRig(servers, options);
  const undo: (() => Promise<void>)[] = [() => rig.stop()];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    // A person has seen the dry run (R18).
    await rig.database.query('UPDATE businesses SET push_allowed_at = now()');
    await rig.startWorker({ byItself: options.byItself === true });
    if (options.imported !== false) await rig.fullSync();
    await rig.startApi();
    const seen = new Map<string, () => void>();
    const told = (side: string, id: string, note: string) => seen.get(`${side} ${id} ${note}`)?.();
    const here = await listenHere(rig, (id, note) => told('here', id, note));
    undo.push(() => here.end());
    const writers = new pg.Pool({ connectionString: rig.database.url, max: 4 });
    writers.on('error', () => undefined);
    undo.push(() => writers.end());
    const deaf = await listenThere(rig, (id, note) => told('there', id, note));
    undo.push(() => {
      deaf();
      return Promise.resolve();
    });
    let notes = 0;
    const measure = async (side: string, id: string, change: (note: string) => Promise<unknown>) => {
      const note = `Uwaga ${String((notes += 1))}`;
      const key = `${side} ${id} ${note}`;
      const begun = performance.now();
      const visible = new Promise<number>((resolve, reject) => {
        const timer = setTimeout(() => {
          void whatWaits(rig)
            .catch(() => 'the database does not say')
            .then((text) => reject(new Error(`A change of ${id} was not seen ${side} in a minute: ${text}`)));
        }, LOST_MS);
        seen.set(key, () => {
          clearTimeout(timer);
          seen.delete(key);
          resolve(performance.now() - begun);
        });
      });
      const [ms] = await Promise.all([visible, change(note)]);
      return ms;
    };
    return {
      rig,
      visits: () => changeable(rig),
      changeThere: (visit) =>
        measure('here', visit.bookingId, (note) =>
          rig.salon.control('PATCH', `/visits/${String(visit.externalId)}`, { customer_note: note }),
        ),
      changeHere: (visit) =>
        measure('there', String(visit.externalId), (note) =>
          writers.query('UPDATE bookings SET client_note = $2 WHERE id = $1', [visit.bookingId, note]),
        ),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Hears of each changed note at its commit. The trigger is the benchmark's own, and part of what is measured. */
async function listenHere(rig: Rig, seen: (bookingId: string, note: string) => void): Promise<pg.Client> {
  await rig.database.query(
    `CREATE FUNCTION bench_seen() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN PERFORM pg_notify('bench_seen', NEW.id || ' ' || NEW.client_note); RETURN NULL; END $$`,
  );
  await rig.database.query(
    `CREATE TRIGGER bench_seen AFTER UPDATE ON bookings FOR EACH ROW
       WHEN (NEW.client_note IS DISTINCT FROM OLD.client_note) EXECUTE FUNCTION bench_seen()`,
  );
  const client = new pg.Client({ connectionString: rig.database.url, application_name: 'booksy-sync bench' });
  client.on('error', () => undefined);
  client.on('notification', ({ payload = '' }) => seen(payload.slice(0, 36), payload.slice(37)));
  await client.connect();
  await client.query('LISTEN bench_seen');
  return client;
}

const written = z.object({
  id: z.number(),
  visit: z.looseObject({ customer_note: z.string().nullish() }).nullable(),
});

/**
 * Hears of each changed note from the simulator itself, as it is written there. Over one open connection: a webhook for each
 * would be work for both ends that no hosted Booksy makes on this machine.
 *
 * @returns what ends it
 */
async function listenThere(rig: Rig, seen: (externalId: string, note: string) => void): Promise<() => void> {
  const { body } = await request(`${rig.salon.url}/_control/changes`, { bodyTimeout: 0 });
  const lines = createInterface({ input: body });
  const begun = new Promise<void>((resolve) => {
    lines.once('line', () => resolve());
  });
  lines.on('line', (line) => {
    if (line === '') return;
    const { id, visit } = written.parse(JSON.parse(line));
    seen(String(id), visit?.customer_note ?? '');
  });
  // Its end is an error to both of them.
  body.on('error', () => undefined);
  lines.on('error', () => undefined);
  await begun;
  return () => body.destroy();
}

/** Visits to come with one item of a known service and person, that may be edited by API. */
async function changeable(rig: Rig): Promise<readonly LiveVisit[]> {
  const rows = await rig.database.query<{ businessId: string; externalId: string; bookingId: string }>(
    `SELECT business_id AS "businessId", external_id AS "externalId", booking_id AS "bookingId" FROM (
       SELECT m.business_id, m.external_id, m.booking_id,
              row_number() OVER (PARTITION BY m.business_id ORDER BY m.external_id) AS n
         FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
        WHERE m.gone_at IS NULL AND b.status = 'confirmed' AND b.starts_at BETWEEN now() + interval '1 day' AND now() + interval '60 days'
          AND (SELECT count(*) FROM booking_items i WHERE i.booking_id = b.id) = 1) each
      ORDER BY n, business_id`,
  );
  const listed = z.object({ results: z.array(z.looseObject({ id: z.number(), repeating: z.boolean() })) });
  const repeating = new Set<number>();
  for (const salon of await rig.salon.ids()) {
    const from = new Date(Date.now() + 86_400_000).toISOString().slice(0, 16);
    const { results } = listed.parse(
      await rig.salon.control('GET', `/visits?salon=${String(salon)}&from=${from}&limit=1000`),
    );
    for (const visit of results) if (visit.repeating) repeating.add(visit.id);
  }
  return rows
    .map((row) => ({ ...row, externalId: Number(row.externalId) }))
    .filter(({ externalId }) => !repeating.has(externalId));
}

/** What a change that did not arrive may hang on, in codes. */
async function whatWaits(rig: Rig): Promise<string> {
  const rows = await rig.database.query<{ what: string; n: string }>(
    `SELECT 'conflict ' || kind AS what, count(*) AS n FROM booksy_sync_conflicts WHERE status = 'open' GROUP BY kind
     UNION ALL SELECT 'failure ' || error_code, count(*) FROM sync_failures WHERE state = 'open' GROUP BY error_code
     UNION ALL SELECT 'outbox ' || entity || ' ' || operation, count(*) FROM sync_outbox GROUP BY entity, operation
     UNION ALL SELECT 'webhooks', count(*) FROM webhook_logs WHERE drained_at IS NULL
     UNION ALL SELECT 'circuit ' || circuit_code, count(*) FROM businesses WHERE circuit_code IS NOT NULL GROUP BY circuit_code
     UNION ALL SELECT 'intent ' || operation || ' ' || state, count(*) FROM sync_intents GROUP BY operation, state`,
  );
  return rows.map(({ what, n }) => `${what} ${n}`).join(', ');
}
