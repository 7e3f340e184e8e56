import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PERMISSIONS } from '../../../api/permissions.ts';
import { fullSyncId } from '../../../infra/temporal/launch.ts';
import { mintToken, revokeToken, SCOPES, type Scope } from '../../../infra/tokens.ts';
import { startTestApi, type TestApi } from './support/api.ts';

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
let theirs: string;
/** A run of the business that is not ours. */
let theirRun: string;

beforeAll(async () => {
  api = await startTestApi();
  operations = operationsOf(api.document);
  mine = await api.business();
  theirs = await api.business();
  theirRun = randomUUID();
  await api.prisma.syncRun.create({
    data: {
      id: theirRun,
      businessId: theirs,
      kind: 'full_sync',
      workflowId: 'x',
      actor: 'test',
      status: 'completed',
    },
  });
});
afterAll(() => api.stop());

const filled = ({ path }: Operation, id: string) => path.replace(/\{(\w+)\}/g, id);
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
      const answer = await api.send(filled(operation, theirRun), { method: operation.method, token: null });
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
        const answer = await api.send(filled(operation, theirRun), { method: operation.method, token });
        expect(answer.status, `${operation.method} ${operation.path}`).toBe(401);
        expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
        expect(answer.text).not.toContain(token);
      }
      const basic = await api.send(filled(operation, theirRun), {
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
      const answer = await api.send(`${filled(operation, 'no-id')}?nonsense=1`, {
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
      const answer = await api.send(filled(operation, randomUUID()), { method: operation.method, token });
      expect([200, 202, 404], `${operation.method} ${operation.path}`).toContain(answer.status);
    }
  });

  it("answers 404 for another tenant's id, word for word as for one that does not exist", async () => {
    let tried = 0;
    for (const operation of guarded()) {
      const { token } = await api.token([operation.scope ?? 'sync:read'], [mine]);
      const ask = async (id: string) => {
        const sent: Parameters<TestApi['send']>[1][] = [];
        const paths: string[] = [];
        if (operation.params.length > 0) paths.push(filled(operation, id));
        if (operation.queries.includes('business')) paths.push(`${operation.path}?business=${id}`);
        if (operation.hasBody)
          sent.push({ method: operation.method, token, body: { businessIds: [mine, id] } });
        return Promise.all([
          ...paths.map((path) => api.send(path, { method: operation.method, token })),
          ...sent.map((request) => api.send(operation.path, request)),
        ]);
      };
      const isRun = operation.params.length > 0;
      const foreign = await ask(isRun ? theirRun : theirs);
      const absent = await ask(randomUUID());
      tried += foreign.length;
      const withoutId = (json: unknown) => ({
        ...z.record(z.string(), z.unknown()).parse(json),
        requestId: '',
      });
      for (const [index, answer] of foreign.entries()) {
        expect(answer.status, `${operation.method} ${operation.path}`).toBe(404);
        expect(withoutId(answer.json)).toEqual(withoutId(absent[index]?.json));
      }
    }
    // sync-status and operations by query, operation by id, full-sync by body.
    expect(tried).toBe(4);
  });

  it("shows nothing of another tenant's business in lists", async () => {
    const { token } = await api.token(SCOPES, [mine]);
    for (const { path, method, params, hasBody } of guarded()) {
      if (method !== 'GET' || params.length > 0 || hasBody) continue;
      const answer = await api.send(path, { token });
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain(theirs);
      expect(answer.text).not.toContain(theirRun);
    }
  });

  it('starts nothing where one id of a request is not ours', async () => {
    const business = await api.business();
    const { token } = await api.token(SCOPES, [business]);
    await api.send('/api/admin/booksy/full-sync', {
      method: 'POST',
      token,
      body: { businessIds: [business, theirs] },
    });
    await expect(api.client.workflow.getHandle(fullSyncId(theirs)).describe()).rejects.toThrow(/not found/);
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
