import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ARROWS } from '../../../lint/arrows.ts';
import { importArrows } from '../../../lint/rules/import-arrows.ts';
import { messagesOf, REPOSITORY } from './rule-tester.ts';

const check = (file: string, code: string) => messagesOf(importArrows, ARROWS, file, code);

describe('what the arrows allow', () => {
  it.each([
    ['booksy/client.ts', "import { Observed } from '../domain/observed.ts';"],
    ['booksy/a/b.ts', "import { config } from '../../infra/config.ts';"],
    ['domain/a.ts', "import { b } from './b.ts'; import { Temporal } from 'temporal-polyfill';"],
    ['activities/a.ts', "import { createBooksyClient } from '../booksy/index.ts'; import pg from 'pg';"],
    ['workflows/full-sync.ts', "import type { A } from '../activities/index.ts';"],
    ['workflows/full-sync.ts', "import { plan } from '../domain/plan.ts';"],
    ['workflows/full-sync.ts', "import { key } from '../infra/temporal/search-attributes.ts';"],
    ['infra/temporal/launch.ts', "import type { fullSync } from '../../workflows/index.ts';"],
    ['infra/temporal/launch.ts', "type F = typeof import('../../workflows/index.ts').fullSync;"],
    [
      'simulator/main.ts',
      "import { createServer } from 'node:http'; import { state } from './state/salon.ts';",
    ],
    ['cli/up/engine.ts', "import { connectAccount } from '../../workers/account.ts';"],
    ['cli/main.ts', "import manifest from '../package.json' with { type: 'json' };"],
    ['test/unit/x.test.ts', "import { startSimulator } from '../../simulator/index.ts';"],
  ])('%s: %s', (file, code) => {
    expect(check(file, code)).toEqual([]);
  });
});

describe('what they refuse', () => {
  it.each([
    [
      'domain/a.ts',
      "import { createLogger } from '../infra/logger.ts';",
      /domain\/ may not import from infra\//u,
    ],
    ['domain/a.ts', "import { readFile } from 'node:fs/promises';", /domain\/ may not use node:fs\./u],
    ['domain/a.ts', "import { z } from 'zod';", /domain\/ may not use zod/u],
    ['domain/a.ts', "export * from '../booksy/index.ts';", /may not import from booksy\//u],
    ['domain/a.ts', "export { x } from '../booksy/index.ts';", /may not import from booksy\//u],
    ['domain/a.ts', "const x = await import('../booksy/index.ts');", /may not import from booksy\//u],
    ['domain/a.ts', "type X = import('../booksy/index.ts').X;", /may not import from booksy\//u],
    ['infra/a.ts', "import { x } from '../booksy/index.ts';", /infra\/ may not import from booksy\//u],
    [
      'infra/a.ts',
      "import type { x } from '../workflows/index.ts';",
      /infra\/ may not import from workflows\//u,
    ],
    ['booksy/a.ts', "import { x } from '../activities/x.ts';", /booksy\/ may not import from activities\//u],
    [
      'simulator/main.ts',
      "import type { X } from '../domain/observed.ts';",
      /simulator\/ may not import from domain\//u,
    ],
    [
      'simulator/a/b.ts',
      "import { X } from '../../booksy/index.ts';",
      /simulator\/ may not import from booksy\//u,
    ],
    ['workflows/a.ts', "import { createX } from '../activities/x.ts';", /only types from activities\//u],
    ['workflows/a.ts', "import { type X } from '../activities/x.ts';", /only types from activities\//u],
    ['workflows/a.ts', "import { z } from 'zod';", /workflows\/ may not use zod/u],
    [
      'infra/temporal/launch.ts',
      "import { fullSync } from '../../workflows/index.ts';",
      /only types from workflows\//u,
    ],
    ['api/a.ts', "import { x } from '../activities/x.ts';", /api\/ may not import from activities\//u],
    ['api/a.ts', "import { x } from '../test/support/x.ts';", /api\/ may not import from test\//u],
    ['workers/main.ts', "import { fullSync } from '../workflows/index.ts';", /only types from workflows\//u],
    [
      'cli/main.ts',
      "import { createSyncWorker } from '../workers/worker.ts';",
      /cli\/ may not import from workers\//u,
    ],
    ['newfolder/a.ts', "import { x } from '../domain/x.ts';", /newfolder\/ has no entry/u],
    ['api/a.ts', "import { x } from '../newfolder/x.ts';", /belongs to no folder/u],
  ])('%s: %s', (file, code, message) => {
    expect(check(file, code)).toEqual([expect.stringMatching(message)]);
  });
});

it('the table knows every folder that holds code', () => {
  const folders = readdirSync(REPOSITORY, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() &&
        !/^\.|^node_modules$|^dist$|^coverage$|^logs$|^docs$|^compose$/u.test(entry.name),
    )
    .map(({ name }) => name);
  expect(Object.keys(ARROWS)).toEqual(expect.arrayContaining(folders));
});
