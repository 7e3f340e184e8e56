import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { NewVisit } from '../../../booksy/index.ts';
import { OutcomeUnknownError, RateLimitedError, SchemaDriftError } from '../../../booksy/index.ts';
import { call, failure, startRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await rig.simulator.clearFaults();
  await rig.simulator.credentials({ refused: false });
});
afterAll(() => rig.stop());

const CLIENTS = 'GET /business/{business_id}/customer/';
const VISITS = 'GET /business/{business_id}/appointment/';
const CREATE = 'POST /business/{business_id}/appointment/';
const readClients = (client = rig.client, offset = 0) =>
  client.listClients(rig.salon, { offset, limit: 10 }, call);
const calls = async (route: string) => (await rig.simulator.counters()).calls.byRoute[route] ?? 0;

let lastVisit = 0;
function someVisit(): NewVisit {
  lastVisit += 1;
  const day = String(1 + (lastVisit % 28)).padStart(2, '0');
  return {
    importUid: `fault:${String(lastVisit)}`,
    clientExternalId: null,
    clientName: 'Jan T.',
    clientPhone: null,
    clientEmail: null,
    clientNote: null,
    items: [
      {
        externalId: null,
        startsLocal: `2027-10-${day}T10:00`,
        endsLocal: `2027-10-${day}T10:30`,
        staffExternalId: null,
        anyStaff: true,
        roomExternalId: null,
        variantExternalId: null,
        serviceName: 'Próba',
      },
    ],
    travel: null,
  };
}

describe('tokens', () => {
  it('a token that expires mid-page is refreshed once, for all parallel callers', async () => {
    await readClients();
    await rig.simulator.clearCounters();
    await rig.simulator.fault({ kind: 'revoke_tokens', route: CLIENTS, count: 1, skip: 2 });
    const pages = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((page) => readClients(rig.client, page)));
    expect(pages.every((page) => page.rows.length === 10)).toBe(true);
    const { calls: counted } = await rig.simulator.counters();
    expect(counted.token).toBe(1);
    expect(counted.byStatus['401']).toBeGreaterThan(0);
  });

  it('several processes share one token and refresh it once', async () => {
    const others = [rig.another(), rig.another(), rig.another()];
    await Promise.all(others.map((other) => readClients(other)));
    await rig.simulator.clearCounters();
    await rig.simulator.fault({ kind: 'revoke_tokens', route: CLIENTS, count: 1 });
    await Promise.all(
      [...others, rig.client].flatMap((client) => [0, 1, 2].map((page) => readClients(client, page))),
    );
    expect((await rig.simulator.counters()).calls.token).toBe(1);
  });

  it('a 401 that does not end is tried once more with a fresh token, then a person is needed', async () => {
    const client = rig.another();
    await readClients(client);
    await rig.simulator.clearCounters();
    await rig.simulator.fault({ kind: 'status', status: 401, route: CLIENTS, count: null });
    expect(await failure(readClients(client))).toMatchObject({
      code: 'auth_revoked',
      callerMay: 'ask_a_person',
      retryable: false,
    });
    const { calls: counted } = await rig.simulator.counters();
    expect([counted.byRoute[CLIENTS], counted.token]).toEqual([2, 1]);
  });

  it('a salon that answers 401 for good costs one token call, and the others nothing (I12)', async () => {
    const client = rig.another();
    await readClients(client);
    await rig.simulator.clearCounters();
    await rig.simulator.fault({ kind: 'status', status: 401, route: CLIENTS, count: null });
    for (let time = 0; time < 5; time += 1) {
      expect(await failure(readClients(client))).toMatchObject({ code: 'auth_revoked' });
    }
    await client.listBusinesses(call);
    expect((await rig.simulator.counters()).calls.token).toBe(1);
    await rig.simulator.clearFaults();
    expect((await readClients(client)).rows).toHaveLength(10);
  });

  it('refused credentials are not tried over and over', async () => {
    const client = rig.another({ BOOKSY_ACCOUNT_KEY: 'refused' });
    await rig.simulator.clearCounters();
    await rig.simulator.credentials({ refused: true });
    const ends = await Promise.all([1, 2, 3, 4].map(() => failure(readClients(client))));
    ends.push(await failure(readClients(client)));
    expect(ends).toEqual(Array(5).fill(expect.objectContaining({ code: 'auth_revoked' })));
    expect((await rig.simulator.counters()).calls.token).toBe(1);
  });

  it('is not written in clear anywhere in the database', async () => {
    await readClients();
    const { rows } = await rig.database.pool.query<{ sealed: Buffer }>(
      'SELECT sealed FROM integration_secrets',
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row.sealed.toString('latin1')).not.toMatch(/access|lifetime/);
  });
});

describe('answers', () => {
  it.each([
    [403, 'forbidden', 'ask_a_person'],
    [406, 'not_acceptable', 'ask_a_person'],
    [405, 'method_not_allowed', 'ask_a_person'],
    [500, 'unavailable', 'retry_later'],
    [502, 'unavailable', 'retry_later'],
    [503, 'unavailable', 'retry_later'],
    [504, 'unavailable', 'retry_later'],
  ])('%i of a read is %s, after one call', async (status, code, callerMay) => {
    await rig.simulator.clearCounters();
    await rig.simulator.fault({ kind: 'status', status, route: CLIENTS });
    expect(await failure(readClients())).toMatchObject({ code, callerMay, details: { status } });
    expect(await calls(CLIENTS)).toBe(1);
  });

  it.each([
    ['truncate_body', 'truncated_answer'],
    ['empty_body', 'truncated_answer'],
    ['content_type', 'wrong_content_type'],
    ['error_200', 'unexpected_answer'],
    ['drop_request', 'unavailable'],
    ['lose_answer', 'unavailable'],
  ] as const)('%s of a read is %s', async (kind, code) => {
    await rig.simulator.fault({ kind, route: CLIENTS });
    expect(await failure(readClients())).toMatchObject({ code });
    expect((await readClients()).rows).toHaveLength(10);
  });

  it('a read that takes too long is unavailable', async () => {
    const client = rig.another({ BOOKSY_TIMEOUT_MS: '250' });
    await readClients(client);
    await rig.simulator.fault({ kind: 'slow', ms: 2000, route: CLIENTS });
    expect(await failure(readClients(client))).toMatchObject({
      code: 'unavailable',
      details: { reason: 'timeout' },
    });
  });

  it('a caller may give up', async () => {
    await rig.simulator.fault({ kind: 'slow', ms: 2000, route: CLIENTS });
    const giveUp = new AbortController();
    const read = failure(
      rig.client.listClients(rig.salon, { offset: 0, limit: 10 }, { ...call, signal: giveUp.signal }),
    );
    setTimeout(() => giveUp.abort(), 50);
    expect(await read).toMatchObject({ code: 'cancelled', callerMay: 'stop' });
  });

  it('a row that has drifted is rejected alone and named', async () => {
    const clean = await readClients();
    const id = Number(clean.externalIds[3]);
    await rig.simulator.fault({
      kind: 'drift',
      route: CLIENTS,
      change: 'set',
      field: 'first_name',
      value: 42,
      ids: [id],
    });
    const page = await readClients();
    expect(page.rejected).toEqual([
      { externalId: String(id), reasonCode: 'unparseable', field: 'first_name', detail: 'Expected string.' },
    ]);
    expect(page.rows).toHaveLength(9);
    expect(page.externalIds).toEqual(clean.externalIds);
  });

  it('a new field is tolerated and handed on; a private one is not', async () => {
    await rig.simulator.fault({ kind: 'drift', route: VISITS, change: 'add', field: 'mood', value: 'good' });
    const page = await rig.client.listAppointments(rig.salon, { offset: 0, limit: 5 }, call);
    expect(page.rows.find((row) => row.kind === 'visit')).toMatchObject({ unknown: { mood: 'good' } });
    await rig.simulator.fault({
      kind: 'drift',
      route: VISITS,
      change: 'add',
      field: 'health_notes',
      value: 'CANARY',
    });
    expect(
      JSON.stringify(await rig.client.listAppointments(rig.salon, { offset: 0, limit: 5 }, call)),
    ).not.toContain('CANARY');
  });

  it('an envelope that has drifted is an error that names the field', async () => {
    const client = await clientOf((_, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ total: 3, results: [] }));
    });
    const error = await failure(readClients(client));
    expect(error).toBeInstanceOf(SchemaDriftError);
    expect(error).toMatchObject({
      code: 'schema_drift',
      field: 'count',
      details: { path: 'business/:id/customer/' },
    });
  });

  it('an answer that breaks off in the middle of a promised length is truncated', async () => {
    const client = await clientOf((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"count":');
      setTimeout(() => response.destroy(), 20);
    });
    expect(await failure(readClients(client))).toMatchObject({ code: 'truncated_answer' });
  });

  it('an answer without an end is not read to its end', async () => {
    const client = await clientOf((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = Buffer.alloc(1024 * 1024, 32);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    expect(await failure(readClients(client))).toMatchObject({ code: 'answer_too_large' });
  });

  it('sends the version and a bearer token with every call', async () => {
    const seen: (string | undefined)[] = [];
    const client = await clientOf((request, response) => {
      seen.push(request.headers.accept, request.headers.authorization, request.url);
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ count: 0, next: null, previous: null, results: [] }));
    });
    await readClients(client);
    expect(seen).toEqual([
      'application/json; version=0.3',
      'Bearer local',
      `/public-api/pl/business/${rig.salon.externalId}/customer/?offset=0&limit=10`,
    ]);
  });
});

describe('429', () => {
  it('is waited out once all workers know, and tried a bounded number of times', async () => {
    await rig.simulator.clearCounters();
    await rig.simulator.fault({
      kind: 'status',
      status: 429,
      retryAfterSeconds: 1,
      route: CLIENTS,
      count: 1,
    });
    const startedAt = performance.now();
    expect((await readClients()).rows).toHaveLength(10);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1000);
    expect(await calls(CLIENTS)).toBe(2);
  });

  it('a storm ends in an error with the time to wait, after three calls', async () => {
    await rig.simulator.clearCounters();
    const client = rig.another({ BOOKSY_ACCOUNT_KEY: 'storm' });
    await readClients(client);
    await rig.simulator.clearCounters();
    await rig.simulator.fault({ kind: 'status', status: 429, route: CLIENTS, count: null });
    const error = await failure(readClients(client));
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error).toMatchObject({ code: 'rate_limited', callerMay: 'retry_later' });
    expect(error instanceof RateLimitedError && error.retryAfterMs).toBeGreaterThan(0);
    expect(await calls(CLIENTS)).toBe(3);
  });

  it('a long block is handed to the caller at once, and other processes stay away too', async () => {
    const client = rig.another({ BOOKSY_ACCOUNT_KEY: 'blocked' });
    const other = rig.another({ BOOKSY_ACCOUNT_KEY: 'blocked' });
    await readClients(client);
    await rig.simulator.clearCounters();
    await rig.simulator.fault({ kind: 'status', status: 429, retryAfterSeconds: 60, route: CLIENTS });
    const error = await failure(readClients(client));
    expect(error).toMatchObject({ code: 'rate_limited' });
    expect(error instanceof RateLimitedError && error.retryAfterMs).toBeGreaterThanOrEqual(60_000);
    const giveUp = new AbortController();
    const waiting = failure(
      other.listClients(rig.salon, { offset: 0, limit: 10 }, { ...call, signal: giveUp.signal }),
    );
    setTimeout(() => giveUp.abort(), 300);
    expect(await waiting).toMatchObject({ code: 'cancelled' });
    expect(await calls(CLIENTS)).toBe(1);
  });
});

describe('writes', () => {
  const create = (visit: NewVisit, client = rig.client, more = {}) =>
    client.createAppointment(rig.salon, { visit }, { ...call, ...more });
  const existing = async (importUid: string) =>
    (await rig.client.mapImport(rig.salon, { entity: 'appointment', importUid }, call)).value.externalId;

  it('an answer lost after a create is outcome_unknown, and the look-up finds it', async () => {
    const visit = someVisit();
    await rig.simulator.fault({ kind: 'lose_answer', route: CREATE });
    const error = await failure(create(visit));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(error).toMatchObject({ code: 'outcome_unknown', callerMay: 'look_up_first', retryable: false });
    expect(await existing(visit.importUid)).not.toBeNull();
  });

  it.each([
    ['drop_request', {}],
    ['status', { status: 500 }],
    ['status', { status: 503, acted: true }],
    ['truncate_body', {}],
    ['content_type', {}],
    ['error_200', { acted: true }],
    ['drift', { change: 'remove', field: 'status' }],
  ] as const)('%s %j of a create is outcome_unknown, sent once', async (kind, more) => {
    await rig.simulator.clearCounters();
    await rig.simulator.fault({ kind, route: CREATE, ...more });
    expect(await failure(create(someVisit()))).toMatchObject({ code: 'outcome_unknown' });
    expect(await calls(CREATE)).toBe(1);
  });

  it('a create that times out is outcome_unknown', async () => {
    const client = rig.another({ BOOKSY_TIMEOUT_MS: '250' });
    await readClients(client);
    await rig.simulator.fault({ kind: 'slow', ms: 2000, route: CREATE });
    expect(await failure(create(someVisit(), client))).toMatchObject({
      code: 'outcome_unknown',
      details: { reason: 'timeout' },
    });
  });

  it('422 is an answer for a person', async () => {
    await rig.simulator.fault({ kind: 'status', status: 422, route: CREATE });
    expect(await failure(create(someVisit()))).toMatchObject({
      code: 'not_modifiable',
      callerMay: 'ask_a_person',
    });
  });

  it('a write that could not leave surely did not act', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const { port } = addressOf(closed.address());
    await new Promise((resolve) => closed.close(resolve));
    const client = rig.another({
      BOOKSY_BASE_URL: `http://127.0.0.1:${String(port)}/public-api/pl/`,
      BOOKSY_AUTH_URL: rig.simulator.url,
    });
    expect(await failure(create(someVisit(), client))).toMatchObject({
      code: 'unavailable',
      details: { reason: 'connect_failed' },
    });
  });

  it('is held back at the last moment where it is too late (R13b)', async () => {
    await rig.simulator.clearCounters();
    const error = await failure(create(someVisit(), rig.client, { maySend: () => false }));
    expect(error).toMatchObject({ code: 'unsent', callerMay: 'fix_and_replan' });
    expect(await calls(CREATE)).toBe(0);
    await create(someVisit(), rig.client, { maySend: () => true });
    expect(await calls(CREATE)).toBe(1);
  });

  it('goes out once more after a 401 or a 429: those did not act', async () => {
    await rig.simulator.clearCounters();
    await rig.simulator.fault({ kind: 'expire_token', route: CREATE });
    await create(someVisit());
    await rig.simulator.fault({ kind: 'status', status: 429, retryAfterSeconds: 0, route: CREATE });
    await create(someVisit());
    expect(await calls(CREATE)).toBe(4);
  });
});

/** A client against a server of this test that gives tokens itself. */
async function clientOf(answer: RequestListener) {
  const server = createServer((request, response) => {
    if (request.url !== '/oauth/token') {
      answer(request, response);
      return;
    }
    request.resume();
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ access_token: 'local', token_type: 'Bearer', expires_in: 3600 }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = addressOf(server.address());
  return rig.another({
    BOOKSY_BASE_URL: `http://127.0.0.1:${String(port)}/public-api/pl/`,
    BOOKSY_ACCOUNT_KEY: `local-${String(port)}`,
  });
}

function addressOf(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address;
}
