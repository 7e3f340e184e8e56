/**
 * Makes docs/API_REFERENCE.md from the OpenAPI document of the API. A test compares the two.
 *
 *   npm run docs:api
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import * as prettier from 'prettier';
import { createApi } from '../api/server.ts';
import { createVault } from '../infra/crypto.ts';
import { createDatabase } from '../infra/database/index.ts';
import { createLogger } from '../infra/logger.ts';
import { createLauncher } from '../infra/temporal/launch.ts';
import { createConflictLauncher } from '../infra/temporal/launch-conflicts.ts';
import { createUndoLauncher } from '../infra/temporal/launch-undo.ts';
import { readDocument } from './api-reference/document.ts';
import { renderReference } from './api-reference/render.ts';

export const REFERENCE_FILE = fileURLToPath(new URL('../docs/API_REFERENCE.md', import.meta.url));

/** The page for a document that the API serves, formatted as everything here. */
export async function apiReference(document: unknown): Promise<string> {
  const options = await prettier.resolveConfig(REFERENCE_FILE);
  return prettier.format(renderReference(readDocument(document)), { ...options, parser: 'markdown' });
}

/** The document of an API that stands on nothing: its endpoints are described, never called. */
async function documentOfNothing(): Promise<unknown> {
  const database = createDatabase({
    url: 'postgresql://127.0.0.1:1/none',
    poolMax: 1,
    applicationName: 'docs',
  });
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  const unasked = () => Promise.reject(new Error('Nobody asks this API.'));
  const { document } = createApi({
    api: { host: '127.0.0.1', port: 0, trustedProxyHops: 0, corsOrigins: [], simulatorUrl: null },
    temporal: { uiUrl: null, namespace: 'none', taskQueue: 'none' },
    webhooks: { secrets: [], tokens: [] },
    accountKey: 'none',
    prisma: database.prisma,
    reads: (read) => read(database.prisma),
    vault: createVault({ key: Buffer.alloc(32), keyId: 'none' }),
    launcher: createLauncher({ client: new Client({ connection }), taskQueue: 'none' }),
    conflicts: createConflictLauncher({ client: new Client({ connection }), taskQueue: 'none' }),
    undos: createUndoLauncher({ client: new Client({ connection }), taskQueue: 'none' }),
    schedules: {
      read: unasked,
      ensure: unasked,
      settle: unasked,
      sweepNow: unasked,
      pollCalendarsNow: unasked,
    },
    temporalStatus: { serverVersion: unasked, pollers: unasked },
    probeBooksy: unasked,
    logger: createLogger({ level: 'silent', dir: null }, { name: 'docs' }),
    version: '0.0.0',
  });
  await connection.close();
  await database.close();
  return document;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(REFERENCE_FILE, await apiReference(await documentOfNothing()));
  process.stdout.write(`${REFERENCE_FILE}\n`);
}
