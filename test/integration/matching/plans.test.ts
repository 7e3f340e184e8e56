import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matchFresh } from '../../../activities/matching/index.ts';
import { seenClient } from '../../../domain/states/people-and-time.ts';
import { Prisma } from '../../../infra/database/index.ts';
import { nextInterval } from '../../support/salon.ts';
import { anotherDesk, card, openDesk, type Desk } from './support/desk.ts';

/** What matching costs a salon with very many clients: by the number of cards, not of clients. */

const MANY = 100_000;

/** A plan that reads all clients. */
const SCAN = /"Seq Scan"[^{}]*"Relation Name":"(profiles|external_clients)"/;

let imported: Desk;
let own: Desk;

beforeAll(async () => {
  imported = await openDesk();
  own = await anotherDesk(imported);
  await fill(imported, MANY, true);
  await fill(own, MANY, false);
  await imported.database.pool.query('VACUUM ANALYZE profiles, external_clients');
}, 300_000);

afterAll(() => imported.database.drop());

/** Clients as an import makes them, each with its card, or as the platform's own app does. */
async function fill(desk: Desk, clients: number, fromCards: boolean): Promise<void> {
  const { pool } = desk.database;
  // A table of this test alone: what triggers do with each row would only take time.
  await pool.query('ALTER TABLE profiles DISABLE TRIGGER USER');
  await pool.query(
    `INSERT INTO profiles (id, business_id, given_name, family_name, email, phone_e164, provenance)
     SELECT gen_random_uuid(), $1, 'Imię ' || (i % 300), 'Nazwisko ' || i, 'p' || i || '@mail.example',
            '+48' || (500000000 + i), CASE WHEN $3 THEN jsonb_build_object('name', i::text) ELSE '{}' END
       FROM generate_series(1, $2::int) AS i`,
    [desk.business.id, clients, fromCards],
  );
  if (!fromCards) return;
  await pool.query(
    `INSERT INTO external_clients (business_id, external_id, profile_id, is_primary, remote, remote_hash, base_theirs,
                                   base_ours, observed_sent_at, observed_received_at)
     SELECT business_id, provenance ->> 'name', id, true, jsonb_build_object('email', email, 'phone', phone_e164), 'x',
            '{}', '{}', now(), now()
       FROM profiles WHERE business_id = $1`,
    [desk.business.id],
  );
}

interface Statement {
  readonly buffers: number;
  readonly plan: string;
}

/** Every statement of one look at some cards, with the pages that it touched. Nothing is kept. */
async function costOf(desk: Desk, cards: number): Promise<readonly Statement[]> {
  const fresh = Array.from({ length: cards }, (_, index) => {
    const like = String(index * 37 + 1);
    return seenClient(
      card(`new-${randomUUID()}`, {
        givenName: 'Imię 1',
        familyName: `Nazwisko ${like}`,
        email: `p${like}@mail.example`,
        phone: `+48${String(500_000_000 + index * 53)}`,
      }),
      nextInterval(),
    );
  });
  const statements: Statement[] = [];
  const rolledBack = new Error('rolled back');
  const look = desk.inRun(async (scope) => {
    const explain = async (query: TemplateStringsArray | Prisma.Sql, values: readonly unknown[]) => {
      const [row] = await scope.tx.$queryRaw<{ 'QUERY PLAN': { Plan: unknown }[] }[]>`
        EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${'raw' in query ? Prisma.sql(query, ...values) : query}`;
      const plan = row?.['QUERY PLAN'][0]?.Plan;
      const { 'Shared Hit Blocks': hit, 'Shared Read Blocks': read } = plan as Record<string, number>;
      statements.push({ buffers: (hit ?? 0) + (read ?? 0), plan: JSON.stringify(plan) });
    };
    const tx: typeof scope.tx = {
      async $queryRaw<T>(query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<T> {
        await explain(query, values);
        return scope.tx.$queryRaw<T>(query, ...values);
      },
      $executeRaw: (query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]) =>
        scope.tx.$executeRaw(query, ...values),
    };
    await matchFresh({ ...scope, tx }, 'profile', fresh);
    throw rolledBack;
  });
  await expect(look).rejects.toBe(rolledBack);
  return statements;
}

describe('an import whose clients are all its own', () => {
  it('asks one cheap question per batch, however many clients there are already', async () => {
    const statements = await costOf(imported, 1_000);
    expect(statements).toHaveLength(1);
    expect(statements[0]?.buffers).toBeLessThanOrEqual(20);
    expect(statements[0]?.plan).not.toMatch(SCAN);
  });
});

describe('a platform with many clients of its own', () => {
  it('is searched by the number of cards', async () => {
    const [, one] = await costOf(own, 1);
    const [, many] = await costOf(own, 1_000);
    expect(one?.buffers).toBeLessThanOrEqual(100);
    expect(many?.buffers).toBeLessThanOrEqual(100 * 1_000);
    expect(many?.plan).toContain('profiles_unclaimed_name_idx');
    expect(many?.plan).not.toMatch(SCAN);
  });
});
