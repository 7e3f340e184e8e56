import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  productLock,
  productManifest,
  type Lock,
  type LockEntry,
  type Manifest,
} from '../../../scripts/build-packages.ts';

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const manifest = read('package.json') as Manifest;
const lock = read('package-lock.json') as Lock;
const product = productManifest(manifest);
const cut = productLock(product, lock);

/** A lock file in npm's form. */
function lockOf(packages: Record<string, LockEntry>): Lock {
  return { lockfileVersion: 3, packages: { '': {}, ...packages } };
}

describe('the packages of the built product', () => {
  it('are the dependencies without what only the sources need', () => {
    expect(Object.keys(product.dependencies)).not.toEqual(expect.arrayContaining(['tsx']));
    expect(Object.keys(product.dependencies)).not.toEqual(expect.arrayContaining(['prisma']));
    expect(product.dependencies).toMatchObject({ express: expect.any(String) as string });
    expect(product).not.toHaveProperty('devDependencies');
    // Its own set-up steps would need the sources.
    expect(product['scripts']).not.toHaveProperty('postinstall');
  });

  it('are locked to the versions that were tested, and no development package is among them', () => {
    for (const [place, entry] of Object.entries(cut.packages)) {
      if (place === '') continue;
      expect([place, entry.version]).toEqual([place, lock.packages[place]?.version]);
      expect([place, lock.packages[place]?.dev]).toEqual([place, undefined]);
    }
    for (const name of ['typescript', 'vitest', 'eslint', 'tsx', 'prisma', 'playwright-core']) {
      expect(Object.keys(cut.packages)).not.toContain(`node_modules/${name}`);
    }
  });

  it('are found where Node would look for them', () => {
    const found = productLock(
      { name: 'x', dependencies: { a: '1' } },
      lockOf({
        'node_modules/a': { version: '1', dependencies: { b: '1', c: '1' } },
        'node_modules/a/node_modules/b': { version: '1', dependencies: { c: '1' } },
        'node_modules/b': { version: '2', dev: true },
        'node_modules/c': { version: '1', devOptional: true },
      }),
    );
    expect(Object.keys(found.packages)).toEqual([
      '',
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/c',
    ]);
    expect(found.packages['node_modules/c']).toEqual({ version: '1' });
  });

  it('are optional only where nothing needs them, and an optional one that is missing is no error', () => {
    const found = productLock(
      { name: 'x', dependencies: { a: '1', d: '1' } },
      lockOf({
        'node_modules/a': { version: '1', optionalDependencies: { b: '1', c: '1', gone: '1' } },
        'node_modules/b': { version: '1' },
        'node_modules/c': { version: '1', optional: true },
        'node_modules/d': {
          version: '1',
          peerDependencies: { c: '*', e: '*' },
          peerDependenciesMeta: { e: { optional: true } },
        },
      }),
    );
    expect(found.packages['node_modules/b']).toMatchObject({ optional: true });
    expect(found.packages['node_modules/c']).not.toHaveProperty('optional');
  });

  it('are refused when the lock file lacks one', () => {
    expect(() => productLock({ name: 'x', dependencies: { a: '1' } }, lockOf({}))).toThrow(/lacks a/);
    expect(() => productLock({ name: 'x', dependencies: {} }, { lockfileVersion: 4, packages: {} })).toThrow(
      /version 4/,
    );
  });
});
