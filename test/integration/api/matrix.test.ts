import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PERMISSIONS } from '../../../api/permissions.ts';
import { fullSyncId } from '../../../infra/temporal/launch.ts';
import { mintToken, revokeToken, SCOPES, type Scope } from '../../../infra/tokens.ts';
import { startTestApi, type TestApi } from './support/api.ts';
import { requestOf, type Things } from './support/requests.ts';
import { everything } from './support/rows.ts';

/**
 * Who may do what, tried on every operation of the OpenAPI document: an endpoint that is added is in the matrix
 * without a line here.
 */
const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        security: z.array(z.record(z.string(), z.array(z.string()))),
        'x-scope': z.enum(SCOPES).optional(),
        parameters: z.array(z.object({ name: z.string(), in: z.string() })).optional(),
        requestBody: z.unknown().optional(),
      }),
    ),
  ),
});

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly scope: Scope | undefined;
  readonly isPublic: boolean;
  readonly params: readonly string[];
  readonly queries: readonly string[];
  readonly hasBody: boolean;
}

function operationsOf(document: unknown): Operation[] {
  return Object.entries(documentSchema.parse(document).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      scope: operation['x-scope'],
      isPublic: operation.security.length === 0,
      params: (operation.parameters ?? []).filter((each) => each.in === 'path').map(({ name }) => name),
      queries: (operation.parameters ?? []).filter((each) => each.in === 'query').map(({ name }) => name),
      hasBody: operation.requestBody !== undefined,
    })),
  );
}

let api: TestApi;
let operations: Operation[];
let mine: string;
/** A business that is not ours, and one of everything of it. */
let theirs: Things;

beforeAll(async () => {
  api = await startTestApi();
  operations = operationsOf(api.document);
  mine = await api.business();
  theirs = await everything(api, await api.business());
});
afterAll(() => api.stop());

const filled = ({ method, path }: Operation, things: Things) => requestOf(method, path, things);
/** Things that are nowhere. */
const nowhere = (): Things => ({
  business: randomUUID(),
  run: randomUUID(),
  mapping: randomUUID(),
  conflict: randomUUID(),
  quarantine: randomUUID(),
  failure: randomUUID(),
  entry: randomUUID(),
  undo: randomUUID(),
  webhook: '4000000000000001',
  variant: randomUUID(),
  booking: randomUUID(),
  begun: randomUUID(),
  hold: randomUUID(),
  calendar: randomUUID(),
  feed: randomUUID(),
  feedToken: 'not-the-token',
  staff: randomUUID(),
  timeOff: randomUUID(),
});
const guarded = () => operations.filter(({ isPublic }) => !isPublic);

describe('the matrix', () => {
  it('covers every line of the permission table', () => {
    const documented = operations.map(({ method, path }) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`);
    expect(documented.sort()).toEqual(Object.keys(PERMISSIONS).sort());
    expect(guarded().length).toBeGreaterThanOrEqual(6);
    for (const { path, isPublic } of operations)
      expect(isPublic && path.startsWith('/api/admin')).toBe(false);
  });

  it('lets nobody in without a token', async () => {
    for (const operation of guarded()) {
      const answer = await api.send(filled(operation, theirs).path, {
        method: operation.method,
        token: null,
      });
      expect(answer.status, `${operation.method} ${operation.path}`).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="booksy-sync"');
    }
  });

  it('lets nobody in with a token that is wrong, revoked, expired or in another scheme', async () => {
    const revoked = await api.token(SCOPES, 'all');
    expect(await revokeToken(api.prisma, revoked.tokenId)).toBe(true);
    expect(await revokeToken(api.prisma, revoked.tokenId)).toBe(false);
    const request = {
      name: 'test',
      scopes: SCOPES,
      businesses: 'all' as const,
      expiresAt: new Date(Date.now() - 1),
    };
    const expired = await mintToken(api.prisma, request);
    const bad = [revoked.token, expired.token, `bks_${'A'.repeat(43)}`, `${api.adminToken}x`, 'short', '%00'];
    for (const operation of guarded()) {
      for (const token of bad) {
        const answer = await api.send(filled(operation, theirs).path, { method: operation.method, token });
        expect(answer.status, `${operation.method} ${operation.path}`).toBe(401);
        expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
        expect(answer.text).not.toContain(token);
      }
      const basic = await api.send(filled(operation, theirs).path, {
        method: operation.method,
        token: null,
        headers: { Authorization: `Basic ${Buffer.from(`x:${api.adminToken}`).toString('base64')}` },
      });
      expect(basic.status).toBe(401);
    }
  });

  it('refuses every scope but the right one, before it looks at the input', async () => {
    for (const operation of guarded()) {
      const others = SCOPES.filter((scope) => scope !== operation.scope);
      const { token } = await api.token(others, 'all');
      const answer = await api.send(`${operation.path.replace('{id}', 'no-id')}?nonsense=1`, {
        method: operation.method,
        token,
      });
      expect(answer.status, `${operation.method} ${operation.path}`).toBe(403);
      expect(answer.headers.get('www-authenticate')).toContain(`scope="${operation.scope ?? ''}"`);
      expect(answer.json).toMatchObject({ code: 'forbidden' });
    }
  });

  it('lets the right scope in', async () => {
    for (const operation of guarded()) {
      const { token } = await api.token([operation.scope ?? 'sync:read'], [mine]);
      const { path, ...request } = filled(operation, nowhere());
      const answer = await api.send(path, { ...request, token });
      expect([200, 202, 404], `${operation.method} ${operation.path}`).toContain(answer.status);
    }
  });

  it("answers 404 for another tenant's id, word for word as for one that does not exist", async () => {
    const tried = new Set<string>();
    for (const operation of guarded()) {
      const { token } = await api.token([operation.scope ?? 'sync:read'], [mine]);
      const ask = async (things: Things) => {
        const { path, ...request } = filled(operation, things);
        const asked = [
          ...(operation.params.length > 0 || operation.hasBody || path.includes('?')
            ? [{ path, ...request }]
            : []),
          ...operation.queries
            .filter(() => !path.includes('?'))
            .filter((name) => name === 'business' || name === 'businessId')
            .map((name) => ({ path: `${path}?${name}=${things.business}`, method: operation.method })),
        ];
        if (asked.length > 0) tried.add(`${operation.method} ${operation.path}`);
        return Promise.all(asked.map(({ path: address, ...sent }) => api.send(address, { ...sent, token })));
      };
      const foreign = await ask(theirs);
      const absent = await ask(nowhere());
      const withoutId = (json: unknown) => ({
        ...z.record(z.string(), z.unknown()).parse(json),
        requestId: '',
      });
      for (const [index, answer] of foreign.entries()) {
        expect(answer.status, `${operation.method} ${operation.path} ${answer.text}`).toBe(404);
        expect(withoutId(answer.json)).toEqual(withoutId(absent[index]?.json));
      }
    }
    // These name nothing: what they answer is cut to the token's businesses, see below.
    const untried = guarded()
      .map(({ method, path }) => `${method} ${path}`)
      .filter((key) => !tried.has(key));
    expect(untried.sort()).toEqual(['GET /api/admin/booksy/health', 'GET /metrics']);
  });

  it("leaves another tenant's things as they are", async () => {
    const { rows } = await api.database.pool.query<{ touched: number }>(
      `SELECT (SELECT count(*) FROM businesses WHERE id = $1 AND (paused_at IS NOT NULL OR push_allowed_at IS NOT NULL))
            + (SELECT count(*) FROM sync_runs WHERE business_id = $1 AND (paused_at IS NOT NULL OR status <> 'completed'))
            + (SELECT count(*) FROM sync_plans WHERE business_id = $1 AND approved_at IS NOT NULL)
            + (SELECT count(*) FROM mappings WHERE business_id = $1 AND decision IS NOT NULL)
            + (SELECT count(*) FROM booksy_sync_conflicts WHERE business_id = $1 AND resolution_id IS NOT NULL)
            + (SELECT count(*) FROM quarantine WHERE business_id = $1 AND released_at IS NOT NULL)
            + (SELECT count(*) FROM booksy_audit_log WHERE business_id = $1 AND actor LIKE 'api:%' AND action <> 'held')
            + (SELECT count(*) FROM booking_holds WHERE business_id = $1 AND outcome IS NOT NULL)
            + (SELECT abs(count(*) - 2) FROM bookings WHERE business_id = $1 AND status = 'confirmed' AND client_note IS NULL)
            + (SELECT count(*) FROM working_hours WHERE business_id = $1 AND edits > 0)
            + (SELECT abs(count(*) - 1) FROM time_off WHERE business_id = $1 AND edits = 0)
            + (SELECT count(*) FROM sync_undos WHERE business_id = $1 AND requested_by LIKE 'api:%') AS touched`,
      [theirs.business],
    );
    expect(Number(rows[0]?.touched)).toBe(0);
  });

  it("shows nothing of another tenant's business in lists", async () => {
    const { token } = await api.token(SCOPES, [mine]);
    for (const { path, method, params, hasBody } of guarded()) {
      // What names its business in the query answers 404: see above.
      if (method !== 'GET' || params.length > 0 || hasBody || path === '/api/availability') continue;
      const answer = await api.send(path, { token });
      expect(answer.status).toBe(200);
      for (const id of Object.values(theirs)) expect(answer.text, path).not.toContain(id);
    }
  });

  it('starts nothing where one id of a request is not ours', async () => {
    const business = await api.business();
    const { token } = await api.token(SCOPES, [business]);
    await api.send('/api/admin/booksy/full-sync', {
      method: 'POST',
      token,
      body: { businessIds: [business, theirs.business] },
    });
    await expect(api.client.workflow.getHandle(fullSyncId(theirs.business)).describe()).rejects.toThrow(
      /not found/,
    );
    await expect(api.client.workflow.getHandle(fullSyncId(business)).describe()).rejects.toThrow(/not found/);
  });
});

describe('tokens', () => {
  it('are 256 bits, unlike each other, and kept as a hash only', async () => {
    const { token, tokenId } = await api.token(['sync:read'], [mine]);
    expect(token).toMatch(/^bks_[\w-]{43}$/);
    expect(Buffer.from(token.slice(4), 'base64url')).toHaveLength(32);
    expect((await api.token(['sync:read'], [mine])).token).not.toBe(token);
    const { rows } = await api.database.pool.query('SELECT row_to_json(t)::text AS text FROM api_tokens t');
    expect(JSON.stringify(rows)).not.toContain(token.slice(4, 20));
    expect(JSON.stringify(rows)).toContain(tokenId);
  });

  it('note their last use, at most once a minute', async () => {
    const { token, tokenId } = await api.token(['health:read'], [mine]);
    const used = async () =>
      (await api.prisma.apiToken.findUniqueOrThrow({ where: { id: tokenId } })).lastUsedAt;
    expect(await used()).toBeNull();
    await api.send('/api/admin/booksy/health', { token });
    const first = await used();
    expect(first).not.toBeNull();
    await api.send('/api/admin/booksy/health', { token });
    expect(await used()).toEqual(first);
  });

  it('of all businesses reach one that comes later', async () => {
    const { token } = await api.token(['sync:read'], 'all');
    const later = await api.business();
    expect((await api.send(`/api/admin/booksy/sync-status?business=${later}`, { token })).status).toBe(200);
  });
});
