import { once } from 'node:events';
import { request as rawRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemSchema } from '../../../api/http/problem.ts';
import { idleLauncher, startTestApi, type Answer, type TestApi } from './support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

function expectProblem(answer: Answer, status: number, code: string) {
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = problemSchema.strict().parse(answer.json);
  expect(problem).toMatchObject({ status, code, type: `urn:booksy-sync:problem:${code}` });
  expect(answer.status).toBe(status);
  expect(problem.nextStep).not.toBe('');
  expect(problem.requestId).toBe(answer.headers.get('x-request-id'));
  return problem;
}

const FULL_SYNC = '/api/admin/booksy/full-sync';
const OPERATIONS = '/api/admin/booksy/operations';

describe('problems', () => {
  it('404 for an address that no endpoint has', async () => {
    expectProblem(await api.send('/api/admin/booksy/nothing'), 404, 'not_found');
    expectProblem(await api.send('/api/admin/booksy/operations/'), 404, 'not_found');
  });

  it('405 names what is allowed', async () => {
    const answer = await api.send(FULL_SYNC);
    expectProblem(answer, 405, 'method_not_allowed');
    expect(answer.headers.get('allow')).toBe('POST');
    const deleted = await api.send(OPERATIONS, { method: 'DELETE' });
    expectProblem(deleted, 405, 'method_not_allowed');
    expect(deleted.headers.get('allow')).toBe('GET, HEAD');
  });

  it('400 for a body that is not JSON, 415 for another type, 413 for too much', async () => {
    const post = (body: string, type = 'application/json') =>
      api.send(FULL_SYNC, { method: 'POST', body, headers: { 'Content-Type': type } });
    expectProblem(await post('{"businessIds":'), 400, 'body_not_json');
    expectProblem(await post('"text"'), 400, 'body_not_json');
    expectProblem(
      await post('businessIds=1', 'application/x-www-form-urlencoded'),
      415,
      'unsupported_media_type',
    );
    expectProblem(await post('{}', 'text/plain'), 415, 'unsupported_media_type');
    expectProblem(await post('{}', 'application/json; charset=koi8-r'), 415, 'unsupported_media_type');
    expectProblem(await post(JSON.stringify({ a: 'x'.repeat(300_000) })), 413, 'body_too_large');
  });

  it('400 names every field that is wrong', async () => {
    const query = await api.send(`${OPERATIONS}?limit=0&status=asleep&cursor=zzz&business=1&colour=red`);
    expect(
      expectProblem(query, 400, 'bad_request')
        .errors?.map(({ path }) => path)
        .sort(),
    ).toEqual(['query.business', 'query.colour', 'query.cursor', 'query.limit', 'query.status']);
    const body = await api.send(FULL_SYNC, {
      method: 'POST',
      body: { businessIds: ['x', 'y'], force: true },
      headers: { 'Idempotency-Key': 'a key' },
    });
    expect(expectProblem(body, 400, 'bad_request').errors).toEqual([
      { path: 'body.businessIds.0', message: 'must be a business id (uuid)' },
      { path: 'body.businessIds.1', message: 'must be a business id (uuid)' },
      { path: 'body.force', message: 'is not known here' },
      { path: 'header.idempotency-key', message: 'must be 1–255 visible ASCII characters' },
    ]);
    expectProblem(await api.send(`${OPERATIONS}/not-an-id`), 400, 'bad_request');
    expectProblem(await api.send(`${OPERATIONS}/%E0%A4%A`), 400, 'bad_request');
    expectProblem(await api.send(FULL_SYNC, { method: 'POST', body: [] }), 400, 'bad_request');
    expectProblem(
      await api.send(FULL_SYNC, { method: 'POST', body: { businessIds: [] } }),
      400,
      'bad_request',
    );
    expectProblem(await api.send(`${OPERATIONS}?status=failed&status=failed`), 400, 'bad_request');
  });

  it('takes __proto__ as an unknown name and nothing else', async () => {
    const answer = await api.send(FULL_SYNC, { method: 'POST', body: '{"__proto__":{"polluted":true}}' });
    expect([202, 400]).toContain(answer.status);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('answers a caller that chooses its own request id with that id, unless it could be anything else', async () => {
    const good = await api.send('/healthz', { headers: { 'X-Request-Id': 'abc-12345678' } });
    expect(good.headers.get('x-request-id')).toBe('abc-12345678');
    const bad = await api.send('/healthz', { headers: { 'X-Request-Id': '<script>alert(1)</script>' } });
    expect(bad.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });

  it('tells nothing of itself', async () => {
    const { headers } = await api.send('/healthz');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('answers OPTIONS with what is allowed and no CORS header', async () => {
    const answer = await api.send(FULL_SYNC, {
      method: 'OPTIONS',
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('allow')).toBe('POST');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('an unexpected error', () => {
  const secret = 'select * from profiles where email = x@y.example';

  it('becomes a 500 that says nothing of its cause; the log has it by the request id', async () => {
    const broken = await startTestApi({
      deps: {
        launcher: idleLauncher(),
        temporalStatus: {
          serverVersion: () => Promise.reject(new Error(secret)),
          pollers: () => Promise.reject(new TypeError(secret)),
        },
        version: 7 as unknown as string,
      },
    });
    try {
      const answer = await broken.send('/api/admin/booksy/health');
      const problem = expectProblem(answer, 500, 'internal');
      expect(answer.text).not.toContain('version');
      expect(answer.text).not.toContain('zod');
      const line = broken.log.find((each) => each.includes('request failed'));
      expect(line).toContain(problem.requestId);
      expect(broken.log.join('')).not.toContain('x@y.example');
    } finally {
      await broken.stop();
    }
  });
});

describe('CORS', () => {
  it('lets the configured origin in, and only that', async () => {
    const open = await startTestApi({ api: { corsOrigins: ['https://admin.salon.example'] } });
    try {
      const ask = (origin: string) =>
        open.send('/healthz', { method: 'OPTIONS', token: null, headers: { Origin: origin } });
      const good = await ask('https://admin.salon.example');
      expect(good.headers.get('access-control-allow-origin')).toBe('https://admin.salon.example');
      expect(good.headers.get('access-control-allow-headers')).toContain('Authorization');
      expect(good.headers.get('vary')).toContain('Origin');
      for (const origin of [
        'https://admin.salon.example.evil.example',
        'http://admin.salon.example',
        'null',
      ]) {
        expect((await ask(origin)).headers.get('access-control-allow-origin')).toBeNull();
      }
    } finally {
      await open.stop();
    }
  });
});

describe('the request log', () => {
  it('holds route, status and time, and neither token nor address nor query', async () => {
    const before = api.log.length;
    await api.send(`${OPERATIONS}?kind=anna_kowalska_canary`, { headers: { 'User-Agent': 'canary-agent' } });
    const lines = api.log.slice(before).join('');
    expect(lines).toContain('"route":"/api/admin/booksy/operations"');
    expect(lines).toContain('"status":200');
    expect(lines).not.toMatch(/canary|bks_|127\.0\.0\.1/);
  });

  it('writes a line for a caller that went away', async () => {
    const before = api.log.length;
    const arrived = once(api.server, 'request');
    const request = rawRequest(`${api.url}${FULL_SYNC}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${api.adminToken}`,
        'Content-Type': 'application/json',
        'Content-Length': '50',
      },
    });
    const failed = once(request, 'error');
    request.write('{');
    await arrived;
    request.destroy(new Error('gone'));
    await failed;
    await expect.poll(() => api.log.slice(before).some((line) => line.includes('"aborted":true'))).toBe(true);
  });
});
