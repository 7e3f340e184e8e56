import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { appendAudit, sealValues } from '../../../infra/audit/index.ts';
import { auditChains } from '../../../infra/audit/read-chain.ts';
import { verifyChain } from '../../../infra/audit/verify.ts';
import type { Db } from '../../../infra/database/index.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { lineOf, tamper, trailOf, vault } from './support/trail.ts';

/** R42: the trail is a chain per business that any later change of it breaks. */
let database: TestDatabase;
let db: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.database.prisma;
});
afterAll(() => database.drop());

const verify = (businessId: string | null) => verifyChain(db, vault, { businessId });
const codesOf = async (businessId: string) => (await verify(businessId)).faults.map(({ code }) => code);

describe('R42: a chain that nobody touched', () => {
  it('is whole by the second implementation, whatever characters its texts hold', async () => {
    const businessId = uuidv7();
    await appendAudit(db, { businessId, runId: uuidv7() }, [
      lineOf(1),
      lineOf(2, {
        undoOf: '7',
        reason: 'Pani Zmyślona\tprosiła',
        values: sealValues(vault, businessId, {
          before: { note: 'a', 'item:1:time': { b: 1, a: [null, true] } },
          after: { note: null },
          counters: { note: 3 },
        }),
      }),
    ]);
    await appendAudit(db, { businessId }, [lineOf(3, { entity: null, recordId: null, groups: [] })]);
    expect(await verify(businessId)).toMatchObject({
      entries: 3,
      valuesChecked: 1,
      faults: [],
      last: { seq: '3' },
      ended: true,
    });
  });

  it('is one chain whoever writes at once: 50 writers of two businesses', async () => {
    const [one, other] = [uuidv7(), uuidv7()];
    await Promise.all(
      Array.from({ length: 50 }, (_, writer) =>
        db.$transaction(
          (tx) =>
            appendAudit(tx, { businessId: writer % 5 === 0 ? other : one }, [
              lineOf(writer),
              lineOf(1000 + writer),
            ]),
          { maxWait: 60_000, timeout: 60_000 },
        ),
      ),
    );
    expect(await verify(one)).toMatchObject({ entries: 80, faults: [], last: { seq: '80' } });
    expect(await verify(other)).toMatchObject({ entries: 20, faults: [], last: { seq: '20' } });
  });

  it('does not make writers of another business wait', async () => {
    const [held, free] = [await trailOf(db, 1), await trailOf(db, 1)];
    await db.$transaction(async (tx) => {
      await appendAudit(tx, { businessId: held }, [lineOf(2)]);
      // In another session, while the head of `held` is locked here.
      await appendAudit(db, { businessId: free }, [lineOf(2)]);
    });
    expect((await verify(held)).entries).toBe(2);
    expect((await verify(free)).entries).toBe(2);
  });

  it('keeps nothing of a transaction that was taken back', async () => {
    const businessId = await trailOf(db, 2);
    await db
      .$transaction(async (tx) => {
        await appendAudit(tx, { businessId }, [lineOf(3)]);
        throw new Error('taken back');
      })
      .catch(() => undefined);
    await appendAudit(db, { businessId }, [lineOf(4)]);
    expect(await verify(businessId)).toMatchObject({ entries: 3, faults: [] });
  });

  it('may be verified in parts, each behind the last link of the one before', async () => {
    const businessId = await trailOf(db, 4100);
    const first = await verifyChain(db, vault, { businessId, most: 10 });
    expect(first).toMatchObject({ entries: 2000, ended: false, faults: [] });
    const second = await verifyChain(db, vault, { businessId, after: first.last, most: 2000 });
    const third = await verifyChain(db, vault, { businessId, after: second.last });
    expect(third).toMatchObject({ entries: 100, ended: true, faults: [], last: { seq: '4100' } });
    expect(third.last).toEqual((await verify(businessId)).last);
  });
});

describe('R42: what happened to a chain is found and named', () => {
  const at = (seq: number, businessId: string) => `business_id = '${businessId}' AND seq = ${String(seq)}`;

  it.each([
    ['a changed actor', `actor = 'somebody'`],
    ['a changed time', `at = at - interval '1 ms'`],
    ['a changed record', 'record_id = gen_random_uuid()'],
    ['a changed group', `groups = ARRAY['price']`],
    ['a changed reason', `reason = 'another'`],
    ['a changed run', 'run_id = NULL'],
    ['a changed number', 'id = id + 1000000'],
    ['a changed commitment', `commitment = sha256('x')`],
    ['a changed link', `hash = sha256('x')`],
  ])('%s', async (_name, set) => {
    const businessId = await trailOf(db, 6);
    await tamper(database, `UPDATE booksy_audit_log SET ${set} WHERE ${at(3, businessId)}`);
    const { faults } = await verify(businessId);
    expect(faults[0]).toMatchObject({ code: 'row_changed', seq: '3' });
  });

  it('a changed row whose own link was made anew', async () => {
    const businessId = await trailOf(db, 6);
    await tamper(
      database,
      `UPDATE booksy_audit_log SET actor = 'somebody' WHERE ${at(3, businessId)}`,
      `UPDATE booksy_audit_log SET hash = sha256(prev_hash || convert_to(booksy_audit_text(seq, id, business_id, at, actor, action,
         entity, record_id, external_id, run_id, reason_code, groups, reason, undo_of, entry_id), 'UTF8') || commitment)
        WHERE ${at(3, businessId)}`,
    );
    expect((await verify(businessId)).faults).toEqual([
      { code: 'link_broken', seq: '4', id: expect.any(String) as string },
    ]);
  });

  it('a deleted row', async () => {
    const businessId = await trailOf(db, 6);
    await tamper(database, `DELETE FROM booksy_audit_log WHERE ${at(3, businessId)}`);
    const { faults } = await verify(businessId);
    expect(faults).toContainEqual({ code: 'rows_missing', seq: '3', id: null });
  });

  it('a deleted row whose gap was closed', async () => {
    const businessId = await trailOf(db, 6);
    await tamper(
      database,
      `DELETE FROM booksy_audit_log WHERE ${at(3, businessId)}`,
      ...[4, 5, 6].map((seq) => `UPDATE booksy_audit_log SET seq = seq - 1 WHERE ${at(seq, businessId)}`),
    );
    expect(await codesOf(businessId)).toContain('link_broken');
  });

  it('the last rows cut off', async () => {
    const businessId = await trailOf(db, 6);
    await tamper(database, `DELETE FROM booksy_audit_log WHERE business_id = '${businessId}' AND seq > 4`);
    expect(await codesOf(businessId)).toContain('rows_cut_off');
  });

  it('the last rows cut off and the head set back, by what was noted of it before', async () => {
    const businessId = await trailOf(db, 6);
    const { last } = await verify(businessId);
    await tamper(
      database,
      `DELETE FROM booksy_audit_values WHERE entry_id IN
         (SELECT entry_id FROM booksy_audit_log WHERE business_id = '${businessId}' AND seq > 4)`,
      `DELETE FROM booksy_audit_log WHERE business_id = '${businessId}' AND seq > 4`,
      `UPDATE booksy_audit_heads h SET seq = 4, hash = l.hash FROM booksy_audit_log l
        WHERE h.chain_id = l.business_id AND l.business_id = '${businessId}' AND l.seq = 4`,
    );
    // Nothing in the database can tell.
    expect(await codesOf(businessId)).toEqual([]);
    expect((await verifyChain(db, vault, { businessId, after: last })).faults[0]).toMatchObject({
      code: 'anchor_missed',
      seq: '6',
    });
  });

  it('two rows exchanged', async () => {
    const businessId = await trailOf(db, 6);
    await tamper(
      database,
      `UPDATE booksy_audit_log SET seq = 100 WHERE ${at(2, businessId)}`,
      `UPDATE booksy_audit_log SET seq = 2 WHERE ${at(5, businessId)}`,
      `UPDATE booksy_audit_log SET seq = 5 WHERE ${at(100, businessId)}`,
    );
    expect((await verify(businessId)).faults[0]).toMatchObject({ seq: '2' });
  });

  it('a row inserted past the chain, with and without a place in it', async () => {
    const businessId = await trailOf(db, 3);
    await database.pool.query(
      `INSERT INTO booksy_audit_log (business_id, actor, action) VALUES ($1, 'sync', 'updated')`,
      [businessId],
    );
    expect(await codesOf(businessId)).toEqual(['unchained_row']);
    const other = await trailOf(db, 3);
    await database.pool.query(
      `INSERT INTO booksy_audit_log (business_id, actor, action, seq, prev_hash, hash)
       SELECT business_id, 'sync', 'updated', 4, hash, sha256(hash) FROM booksy_audit_log WHERE business_id = $1 AND seq = 3`,
      [other],
    );
    expect(await codesOf(other)).toEqual(['row_changed', 'head_changed']);
    // Of a business that has no chain at all yet.
    const fresh = uuidv7();
    await database.pool.query(
      `INSERT INTO booksy_audit_log (business_id, actor, action) VALUES ($1, 'sync', 'updated')`,
      [fresh],
    );
    expect(await codesOf(fresh)).toEqual(['unchained_row']);
  });

  it('a row moved to the chain of another business', async () => {
    const [one, other] = [await trailOf(db, 3), await trailOf(db, 2)];
    await tamper(database, `UPDATE booksy_audit_log SET business_id = '${other}' WHERE ${at(3, one)}`);
    expect(await codesOf(one)).toContain('rows_cut_off');
    expect(await codesOf(other)).toContain('link_broken');
  });

  it('a head that is gone, or changed', async () => {
    const [gone, changed] = [await trailOf(db, 3), await trailOf(db, 3)];
    await tamper(
      database,
      `DELETE FROM booksy_audit_heads WHERE chain_id = '${gone}'`,
      `UPDATE booksy_audit_heads SET hash = sha256('x') WHERE chain_id = '${changed}'`,
    );
    expect(await codesOf(gone)).toEqual(['head_missing']);
    expect(await codesOf(changed)).toEqual(['head_changed']);
  });

  it('values that were exchanged, deleted, replaced or added', async () => {
    const ids = await Promise.all([trailOf(db, 3), trailOf(db, 3), trailOf(db, 3), trailOf(db, 3)]);
    const entry = (businessId: string, seq: number) =>
      `(SELECT entry_id FROM booksy_audit_log WHERE ${at(seq, businessId)})`;
    const [exchanged, deleted, replaced, added] = ids;
    await tamper(
      database,
      `UPDATE booksy_audit_values v SET sealed_values = o.sealed_values FROM booksy_audit_values o
        WHERE v.entry_id = ${entry(exchanged, 1)} AND o.entry_id = ${entry(exchanged, 2)}`,
      `DELETE FROM booksy_audit_values WHERE entry_id = ${entry(deleted, 2)}`,
      `UPDATE booksy_audit_values SET sealed_values = '\\x00' WHERE entry_id = ${entry(replaced, 3)}`,
      `INSERT INTO booksy_audit_values (entry_id, business_id, sealed_values) VALUES (gen_random_uuid(), '${added}', '\\x00')`,
    );
    expect((await verify(exchanged)).faults).toMatchObject([{ code: 'values_changed', seq: '1' }]);
    expect((await verify(deleted)).faults).toMatchObject([{ code: 'values_missing', seq: '2' }]);
    expect((await verify(replaced)).faults).toMatchObject([{ code: 'values_changed', seq: '3' }]);
    expect(await codesOf(added)).toEqual(['values_unknown']);
  });

  it('values sealed anew with the right key for the right row, but other than those committed to', async () => {
    const businessId = await trailOf(db, 2);
    const { rows } = await database.pool.query<{ entry_id: string }>(
      `SELECT entry_id FROM booksy_audit_log WHERE ${at(1, businessId)}`,
    );
    const entryId = rows[0]?.entry_id ?? '';
    const context = `${businessId}|booksy_audit_values|sealed_values|${entryId}`;
    const forged = vault.seal(JSON.stringify({ salt: 'AAAA', before: {}, after: {} }), context);
    await tamper(
      database,
      `UPDATE booksy_audit_values SET sealed_values = '\\x${forged.toString('hex')}' WHERE entry_id = '${entryId}'`,
    );
    expect((await verify(businessId)).faults).toMatchObject([{ code: 'values_changed', seq: '1' }]);
  });

  it('rows of before the chain that were changed, deleted or added', async () => {
    const opened = async () => {
      const businessId = uuidv7();
      for (const action of ['created', 'updated']) {
        await database.pool.query(
          `INSERT INTO booksy_audit_log (business_id, actor, action, groups) VALUES ($1, 'sync', $2, '{a,b}')`,
          [businessId, action],
        );
      }
      await appendAudit(db, { businessId }, [lineOf(1)]);
      return businessId;
    };
    const whole = await opened();
    expect(await verify(whole)).toMatchObject({ entries: 1, olderEntries: 2, faults: [] });
    for (const statement of [
      `UPDATE booksy_audit_log SET actor = 'else' WHERE business_id = 'ID' AND action = 'created'`,
      `DELETE FROM booksy_audit_log WHERE business_id = 'ID' AND action = 'created'`,
      `INSERT INTO booksy_audit_log (id, business_id, actor, action) VALUES (-1, 'ID', 'sync', 'created')`,
    ]) {
      const businessId = await opened();
      await tamper(database, statement.replace('ID', businessId));
      expect(await codesOf(businessId)).toEqual(['old_rows_changed']);
    }
    // Also where the head's own word is changed with them: the first link stands for the old one.
    const businessId = await opened();
    await tamper(
      database,
      `DELETE FROM booksy_audit_log WHERE business_id = '${businessId}' AND seq IS NULL`,
      `UPDATE booksy_audit_heads SET genesis = jsonb_build_object('rows', 0, 'digest', encode(sha256(''), 'hex'), 'lastId', 0)
        WHERE chain_id = '${businessId}'`,
    );
    expect(await codesOf(businessId)).toEqual(['link_broken']);
  });
});

describe('R42: an erasure', () => {
  it('empties the values of an entry, once, and the chain still verifies', async () => {
    const businessId = await trailOf(db, 3);
    const entry = `(SELECT entry_id FROM booksy_audit_log WHERE business_id = '${businessId}' AND seq = 2)`;
    await database.pool.query(
      `UPDATE booksy_audit_values SET sealed_values = NULL, erased_at = now() WHERE entry_id = ${entry}`,
    );
    expect(await verify(businessId)).toMatchObject({ valuesChecked: 2, valuesErased: 1, faults: [] });
  });

  it('is the only thing that may be done to values', async () => {
    const businessId = await trailOf(db, 1);
    const mine = `business_id = '${businessId}'`;
    for (const statement of [
      `UPDATE booksy_audit_values SET sealed_values = '\\x00' WHERE ${mine}`,
      `UPDATE booksy_audit_values SET sealed_values = NULL WHERE ${mine}`,
      `UPDATE booksy_audit_values SET sealed_values = NULL, erased_at = now(), business_id = NULL WHERE ${mine}`,
      `DELETE FROM booksy_audit_values WHERE ${mine}`,
      'TRUNCATE booksy_audit_values',
      `DELETE FROM booksy_audit_heads WHERE chain_id = '${businessId}'`,
      'TRUNCATE booksy_audit_heads',
    ]) {
      await expect(database.pool.query(statement), statement).rejects.toMatchObject({ code: '42501' });
    }
    expect(await codesOf(businessId)).toEqual([]);
  });
});

describe('the chains', () => {
  it('are one per business, and the installation’s own', async () => {
    await appendAudit(db, { businessId: null }, [lineOf(1, { action: 'started' })]);
    const businessId = await trailOf(db, 2);
    expect(await auditChains(db, [businessId, null, uuidv7()])).toMatchObject([
      { businessId: null, head: { seq: '1' } },
      { businessId, head: { seq: '2' } },
    ]);
    expect((await verify(null)).faults).toEqual([]);
  });

  it('nobody but the owner may append to', async () => {
    await database.pool.query('DROP ROLE IF EXISTS audit_stranger');
    await database.pool.query('CREATE ROLE audit_stranger');
    try {
      const { rows } = await database.pool.query<{ may: boolean }>(
        `SELECT has_function_privilege('audit_stranger', p.oid, 'EXECUTE') AS may FROM pg_proc p
          WHERE p.proname IN ('booksy_audit_append', 'booksy_audit_head')`,
      );
      expect(rows).toEqual([{ may: false }, { may: false }]);
    } finally {
      await database.pool.query('DROP ROLE audit_stranger');
    }
  });
});
