import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resolveRedis } from '../../support/redis-program.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'booksy-redis-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function program(dir: string, name: string): string {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, name);
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, 0o755);
  return file;
}

describe('the Redis server of the tests', () => {
  it('is the one on PATH, under either of its names, before the one that was got', async () => {
    const [bin, cache] = [folder(), folder()];
    const env = { PATH: `/nowhere:${bin}`, BOOKSY_SYNC_CACHE_DIR: cache };
    const got = program(join(cache, 'redis'), 'redis-server');
    expect(await resolveRedis({ env })).toEqual({ path: got, source: 'cache' });
    const valkey = program(bin, 'valkey-server');
    expect(await resolveRedis({ env })).toEqual({ path: valkey, source: 'path' });
    const redis = program(bin, 'redis-server');
    expect(await resolveRedis({ env })).toEqual({ path: redis, source: 'path' });
  });

  it('is never silently missing: where nothing can be got, what to install is said', async () => {
    const env = { PATH: folder(), BOOKSY_SYNC_CACHE_DIR: folder() };
    await expect(resolveRedis({ env })).rejects.toMatchObject({
      code: 'redis_missing',
      message: expect.stringMatching(/wheel: .*debian: .*source: /) as string,
      next: expect.stringContaining('redis-server') as string,
    });
    expect(readdirSync(env.BOOKSY_SYNC_CACHE_DIR)).toEqual([]);
  });
});
