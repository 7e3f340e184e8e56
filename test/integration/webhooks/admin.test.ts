/** What came is listed without its body, and is sent through again by one, by filter, by time range. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SCOPES } from '../../../infra/tokens.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { auditOf } from '../api/support/rows.ts';
import { bodyOf, boxOf, salonOf, SECRET, send, type Salon } from './support/sender.ts';

const LIST = '/api/admin/booksy/webhooks';
const page = z.object({
  webhooks: z.array(z.record(z.string(), z.unknown())),
  counts: z.object({ waiting: z.number(), drained: z.number(), capped: z.boolean() }),
  nextCursor: z.string().nullable(),
});

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ deps: { webhooks: { secrets: [SECRET], tokens: [] } } });
});
afterAll(() => api.stop());

async function list(query: string, token?: string) {
  const answer = await api.send(`${LIST}?${query}`, token === undefined ? {} : { token });
  expect(answer.status, answer.text).toBe(200);
  return page.parse(answer.json);
}

/** A salon with webhooks of these actions, each of its own appointment, a minute apart; `drained` of them used. */
async function box(
  actions: readonly string[],
  drained: number,
): Promise<Salon & { readonly ids: readonly string[] }> {
  const salon = await salonOf(api);
  for (const [at, action] of actions.entries())
    expect(
      (await send(api, bodyOf(salon, { action, appointment: 500 + at, more: { customer_name: 'Zofia' } })))
        .status,
    ).toBe(200);
  const rows = await boxOf(api, salon);
  for (const [at, row] of rows.entries()) {
    await api.prisma.webhookLog.update({
      where: { id: row.id },
      data: {
        receivedAt: new Date(Date.UTC(2026, 2, 1, 10, at)),
        drainedAt: at < drained ? new Date(Date.UTC(2026, 2, 1, 12)) : null,
      },
    });
  }
  return { ...salon, ids: rows.map(({ id }) => String(id)) };
}

/** What the relay hears while `work` runs. */
async function heard(work: () => Promise<unknown>): Promise<string[]> {
  const listener = new pg.Client({ connectionString: api.database.url });
  const payloads: string[] = [];
  await listener.connect();
  try {
    listener.on('notification', ({ payload = '' }) => payloads.push(payload));
    await listener.query('LISTEN booksy_sync_box');
    await work();
    // A notification that was committed comes with the answer of the next query at the latest.
    await listener.query('SELECT 1');
    return payloads;
  } finally {
    await listener.end();
  }
}

describe('the list', () => {
  it('shows what came, newest first, page by page, with counts and never a body', async () => {
    const salon = await box(['CREATED', 'MODIFIED', 'CANCELLED'], 2);
    const first = await list(`businessId=${salon.id}&limit=2`);
    expect(first.webhooks.map(({ id }) => id)).toEqual([salon.ids[2], salon.ids[1]]);
    expect(first.counts).toEqual({ waiting: 1, drained: 2, capped: false });
    expect(first.webhooks[0]).toEqual({
      id: salon.ids[2],
      businessId: salon.id,
      businessName: 'Salon Testowy',
      action: 'CANCELLED',
      appointment: '502',
      state: 'waiting',
      copies: 1,
      verifiedBy: 'signature',
      receivedAt: '2026-03-01T10:02:00.000Z',
      drainedAt: null,
      replayedAt: null,
      replayedBy: null,
      bodyKept: true,
    });
    const second = await list(`businessId=${salon.id}&limit=2&cursor=${first.nextCursor ?? ''}`);
    expect(second.webhooks.map(({ id }) => id)).toEqual([salon.ids[0]]);
    expect(second.nextCursor).toBeNull();
    expect(JSON.stringify([first, second])).not.toContain('Zofia');
  });

  it('filters by action, state, appointment and time range', async () => {
    const salon = await box(['CREATED', 'MODIFIED', 'MODIFIED', 'CANCELLED'], 1);
    const found = async (filter: string) =>
      (await list(`businessId=${salon.id}&${filter}`)).webhooks.map(({ appointment }) => appointment);
    expect(await found('action=MODIFIED')).toEqual(['502', '501']);
    expect(await found('state=drained')).toEqual(['500']);
    expect(await found('state=waiting')).toEqual(['503', '502', '501']);
    expect(await found('appointment=503')).toEqual(['503']);
    const range = 'receivedFrom=2026-03-01T10:01:00Z&receivedTill=2026-03-01T11:03:00%2B01:00';
    expect(await found(range)).toEqual(['502', '501']);
    for (const bad of [
      'action=DELETED',
      'state=lost',
      'appointment=x',
      'receivedFrom=yesterday',
      'cursor=abc',
      'body=1',
    ])
      expect((await api.send(`${LIST}?${bad}`)).status, bad).toBe(400);
  });
});

describe('a replay', () => {
  it('of one puts it back into the box, tells the relay, and is written down', async () => {
    const salon = await box(['MODIFIED', 'CANCELLED'], 2);
    const replay = () => api.send(`${LIST}/${salon.ids[0] ?? ''}/replay`, { method: 'POST' });
    let answer: Awaited<ReturnType<typeof replay>> | undefined;
    const payloads = await heard(async () => (answer = await replay()));
    expect(answer?.status).toBe(200);
    expect(answer?.json).toEqual({ matching: 1, replayed: 1, merged: 0 });
    expect(payloads).toEqual([salon.id]);
    const [row, other] = await boxOf(api, salon);
    expect(row).toMatchObject({ drainedAt: null });
    expect(row?.replayedBy).toMatch(/^api:/);
    expect(other?.drainedAt).not.toBeNull();
    expect(await auditOf(api, salon.id)).toMatchObject([
      { action: 'replayed', entity: 'booking', externalId: '500', reasonCode: 'webhook' },
    ]);
    // It waits already: nothing to do, nothing to write down.
    expect((await replay()).json).toEqual({ matching: 0, replayed: 0, merged: 0 });
    expect(await auditOf(api, salon.id)).toHaveLength(1);
  });

  it('of many counts first, does what was counted, and refuses what has changed', async () => {
    const salon = await box(['CREATED', 'MODIFIED', 'MODIFIED', 'CANCELLED'], 3);
    const ask = (body: unknown) => api.send(`${LIST}/replay`, { method: 'POST', body });
    const range = {
      businessId: salon.id,
      receivedFrom: '2026-03-01T10:01:00Z',
      receivedTill: '2026-03-01T12:00:00Z',
    };
    expect((await ask(range)).json).toEqual({ matching: 2, replayed: 0, merged: 0 });
    expect((await boxOf(api, salon)).filter(({ replayedAt }) => replayedAt !== null)).toEqual([]);
    const changed = await ask({ ...range, expected: 3 });
    expect([changed.status, changed.json]).toMatchObject([409, { code: 'replay_changed' }]);
    const payloads = await heard(async () => {
      expect((await ask({ ...range, expected: 2 })).json).toEqual({ matching: 2, replayed: 2, merged: 0 });
    });
    expect(payloads).toEqual([salon.id]);
    expect((await list(`businessId=${salon.id}`)).counts).toEqual({ waiting: 3, drained: 1, capped: false });
    expect((await ask({ ...range, expected: 0 })).json).toEqual({ matching: 0, replayed: 0, merged: 0 });
    expect((await ask({})).status).toBe(400);
    expect((await ask({ ...range, expected: 10_001 })).status).toBe(400);
    expect((await auditOf(api, salon.id)).map(({ action }) => action)).toEqual(['replayed']);
  });

  it('takes the same news once, and none that waits already (R4)', async () => {
    const salon = await salonOf(api);
    for (let n = 0; n < 3; n += 1) {
      expect((await send(api, bodyOf(salon))).status).toBe(200);
      await api.prisma.webhookLog.updateMany({
        where: { businessId: salon.id },
        data: { drainedAt: new Date() },
      });
    }
    const ask = (expected: number) =>
      api.send(`${LIST}/replay`, { method: 'POST', body: { businessId: salon.id, expected } });
    expect((await ask(3)).json).toEqual({ matching: 3, replayed: 1, merged: 2 });
    expect((await boxOf(api, salon)).map(({ drainedAt }) => drainedAt === null)).toEqual([
      false,
      false,
      true,
    ]);
    expect((await ask(2)).json).toEqual({ matching: 2, replayed: 0, merged: 2 });
  });

  it('with a key that was used before does nothing more', async () => {
    const salon = await box(['MODIFIED'], 1);
    const request = {
      method: 'POST',
      headers: { 'Idempotency-Key': `replay-${salon.id}` },
      body: { businessId: salon.id, expected: 1 },
    };
    const once = await api.send(`${LIST}/replay`, request);
    await api.prisma.webhookLog.updateMany({
      where: { businessId: salon.id },
      data: { drainedAt: new Date() },
    });
    const twice = await api.send(`${LIST}/replay`, request);
    expect(twice.json).toEqual(once.json);
    expect((await list(`businessId=${salon.id}`)).counts.waiting).toBe(0);
  });

  it("never reaches another tenant's (R43)", async () => {
    const [mine, theirs] = [await box(['MODIFIED'], 1), await box(['MODIFIED'], 1)];
    const { token } = await api.token(SCOPES, [mine.id]);
    const one = await api.send(`${LIST}/${theirs.ids[0] ?? ''}/replay`, { method: 'POST', token });
    expect(one.status).toBe(404);
    const body = { action: 'MODIFIED' };
    expect((await api.send(`${LIST}/replay`, { method: 'POST', token, body })).json).toMatchObject({
      matching: 1,
    });
    await api.send(`${LIST}/replay`, { method: 'POST', token, body: { ...body, expected: 1 } });
    expect((await boxOf(api, theirs)).every(({ drainedAt }) => drainedAt !== null)).toBe(true);
    expect((await list('', token)).webhooks.map(({ id }) => id)).toEqual(mine.ids);
  });
});
