import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PERMISSIONS } from '../../../api/permissions.ts';
import { startTestApi, type TestApi } from './support/api.ts';
import { requestOf, type Request } from './support/requests.ts';
import { everything, quarantineRow, runRow } from './support/rows.ts';

const operationSchema = z.looseObject({
  operationId: z.string().regex(/^[a-z][A-Za-z]+$/),
  summary: z.string().min(3),
  tags: z.array(z.string()).min(1),
  parameters: z
    .array(
      z.looseObject({
        name: z.string(),
        in: z.enum(['path', 'query', 'header']),
        required: z.boolean().optional(),
        schema: z.record(z.string(), z.unknown()),
      }),
    )
    .optional(),
  responses: z.record(
    z.string().regex(/^\d{3}$/),
    z.looseObject({
      description: z.string().min(1),
      content: z.record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()) })).optional(),
    }),
  ),
});
/** What OpenAPI 3.1 asks of a document, as far as this one uses it. */
const documentSchema = z.looseObject({
  openapi: z.literal('3.1.0'),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  servers: z.array(z.object({ url: z.string() })),
  tags: z.array(z.looseObject({ name: z.string() })),
  paths: z.record(
    z.string().startsWith('/'),
    z.record(z.enum(['get', 'post', 'put', 'patch', 'delete']), operationSchema.optional()),
  ),
  components: z.looseObject({
    schemas: z.record(z.string(), z.record(z.string(), z.unknown())),
    securitySchemes: z.record(z.string(), z.looseObject({ type: z.string() })),
  }),
});
type Operation = z.output<typeof operationSchema>;

let api: TestApi;
let document: z.output<typeof documentSchema>;
let operations: { method: string; path: string; operation: Operation }[];

beforeAll(async () => {
  api = await startTestApi();
  document = documentSchema.parse((await api.send('/api/openapi.json', { token: null })).json);
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      operation === undefined ? [] : [{ method: method.toUpperCase(), path, operation }],
    ),
  );
});
afterAll(() => api.stop());

/** A JSON Schema 2020-12 validator that knows the document, as OpenAPI 3.1 defines its schemas. */
function validator() {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, allowUnionTypes: true });
  addFormats.default(ajv);
  // Keywords that OpenAPI 3.1 adds to JSON Schema.
  ajv.addVocabulary(['example', 'discriminator', 'xml', 'externalDocs']);
  const local = (schema: Record<string, unknown>) =>
    z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(JSON.stringify(schema).replaceAll('"#/components/schemas/', '"document#/$defs/')));
  ajv.addSchema({ $id: 'document', $defs: local(document.components.schemas) });
  return (schema: Record<string, unknown>) => ajv.compile(local(schema));
}

function schemasOfOperations(): Record<string, unknown>[] {
  return operations.flatMap(({ operation }) => [
    ...(operation.parameters ?? []).map(({ schema }) => schema),
    ...Object.values(operation.responses).flatMap((each) =>
      Object.values(each.content ?? {}).map(({ schema }) => schema),
    ),
  ]);
}

describe('/api/openapi.json', () => {
  it('is well formed: every schema compiles, every reference leads somewhere', () => {
    const compile = validator();
    for (const schema of [...schemasOfOperations(), ...Object.values(document.components.schemas)]) {
      expect(() => compile(schema)).not.toThrow();
    }
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(Object.keys(document.components.schemas)).toContain(name);
    }
    expect(text).not.toContain('nullable');
  });

  it('has unique operation ids, known tags, and names every parameter of its paths', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = new Set(document.tags.map(({ name }) => name));
    for (const { path, operation } of operations) {
      for (const tag of operation.tags) expect(tags).toContain(tag);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const named = (operation.parameters ?? []).filter((each) => each.in === 'path');
      expect(named.map(({ name }) => name)).toEqual(inPath);
      for (const { required } of named) expect(required).toBe(true);
    }
  });

  it('has every route of the router, and the router has every route of it', () => {
    // Express keeps its table in `router.stack`; asking it is the only way to see a route added past our list.
    const layers = z
      .array(
        z.looseObject({
          route: z.looseObject({ path: z.string(), methods: z.record(z.string(), z.boolean()) }).optional(),
        }),
      )
      .parse(Reflect.get(api.app.router, 'stack'));
    const inRouter = layers
      .flatMap(({ route }) => (route === undefined ? [] : [route]))
      .flatMap(({ path, methods }) =>
        Object.keys(methods)
          .filter((method) => method !== '_all')
          .map((method) => `${method.toUpperCase()} ${path.replace(/:(\w+)/g, '{$1}')}`),
      );
    const inDocument = operations.map(({ method, path }) => `${method} ${path}`);
    expect(inRouter.sort()).toEqual(inDocument.sort());
    expect(inDocument.length).toBeGreaterThan(25);
  });

  it('tells the truth: every answer fits its schema', async () => {
    const compile = validator();
    const id = await api.business();
    const things = await everything(api, id);
    await quarantineRow(api, { businessId: id, urgentAt: new Date() });
    await runRow(api, { businessId: id, status: 'failed' });
    await runRow(api, { businessId: id, status: 'running' });
    await api.database.pool.query(
      `INSERT INTO integration_sync_status (business_id, entity, window_key, proven_sent_at, complete) VALUES ($1, 'staff', 'all', now(), true)`,
      [id],
    );
    let compared = 0;
    const good = new Set<string>();
    const compare = async (operation: Operation, request: Request, token?: null) => {
      const { path, ...sent } = request;
      const { method } = request;
      const answer = await api.send(path, { ...sent, ...(token === null ? { token } : {}) });
      if (answer.status < 300) good.add(operation.operationId);
      const described = operation.responses[String(answer.status)];
      expect(described, `${method} ${path} → ${answer.status}`).toBeDefined();
      const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
      const schema = described?.content?.[type]?.schema;
      if (!type.includes('json')) return;
      expect(schema, `${method} ${path} → ${type}`).toBeDefined();
      const validate = compile(schema ?? {});
      expect(validate(answer.json), JSON.stringify(validate.errors)).toBe(true);
      compared += 1;
    };
    for (const { method, path, operation } of operations) {
      const request = requestOf(method, path, things);
      await compare(operation, request);
      if (path.startsWith('/api/admin')) {
        await compare(operation, request, null);
        await compare(operation, { ...request, path: `${request.path}?nonsense=1` });
      }
    }
    expect(compared).toBeGreaterThan(50);
    // A completed run cannot be held or stopped; every other endpoint was seen to answer well.
    const all = operations.map(({ operation }) => operation.operationId);
    expect(all.filter((each) => !good.has(each)).sort()).toEqual([
      'postAdminBooksyOperationsIdCancel',
      'postAdminBooksyOperationsIdPause',
      'postAdminBooksyOperationsIdResume',
      // Without a worker nothing is planned: test/integration/undo.
      'postAdminBooksyUndoIdConfirm',
      // Only who signs gets in: test/integration/webhooks.
      'postWebhooksBooksy',
      'postWebhooksBooksyToken',
    ]);
  });

  it('shows what it needs of a token, and nothing of this installation', () => {
    for (const { method, path, operation } of operations) {
      const isGuarded = PERMISSIONS[`${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`] !== 'public';
      expect(isGuarded || !path.startsWith('/api/admin'), path).toBe(true);
      expect(operation['security'], path).toEqual(isGuarded ? [{ bearerToken: [] }] : []);
      expect(typeof operation['x-scope'] === 'string', path).toBe(isGuarded);
    }
    expect(JSON.stringify(document)).not.toMatch(/127\.0\.0\.1|localhost|bks_[\w-]{10}/);
  });
});

describe('the pages', () => {
  async function loads(path: string): Promise<string[]> {
    const page = await api.send(path, { token: null });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    // The policy allows no inline script; a page that had one would be broken.
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=|javascript:/);
    const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    const own = links.filter((link) => link.startsWith('/'));
    for (const link of own) {
      const answer = await api.send(link, { token: null });
      expect(answer.status, link).toBe(200);
    }
    return links;
  }

  it('documentation: everything it loads is served here', async () => {
    const links = await loads('/api/docs');
    expect(links.filter((link) => !link.startsWith('/'))).toEqual([]);
    const script = await api.send('/api/docs/assets/swagger-ui-bundle.js', { token: null });
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.text.length).toBeGreaterThan(100_000);
    const policy =
      (await api.send('/api/docs', { token: null })).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('http');
  });

  it('start page: links to what there is, escaped, and without a secret', async () => {
    const links = await loads('/');
    expect(links).toEqual(
      expect.arrayContaining(['/api/docs', '/healthz', '/readyz', 'http://127.0.0.1:8233']),
    );
    const odd = await startTestApi({
      api: { simulatorUrl: 'http://127.0.0.1:4010/?a="><script>x</script>&b' },
    });
    try {
      const { text } = await odd.send('/', { token: null });
      expect(text).not.toContain('<script>x');
      expect(text).toContain('http://127.0.0.1:4010/?a=');
    } finally {
      await odd.stop();
    }
  });

  it.each([
    '/api/docs/assets/index.html',
    '/api/docs/assets/..%2fpackage.json',
    '/assets/__proto__',
    '/assets/constructor',
  ])('serves no other file: %s', async (path) => {
    expect((await api.send(path, { token: null })).status).toBe(404);
  });
});
