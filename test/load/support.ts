import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { createDatabase } from '../../infra/database/index.ts';
import { mintToken, SCOPES } from '../../infra/tokens.ts';
import type { Rig } from '../bench/support/rig.ts';

/** A visit of both sides that may be edited freely. */
export interface LoadVisit {
  readonly businessId: string;
  readonly externalId: number;
  readonly bookingId: string;
}

/** Visits to come with one item, business by business in turn; those that Booksy repeats are left out (R17). */
export async function editableVisits(rig: Rig): Promise<readonly LoadVisit[]> {
  const rows = await rig.database.query<{ businessId: string; externalId: string; bookingId: string }>(
    `SELECT business_id AS "businessId", external_id AS "externalId", booking_id AS "bookingId" FROM (
       SELECT m.business_id, m.external_id, m.booking_id,
              row_number() OVER (PARTITION BY m.business_id ORDER BY m.external_id) AS n
         FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
        WHERE m.gone_at IS NULL AND b.status = 'confirmed'
          AND b.starts_at BETWEEN now() + interval '1 day' AND now() + interval '80 days'
          AND NOT EXISTS (SELECT 1 FROM booksy_sync_conflicts c WHERE c.record_id = b.id AND c.status = 'open')
          AND (SELECT count(*) FROM booking_items i WHERE i.booking_id = b.id) = 1) each
      ORDER BY n, business_id`,
  );
  const repeating = new Set<number>();
  for (const salon of await rig.salon.ids())
    for (const visit of await visitsThere(rig, salon)) if (visit.repeating === true) repeating.add(visit.id);
  return rows
    .map((row) => ({ ...row, externalId: Number(row.externalId) }))
    .filter(({ externalId }) => !repeating.has(externalId));
}

const page = z.object({
  results: z.array(
    z.looseObject({ id: z.number(), customer_note: z.string().nullish(), repeating: z.boolean().nullish() }),
  ),
});
type VisitThere = z.output<typeof page>['results'][number];

/** All visits of a salon, as Booksy has them. */
export async function visitsThere(rig: Rig, salon: number): Promise<readonly VisitThere[]> {
  const found: VisitThere[] = [];
  for (;;) {
    const query = `salon=${String(salon)}&limit=1000&offset=${String(found.length)}`;
    const { results } = page.parse(await rig.salon.control('GET', `/visits?${query}`));
    found.push(...results);
    if (results.length < 1000) return found;
  }
}

/** Edits a visit at Booksy, as the salon would. */
export async function editThere(rig: Rig, visit: LoadVisit, note: string): Promise<void> {
  await rig.salon.control('PATCH', `/visits/${String(visit.externalId)}`, { customer_note: note });
}

export interface Edit {
  readonly visit: LoadVisit;
  readonly side: 'here' | 'there';
  readonly note: string;
}

/** Every other visit is edited on the other side. */
export function editsOf(visits: readonly LoadVisit[], what: string): readonly Edit[] {
  return visits.map((visit, at) => ({
    visit,
    side: at % 2 === 0 ? 'there' : 'here',
    note: `${what} ${String(at)}`,
  }));
}

/** Carries edits out, so many at once: there as the salon would, here by plain SQL over connections of its own. */
export async function carryOut(rig: Rig, edits: readonly Edit[], atOnce: number): Promise<void> {
  const pool = new pg.Pool({
    connectionString: rig.database.url,
    max: atOnce,
    application_name: 'load test',
  });
  try {
    await inParallel(edits, atOnce, ({ visit, side, note }) =>
      side === 'there'
        ? editThere(rig, visit, note)
        : pool.query('UPDATE bookings SET client_note = $2 WHERE id = $1', [visit.bookingId, note]),
    );
  } finally {
    await pool.end();
  }
}

/** Edits that are not on both sides: of whom, and what stands where. */
export async function missing(rig: Rig, edits: readonly Edit[]): Promise<readonly string[]> {
  const rows = await rig.database.query<{ id: string; note: string | null }>(
    'SELECT id, client_note AS note FROM bookings',
  );
  const here = new Map(rows.map(({ id, note }) => [id, note]));
  const there = new Map<number, string | null | undefined>();
  for (const salon of await rig.salon.ids())
    for (const visit of await visitsThere(rig, salon)) there.set(visit.id, visit.customer_note);
  return edits
    .filter(({ visit, note }) => here.get(visit.bookingId) !== note || there.get(visit.externalId) !== note)
    .map(({ visit, side, note }) => {
      const stands = `here ${String(here.get(visit.bookingId))}, there ${String(there.get(visit.externalId))}`;
      return `"${note}" (edited ${side}, appointment ${String(visit.externalId)}): ${stands}`;
    });
}

/** Edits that are not on both sides in the end: a webhook may be on its way while boxes are empty. */
export async function lostOf(
  rig: Rig,
  edits: readonly Edit[],
  withinMs = 60_000,
): Promise<readonly string[]> {
  const until = performance.now() + withinMs;
  for (;;) {
    const lost = await missing(rig, edits);
    if (lost.length === 0 || performance.now() > until) return lost;
    await delay(300);
  }
}

/** Works on everything, `atOnce` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const rest = [...items];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
    }),
  );
}

interface Waiting {
  readonly webhooks: number;
  readonly outbox: number;
  readonly intents: number;
}

/** What the engine has still to do. */
export async function waiting(rig: Rig): Promise<Waiting> {
  const [row] = await rig.database.query<{ webhooks: number; outbox: number; intents: number }>(
    `SELECT (SELECT count(*)::int FROM webhook_logs WHERE drained_at IS NULL) AS webhooks,
            (SELECT count(*)::int FROM sync_outbox) AS outbox,
            (SELECT count(*)::int FROM sync_intents WHERE state IN ('open', 'unknown')) AS intents`,
  );
  return row ?? { webhooks: 0, outbox: 0, intents: 0 };
}

/** Waits until both boxes are empty and no write is under way. @throws Error that says what is left */
export async function untilQuiet(rig: Rig, withinMs: number): Promise<number> {
  const begun = performance.now();
  for (let calm = 0; ;) {
    const left = await waiting(rig);
    calm = left.webhooks + left.outbox + left.intents === 0 ? calm + 1 : 0;
    // A write is followed by its own webhook: one empty look is not yet rest.
    if (calm >= 5) return performance.now() - begun;
    if (performance.now() - begun > withinMs)
      throw new Error(
        `After ${String(Math.round(withinMs / 1000))} s there are still ${JSON.stringify(left)}.`,
      );
    await delay(300);
  }
}

/** Everything that was written at Booksy through its API. */
export async function writesThere(rig: Rig): Promise<number> {
  const { writes } = await rig.salon.counters();
  return [writes.api.created, writes.api.changed, writes.api.deleted]
    .flatMap((deed) => Object.values(deed))
    .reduce((sum, count) => sum + count, 0);
}

/** A token with every scope, for these businesses. */
export async function tokenFor(rig: Rig, businesses: 'all' | readonly string[]): Promise<string> {
  const database = createDatabase({ url: rig.database.url, poolMax: 1, applicationName: 'load test' });
  try {
    const request = { name: 'load', scopes: SCOPES, businesses, expiresAt: null };
    return (await mintToken(database.prisma, request)).token;
  } finally {
    await database.close();
  }
}

/** Posts a signed webhook about a visit as it is at Booksy. */
export async function postWebhook(
  api: string,
  secret: string,
  visit: {
    readonly salon: number;
    readonly appointment: number;
    readonly note: string;
    readonly id?: string;
  },
): Promise<Response> {
  const body = JSON.stringify({
    action: 'MODIFIED',
    appointment: { id: visit.appointment, business_id: visit.salon, customer_note: visit.note },
  });
  const id = visit.id ?? `msg_${randomUUID()}`;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return fetch(`${api}/api/webhooks/booksy`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body,
  });
}
