#!/usr/bin/env node
/**
 * Makes the typed database client (infra/database/generated) out of prisma/schema.prisma.
 *
 * Runs after every install. Generating needs none of Prisma's engines, but the command would fetch the schema
 * engine first; naming any executable in PRISMA_SCHEMA_ENGINE_BINARY keeps it from the network.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const schema = path.join(root, 'prisma', 'schema.prisma');

/** Prisma's command line, wherever the package manager put it. */
function prismaCli() {
  const require = createRequire(path.join(root, 'package.json'));
  const manifest = require.resolve('prisma/package.json');
  const { bin } = require(manifest);
  return path.join(path.dirname(manifest), typeof bin === 'string' ? bin : bin.prisma);
}

/** @param {string} reason @param {string} output */
function fail(reason, output) {
  process.stderr.write(
    `generate-client: ${reason}\n${output.trim()}\n` +
      `What to do: run "npm ci" again; then "node scripts/generate-client.mjs" shows this message alone.\n`,
  );
  process.exit(1);
}

// An install that leaves the sources out (a container layer with only the package files) has nothing to generate.
if (!existsSync(schema)) process.exit(0);

let cli;
try {
  cli = prismaCli();
} catch {
  fail('the package "prisma" is not installed.', '');
}

const result = spawnSync(process.execPath, [cli, 'generate', '--no-hints'], {
  cwd: root,
  encoding: 'utf8',
  env: {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ?? process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
    DISABLE_PRISMA_TELEMETRY: '1',
    NO_COLOR: '1',
  },
});

if (result.error) fail('Prisma could not be started.', String(result.error));
if (result.status !== 0) fail('Prisma could not generate the client.', `${result.stdout}\n${result.stderr}`);
