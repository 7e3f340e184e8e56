import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { TestApi } from './api.ts';

const CLI = fileURLToPath(new URL('../../../../cli/booksy.mjs', import.meta.url));

type Api = Pick<TestApi, 'url' | 'adminToken'>;

/** Runs `booksy` as a process of its own, as an administrator of this API. */
export function runBooksy(api: Api, ...args: readonly string[]) {
  return typedTo(api, '', ...args);
}

/** The same, with something typed to it. */
export async function typedTo(api: Api, stdin: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: path.dirname(CLI),
    env: { ...process.env, BOOKSY_SYNC_API: api.url, BOOKSY_SYNC_TOKEN: api.adminToken, NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A command that asks for nothing may end before it is read.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<unknown[]>,
  ]);
  return { code, stdout, stderr };
}
