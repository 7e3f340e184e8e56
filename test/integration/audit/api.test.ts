import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createApiClient } from '../../../cli/api-client.ts';
import { verifyAudit } from '../../../cli/audit/verify.ts';
import { EXIT } from '../../../cli/exit-codes.ts';
import { appendAudit } from '../../../infra/audit/index.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { auditRow } from '../api/support/rows.ts';
import { outputOf } from '../../unit/cli/support/captured.ts';
import { lineOf, tamper } from './support/trail.ts';

/** The trail by HTTP and on the command line (R42, R43). */
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const BASE = '/api/admin/booksy';
const pageSchema = z.object({
  entries: z.array(z.looseObject({ number: z.string(), id: z.string(), hasValues: z.boolean() })),
  nextCursor: z.string().nullable(),
});
const list = async (query: string, token?: string) => {
  const answer = await api.send(`${BASE}/audit?${query}`, token === undefined ? {} : { token });
  expect(answer.status, answer.text).toBe(200);
  return pageSchema.parse(answer.json);
};

async function trail(entries: number) {
  const businessId = await api.business();
  await appendAudit(
    api.prisma,
    { businessId },
    Array.from({ length: entries }, (_, n) =>
      lineOf(n, { action: n % 2 === 0 ? 'updated' : 'created', actor: n === 0 ? 'api:someone' : 'sync' }),
    ),
  );
  return businessId;
}

describe('GET …/audit', () => {
  it('shows every entry once, newest first, whatever the size of a page', async () => {
    const businessId = await trail(7);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await list(`businessId=${businessId}&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.entries.map(({ number }) => number));
      cursor = page.nextCursor;
    }
    expect(seen).toHaveLength(7);
    expect(seen.map(BigInt)).toEqual([...seen].map(BigInt).sort((a, b) => (a < b ? 1 : -1)));
  });

  it('filters by actor, action, record, run and time', async () => {
    const businessId = await trail(6);
    const mine = `businessId=${businessId}`;
    const all = (await list(mine)).entries;
    const size = async (filter: string) => (await list(`${mine}&${filter}`)).entries.length;
    expect(await size('actor=api:someone')).toBe(1);
    expect(await size('action=created')).toBe(3);
    expect(await size('entity=booking')).toBe(6);
    expect(await size(`recordId=${String(all[0]?.['recordId'])}`)).toBe(1);
    expect(await size(`runId=${businessId}`)).toBe(0);
    expect(await size('from=2000-01-01T00:00:00Z')).toBe(6);
    expect(await size('to=2000-01-01T00:00:00Z')).toBe(0);
  });

  it('R43: shows nothing of another business, and not that it is there', async () => {
    const [mine, theirs] = [await trail(1), await api.business()];
    const entry = await auditRow(api, theirs);
    const { token } = await api.token(['audit:read', 'audit:values'], [mine]);
    expect((await list('', token)).entries).toHaveLength(1);
    expect((await api.send(`${BASE}/audit?businessId=${theirs}`, { token })).status).toBe(404);
    expect((await api.send(`${BASE}/audit/${entry}`, { token })).status).toBe(404);
    const chain = { businessId: null };
    expect(
      (await api.send(`${BASE}/audit-chains/verify`, { method: 'POST', body: chain, token })).status,
    ).toBe(404);
  });

  it('shows values only with the scope for them, and never in the list or the log', async () => {
    const businessId = await api.business();
    const entry = await auditRow(api, businessId);
    const { token } = await api.token(['audit:read'], [businessId]);
    expect((await list(`businessId=${businessId}`, token)).entries[0]).toMatchObject({
      id: entry,
      hasValues: true,
    });
    expect((await api.send(`${BASE}/audit/${entry}`, { token })).status).toBe(403);
    const shown = await api.send(`${BASE}/audit/${entry}`);
    expect(shown.json).toMatchObject({
      values: { before: { clientNote: 'ząb' }, after: { clientNote: null }, erased: false },
    });
    await api.database.pool.query(
      'UPDATE booksy_audit_values SET sealed_values = NULL, erased_at = now() WHERE entry_id = $1',
      [entry],
    );
    expect((await api.send(`${BASE}/audit/${entry}`)).json).toMatchObject({
      entry: { hasValues: false },
      values: { before: null, after: null, erased: true },
    });
    expect(api.log.join('')).not.toContain('ząb');
  });
});

describe('booksy audit verify', () => {
  const verify = async (business: string | undefined, anchor: readonly string[] = []) => {
    const { output, object } = outputOf(true);
    const code = await verifyAudit(createApiClient(api.url, api.adminToken), { business, anchor }, output);
    return { code, answer: object() };
  };

  it('says that a chain is whole, and what to note of it', async () => {
    const businessId = await trail(4);
    const { code, answer } = await verify(businessId);
    expect(code).toBe(EXIT.ok);
    expect(answer).toMatchObject({ ok: true, chains: [{ businessId, entries: 4, faults: [] }], missing: [] });
  });

  it('names what is wrong and ends with another exit code', async () => {
    const businessId = await trail(4);
    await tamper(
      api.database,
      `UPDATE booksy_audit_log SET actor = 'x' WHERE business_id = '${businessId}' AND seq = 2`,
    );
    const { code, answer } = await verify(businessId);
    expect(code).toBe(EXIT.failed);
    expect(answer).toMatchObject({ ok: false, chains: [{ faults: [{ code: 'row_changed', seq: '2' }] }] });
    // The others are whole still, and the whole is not.
    const whole = await verify(undefined);
    expect(whole.code).toBe(EXIT.failed);
  });

  it('misses what an anchor stands for, be it the end of a chain or all of it', async () => {
    const [cut, gone] = [await trail(4), await trail(2)];
    const anchorOf = async (businessId: string) => {
      const chain = z.object({ chains: z.tuple([z.object({ anchor: z.string() })]) });
      return chain.parse((await verify(businessId)).answer).chains[0].anchor;
    };
    const anchors = [await anchorOf(cut), await anchorOf(gone)];
    expect((await verify(cut, anchors)).code).toBe(EXIT.ok);
    await tamper(
      api.database,
      `DELETE FROM booksy_audit_log WHERE business_id = '${cut}' AND seq > 3`,
      `UPDATE booksy_audit_heads h SET seq = 3, hash = l.hash FROM booksy_audit_log l
        WHERE h.chain_id = l.business_id AND l.business_id = '${cut}' AND l.seq = 3`,
      `DELETE FROM booksy_audit_log WHERE business_id = '${gone}'`,
      `DELETE FROM booksy_audit_heads WHERE chain_id = '${gone}'`,
    );
    expect((await verify(cut)).code).toBe(EXIT.ok);
    const { code, answer } = await verify(cut, anchors);
    expect(code).toBe(EXIT.failed);
    expect(answer).toMatchObject({ chains: [{ faults: [{ code: 'anchor_missed', seq: '4' }] }] });
    expect((await verify(gone, anchors)).answer).toMatchObject({ ok: false, missing: [gone] });
  });
});
