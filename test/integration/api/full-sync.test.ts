import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SCOPES } from '../../../infra/tokens.ts';
import { idleLauncher, startTestApi, type Send, type TestApi } from './support/api.ts';

const answerSchema = z.object({
  runs: z.array(
    z
      .object({
        businessId: z.guid(),
        state: z.enum(['started', 'alreadyRunning']),
        mode: z.enum(['apply', 'dry_run']),
        workflowId: z.string(),
        runId: z.guid(),
        operation: z.string(),
      })
      .strict(),
  ),
});

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

async function start(request: Send) {
  const answer = await api.send('/api/admin/booksy/full-sync', { method: 'POST', ...request });
  return { ...answer, runs: answer.status === 202 ? answerSchema.parse(answer.json).runs : [] };
}

async function twoBusinesses() {
  const ids = [await api.business(), await api.business()].sort();
  const { token } = await api.token(SCOPES, ids);
  return { ids, token };
}

/** A full sync ends only when told to: no worker listens on this test's queue. */
const end = (workflowId: string) => api.client.workflow.getHandle(workflowId).terminate('ended by the test');

describe('POST /api/admin/booksy/full-sync', () => {
  it('starts all businesses of the token for an empty body, with and without a content type', async () => {
    const { ids, token } = await twoBusinesses();
    const first = await start({ token });
    expect(first.status).toBe(202);
    expect(first.runs.map(({ businessId, state }) => [businessId, state])).toEqual(
      ids.map((id) => [id, 'started']),
    );
    const second = await start({ token, body: {} });
    expect(second.runs.map(({ state }) => state)).toEqual(['alreadyRunning', 'alreadyRunning']);
    expect(second.runs.map(({ runId }) => runId)).toEqual(first.runs.map(({ runId }) => runId));
    const third = await start({ token, body: '', headers: { 'Content-Type': 'application/json' } });
    expect(third.runs).toHaveLength(2);
  });

  it('starts only the named businesses, each once however often it is named', async () => {
    const { ids, token } = await twoBusinesses();
    const upper = ids[0]?.toUpperCase();
    const { runs } = await start({ token, body: { businessIds: [ids[0], upper] } });
    expect(runs.map(({ businessId }) => businessId)).toEqual([ids[0]]);
  });

  it('shows the run at the address that it answered with, before any worker has taken it', async () => {
    const id = await api.business();
    const { token } = await api.token(SCOPES, [id]);
    const started = await api.send('/api/admin/booksy/full-sync', { method: 'POST', token });
    const { runs } = z
      .object({ runs: z.array(z.object({ runId: z.string(), operation: z.string() })) })
      .parse(started.json);
    const [run] = runs;
    const answer = await api.send(run?.operation ?? '', { token });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json).toMatchObject({ operation: { id: run?.runId, businessId: id, status: 'running' } });
  });

  it('tells Temporal ids only', async () => {
    const { token } = await twoBusinesses();
    const { runs } = await start({ token });
    const [run] = runs;
    const { history } = await api.client.workflow
      .getHandle(run?.workflowId ?? '')
      .fetchHistory()
      .then((h) => ({ history: h }));
    const payload = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    const input: unknown = JSON.parse(Buffer.from(payload ?? new Uint8Array()).toString());
    expect(input).toEqual({
      version: 1,
      businessId: run?.businessId,
      runId: run?.runId,
      mode: 'apply',
      actor: expect.stringMatching(/^api:[\da-f-]{36}$/) as string,
    });
  });

  it('starts once for twenty requests at the same moment', async () => {
    const id = await api.business();
    const { token } = await api.token(SCOPES, [id]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => start({ token })));
    const states = answers.flatMap(({ runs }) => runs.map(({ state }) => state));
    expect(states.filter((state) => state === 'started')).toHaveLength(1);
    expect(states.filter((state) => state === 'alreadyRunning')).toHaveLength(19);
    expect(new Set(answers.flatMap(({ runs }) => runs.map(({ runId }) => runId))).size).toBe(1);
  });

  it('returns the first answer to the same key, also after that run has ended', async () => {
    const id = await api.business();
    const { token } = await api.token(SCOPES, [id]);
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await start({ token, headers });
    await end(first.runs[0]?.workflowId ?? '');
    const again = await start({ token, headers });
    expect(again.runs).toEqual(first.runs);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const withoutKey = await start({ token });
    expect(withoutKey.runs[0]?.state).toBe('started');
    expect(withoutKey.runs[0]?.runId).not.toBe(first.runs[0]?.runId);
  });

  it('refuses a key that belongs to another request, and lets another token use it', async () => {
    const { ids, token } = await twoBusinesses();
    const headers = { 'Idempotency-Key': 'the-key-of-this-test' };
    await start({ token, headers });
    const other = await start({ token, headers, body: { businessIds: [ids[0]] } });
    expect([other.status, other.json]).toMatchObject([422, { code: 'idempotency_key_reused' }]);
    const another = await api.token(SCOPES, ids);
    expect((await start({ token: another.token, headers, body: { businessIds: [ids[0]] } })).status).toBe(
      202,
    );
  });

  it('acts once for ten requests with one key at the same moment', async () => {
    const id = await api.business();
    const { token } = await api.token(SCOPES, [id]);
    const headers = { 'Idempotency-Key': randomUUID() };
    const answers = await Promise.all(Array.from({ length: 10 }, () => start({ token, headers })));
    for (const { status, json } of answers) {
      if (status !== 202) expect([status, json]).toMatchObject([409, { code: 'idempotency_in_progress' }]);
    }
    expect(answers.flatMap(({ runs }) => runs).every(({ state }) => state === 'started')).toBe(true);
    expect(answers.some(({ status }) => status === 202)).toBe(true);
  });

  it('takes a key over from a process that died, and forgets keys after a day', async () => {
    const id = await api.business();
    const { token, tokenId } = await api.token(SCOPES, [id]);
    const headers = { 'Idempotency-Key': 'dead' };
    await start({ token, headers });
    const { pool } = api.database;
    const age = (minutes: number) =>
      pool.query(
        `UPDATE api_idempotency_keys SET status_code = NULL, created_at = now() - $2 * interval '1 minute' WHERE token_id = $1`,
        [tokenId, minutes],
      );
    await age(0);
    expect((await start({ token, headers })).status).toBe(409);
    await age(2);
    expect((await start({ token, headers })).status).toBe(202);
    await age(25 * 60);
    expect((await start({ token, headers, body: { businessIds: [id] } })).status).toBe(202);
  });

  it('answers 503 where Temporal is away, and keeps no answer for the key', async () => {
    const id = await api.business();
    let away = true;
    const second = await startTestApi({
      deps: {
        prisma: api.prisma,
        launcher: idleLauncher({
          startFullSync: ({ runId, mode = 'apply' }) =>
            away
              ? Promise.reject(new Error('14 UNAVAILABLE'))
              : Promise.resolve({ workflowId: 'w', runId, alreadyRunning: false, mode }),
        }),
      },
    });
    try {
      const { token } = await api.token(SCOPES, [id]);
      const send = () =>
        second.send('/api/admin/booksy/full-sync', {
          method: 'POST',
          token,
          headers: { 'Idempotency-Key': 'k' },
        });
      const refused = await send();
      expect([refused.status, refused.json]).toMatchObject([503, { code: 'temporal_unavailable' }]);
      expect(refused.headers.get('retry-after')).toBe('5');
      away = false;
      expect((await send()).status).toBe(202);
    } finally {
      await second.stop();
    }
  });
});
