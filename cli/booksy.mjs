#!/usr/bin/env node
// Entry of the `booksy` command. Plain JavaScript, so that it runs right after `npm ci` and can say in words when Node
// is too old or the packages are missing. Everything else is TypeScript, loaded through tsx; in the product that
// `npm run build` makes it is compiled and lies beside this file.
import { existsSync } from 'node:fs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail('node_too_old', `Node ${process.versions.node} is too old.`, 'Install Node 20.19 or newer.');
}

const compiled = existsSync(new URL('./main.js', import.meta.url));
let main;
try {
  if (!compiled) (await import('tsx/esm/api')).register();
  ({ main } = await import(compiled ? './main.js' : './main.ts'));
} catch (error) {
  if (!/Cannot find package/u.test(error?.message ?? '')) throw error;
  fail(
    'packages_missing',
    'The packages of Booksy Sync are not installed.',
    `Run \`npm ci${compiled ? ' --omit=dev' : ''}\` in its folder first.`,
  );
}
await main(process.argv);

/** The same shape as every other error of the CLI: see output.ts. */
function fail(code, message, next) {
  if (process.argv.includes('--json'))
    console.log(JSON.stringify({ ok: false, error: { code, message, next } }));
  else console.error(`${message}\n${next}`);
  process.exit(3);
}
