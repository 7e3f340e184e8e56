/**
 * The box of webhooks: stored before the sender gets its answer. Webhooks of one business that come at the same time go in one
 * statement; each business has its own line, so that a business whose box is held by a transaction makes no other one wait.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Vault } from '../crypto.ts';
import { sqlState, type PrismaClient } from '../database/index.ts';
import { bodyContext } from './body.ts';

/** A webhook that was proven to be Booksy's. */
export interface WebhookDelivery {
  /** Our id. */
  readonly businessId: string;
  /** `webhook-id`: once for ever. Null where the sender does not sign. */
  readonly deliveryId: string | null;
  readonly action: string;
  /** Booksy's id of the appointment. */
  readonly appointmentId: string;
  /** The body as it came. */
  readonly raw: Buffer;
  readonly verifiedBy: 'signature' | 'path_token';
}

/** `stored`: news. `merged`: the same news waits already (R4). `known`: this very delivery was stored before. */
export type StoredAs = 'stored' | 'merged' | 'known';

export interface WebhookStore {
  /** Resolves once it is committed. @throws what the database throws; then nothing was promised. */
  store(delivery: WebhookDelivery): Promise<StoredAs>;
}

interface Waiting {
  readonly delivery: WebhookDelivery;
  readonly bodyHash: string;
  readonly done: (as: StoredAs) => void;
  readonly failed: (error: unknown) => void;
}

/** Rows of one statement. */
const MOST_ROWS = 200;
/** Statements under way at once: the pool has to serve the other endpoints, too. */
const MOST_STATEMENTS = 4;
/** Two processes stored the same delivery, or crossed in their locks: the second look sees what the first one did. */
const TRY_AGAIN = new Set(['23505', '40P01', '40001']);
const TRIES = 4;

/** Makes the box of a process. */
export function createWebhookStore(deps: {
  readonly prisma: Pick<PrismaClient, '$queryRaw'>;
  readonly vault: Vault;
}): WebhookStore {
  const lines = new Map<string, Waiting[]>();
  const busy = new Set<string>();
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    // Everything that this turn of the event loop brought goes together.
    setImmediate(() => {
      scheduled = false;
      send();
    });
  };

  const send = (): void => {
    for (const [businessId, line] of lines) {
      if (busy.size >= MOST_STATEMENTS) return;
      if (busy.has(businessId)) continue;
      const batch = line.splice(0, MOST_ROWS);
      if (line.length === 0) lines.delete(businessId);
      busy.add(businessId);
      void settle(deps, businessId, batch).finally(() => {
        busy.delete(businessId);
        send();
      });
    }
  };

  return {
    store: (delivery) =>
      new Promise((done, failed) => {
        const bodyHash = createHash('sha256').update(delivery.raw).digest('hex');
        const line = lines.get(delivery.businessId) ?? [];
        line.push({ delivery, bodyHash, done, failed });
        lines.set(delivery.businessId, line);
        schedule();
      }),
  };
}

type Deps = Parameters<typeof createWebhookStore>[0];

async function settle(deps: Deps, businessId: string, batch: readonly Waiting[]): Promise<void> {
  try {
    const as = await storeBatch(deps, businessId, batch);
    batch.forEach((one, at) => one.done(as[at] ?? 'stored'));
  } catch (error) {
    for (const one of batch) one.failed(error);
  }
}

/** One row of the statement: a delivery, with how many copies of it came with it. */
interface Row {
  readonly first: Waiting;
  copies: number;
}

async function storeBatch(deps: Deps, businessId: string, batch: readonly Waiting[]): Promise<StoredAs[]> {
  // Within the batch the same rules hold as against the table: a delivery once, the same news in one row.
  const byDelivery = new Map<string, Waiting>();
  const rows = new Map<string, Row>();
  const repeated = new Set<Waiting>();
  for (const one of batch) {
    const { deliveryId } = one.delivery;
    if (deliveryId !== null && byDelivery.has(deliveryId)) {
      repeated.add(one);
      continue;
    }
    if (deliveryId !== null) byDelivery.set(deliveryId, one);
    const row = rows.get(newsOf(one));
    if (row === undefined) rows.set(newsOf(one), { first: one, copies: 1 });
    else row.copies += 1;
  }
  const fresh = await insertRows(deps, businessId, [...rows.values()]);
  return batch.map((one) => {
    const row = rows.get(newsOf(one));
    if (repeated.has(one) || row === undefined) return 'known';
    const how = fresh.get(newsOf(one)) ?? 'known';
    return row.first === one || how === 'known' ? how : 'merged';
  });
}

/** What makes two webhooks the same news: the key of `webhook_logs_undrained_key` within a business. */
function newsOf({ delivery, bodyHash }: Waiting): string {
  return `${delivery.appointmentId}|${delivery.action}|${bodyHash}`;
}

const returned = z.array(
  z.object({ external_id: z.string(), action: z.string(), body_hash: z.string(), fresh: z.boolean() }),
);

async function insertRows(
  { prisma, vault }: Deps,
  businessId: string,
  rows: readonly Row[],
): Promise<ReadonlyMap<string, StoredAs>> {
  const given = JSON.stringify(
    rows.map(({ first: { delivery, bodyHash }, copies }) => ({
      delivery_id: delivery.deliveryId,
      action: delivery.action,
      external_id: delivery.appointmentId,
      body_hash: bodyHash,
      sealed: vault.seal(delivery.raw, bodyContext(businessId, bodyHash)).toString('base64'),
      verified_by: delivery.verifiedBy,
      copies,
    })),
  );
  for (let attempt = 1; ; attempt += 1) {
    try {
      // In the order of the key: two processes that store the same news wait for each other, and never in a ring.
      const answer = await prisma.$queryRaw`
        INSERT /* webhook */ /* prepared */ INTO webhook_logs AS w
          (business_id, delivery_id, action, external_id, body_hash, sealed_body, verified_by, copies)
        SELECT ${businessId}::uuid, g.delivery_id, g.action, g.external_id, g.body_hash,
               decode(g.sealed, 'base64'), g.verified_by, g.copies
          FROM jsonb_to_recordset(${given}::jsonb) AS g(delivery_id text, action text, external_id text,
               body_hash text, sealed text, verified_by text, copies int)
         WHERE g.delivery_id IS NULL OR NOT EXISTS (
                 SELECT 1 FROM webhook_logs k
                  WHERE k.business_id = ${businessId}::uuid AND k.delivery_id = g.delivery_id)
         ORDER BY g.external_id, g.action, g.body_hash
        ON CONFLICT (business_id, external_id, action, body_hash) WHERE drained_at IS NULL
        DO UPDATE SET copies = w.copies + excluded.copies
        RETURNING w.external_id, w.action, w.body_hash, (w.xmax = 0) AS fresh`;
      return new Map(
        returned
          .parse(answer)
          .map((row) => [
            `${row.external_id}|${row.action}|${row.body_hash}`,
            row.fresh ? 'stored' : 'merged',
          ]),
      );
    } catch (error) {
      if (attempt >= TRIES || !TRY_AGAIN.has(sqlState(error) ?? '')) throw error;
    }
  }
}
