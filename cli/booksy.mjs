#!/usr/bin/env node
// Entry of the `booksy` command. Plain JavaScript, so that it runs right after `npm ci` and can say in words when Node
// is too old or the packages are missing; everything else is TypeScript, loaded through tsx.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail('node_too_old', `Node ${process.versions.node} is too old.`, 'Install Node 20.19 or newer.');
}

try {
  const { register } = await import('tsx/esm/api');
  register();
} catch {
  fail(
    'packages_missing',
    'The packages of Booksy Sync are not installed.',
    'Run `npm ci` in its folder first.',
  );
}
const { main } = await import('./main.ts');
await main(process.argv);

/** The same shape as every other error of the CLI: see output.ts. */
function fail(code, message, next) {
  if (process.argv.includes('--json'))
    console.log(JSON.stringify({ ok: false, error: { code, message, next } }));
  else console.error(`${message}\n${next}`);
  process.exit(3);
}
