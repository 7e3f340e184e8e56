/** How the engine stands for each business: its boxes, what it wrote and does not know of yet, what failed, its circuit. */
import { z } from 'zod';
import type { PrismaClient } from '../../infra/database/index.ts';
import { instant, isoOrNull } from '../wire.ts';

const box = z.object({
  undrained: z.int(),
  oldestSeconds: z.int().nullable().meta({ description: 'Age of the oldest row; null where there is none' }),
});

export const engineSchema = z
  .object({
    webhooks: box.meta({ description: 'What Booksy told and nobody has read back yet' }),
    outbox: box.meta({ description: 'What changed here and is not judged yet' }),
    intents: z.object({
      open: z.int().meta({ description: 'Writes at Booksy under way' }),
      unknown: z.int().meta({ description: 'Writes without an answer: their records wait (R14a)' }),
      remembered: z.int().meta({ description: 'Unanswered writes that may still act late (R14b)' }),
    }),
    failures: z.object({
      open: z.int().meta({ description: 'Records that failed alone and are tried again (R29)' }),
      skipped: z.int(),
    }),
    circuit: z
      .object({ openedAt: instant, code: z.string().nullable(), probeAt: instant.nullable() })
      .nullable()
      .meta({ description: 'Calls of the business have stopped since, and are tried again then (R29)' }),
  })
  .meta({ id: 'EngineStatus' });
export type EngineStatus = z.input<typeof engineSchema>;

/** Of a business that was deleted between two statements. */
export const NO_ENGINE: EngineStatus = {
  webhooks: { undrained: 0, oldestSeconds: null },
  outbox: { undrained: 0, oldestSeconds: null },
  intents: { open: 0, unknown: 0, remembered: 0 },
  failures: { open: 0, skipped: 0 },
  circuit: null,
};

interface Row {
  business_id: string;
  webhooks: number;
  webhooks_age: number | null;
  outbox: number;
  outbox_age: number | null;
  open: number;
  unknown: number;
  remembered: number;
  failed: number;
  skipped: number;
  circuit_opened_at: Date | null;
  circuit_code: string | null;
  circuit_probe_at: Date | null;
}

/** One statement for all businesses asked. */
export async function engineStatus(
  sql: Pick<PrismaClient, '$queryRaw'>,
  businessIds: readonly string[],
): Promise<ReadonlyMap<string, EngineStatus>> {
  const rows = await sql.$queryRaw<Row[]>`
    SELECT b.id::text AS business_id, w.n AS webhooks, w.age AS webhooks_age, o.n AS outbox, o.age AS outbox_age,
           i.open, i.unknown, i.remembered, f.failed, f.skipped, b.circuit_opened_at, b.circuit_code, b.circuit_probe_at
      FROM businesses b
     CROSS JOIN LATERAL (SELECT count(*)::int AS n, floor(extract(epoch FROM now() - min(received_at)))::int AS age
                           FROM webhook_logs WHERE business_id = b.id AND drained_at IS NULL) AS w
     CROSS JOIN LATERAL (SELECT count(*)::int AS n, floor(extract(epoch FROM now() - min(created_at)))::int AS age
                           FROM sync_outbox WHERE business_id = b.id) AS o
     CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state = 'open')::int AS open,
                                count(*) FILTER (WHERE state = 'unknown')::int AS unknown,
                                count(*) FILTER (WHERE state NOT IN ('open', 'unknown'))::int AS remembered
                           FROM sync_intents WHERE business_id = b.id
                            AND (state IN ('open', 'unknown') OR remembered_until IS NOT NULL)) AS i
     CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state = 'open')::int AS failed,
                                count(*) FILTER (WHERE state = 'skipped')::int AS skipped
                           FROM sync_failures WHERE business_id = b.id) AS f
     WHERE b.id = ANY (${[...businessIds]}::uuid[])`;
  return new Map(rows.map((row) => [row.business_id, shown(row)]));
}

function shown(row: Row): EngineStatus {
  return {
    webhooks: { undrained: row.webhooks, oldestSeconds: row.webhooks_age },
    outbox: { undrained: row.outbox, oldestSeconds: row.outbox_age },
    intents: { open: row.open, unknown: row.unknown, remembered: row.remembered },
    failures: { open: row.failed, skipped: row.skipped },
    circuit:
      row.circuit_opened_at === null
        ? null
        : {
            openedAt: row.circuit_opened_at.toISOString(),
            code: row.circuit_code,
            probeAt: isoOrNull(row.circuit_probe_at),
          },
  };
}
