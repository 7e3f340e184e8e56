import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { TestApi } from './api.ts';

const CLI = fileURLToPath(new URL('../../../../cli/booksy.mjs', import.meta.url));

/** Runs `booksy` as a process of its own, as an administrator of this API. */
export async function runBooksy(api: Pick<TestApi, 'url' | 'adminToken'>, ...args: readonly string[]) {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: path.dirname(CLI),
    env: { ...process.env, BOOKSY_SYNC_API: api.url, BOOKSY_SYNC_TOKEN: api.adminToken, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<unknown[]>,
  ]);
  return { code, stdout, stderr };
}
