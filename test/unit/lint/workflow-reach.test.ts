import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { workflowReach } from '../../../lint/rules/workflow-reach.ts';
import { messagesOf } from './rule-tester.ts';

const options = { packages: ['@temporalio/workflow'], folders: ['workflows', 'domain'] };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'workflow-reach-'));
  for (const name of ['workflows', 'domain', 'infra']) mkdirSync(path.join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
const check = (code: string) => messagesOf(workflowReach, options, 'workflows/sync.ts', code, folder);

describe('workflow-reach', () => {
  it('follows imports through domain/ to a package and shows the way', () => {
    file('domain/plan.ts', "import { price } from './money.ts';");
    file('domain/money.ts', "import { z } from 'zod';");
    expect(check("import { plan } from '../domain/plan.ts';")).toEqual([
      'Workflow code may not reach zod, but does: workflows/sync.ts → domain/plan.ts → domain/money.ts → zod.',
    ]);
  });

  it('follows re-exports and import() too', () => {
    file('domain/index.ts', "export * from './a.ts'; export { b } from './b.ts';");
    file('domain/a.ts', '');
    file('domain/b.ts', "export const b = async () => import('node:fs/promises');");
    expect(check("export { b } from '../domain/index.ts';")).toEqual([
      expect.stringMatching(/reach node:fs,/u),
    ]);
  });

  it('refuses files outside the folders', () => {
    file('infra/logger.ts', '');
    expect(check("import { log } from '../infra/logger.ts';")).toEqual([
      expect.stringMatching(/may not reach infra\/logger\.ts/u),
    ]);
  });

  it('refuses a package imported directly', () => {
    expect(check("import _ from 'lodash/fp';")).toEqual([expect.stringMatching(/may not reach lodash/u)]);
  });

  it('does not mind types, allowed packages and circles', () => {
    file('domain/plan.ts', "import type { z } from 'zod'; import { a } from './a.ts';");
    file('domain/a.ts', "import { plan } from './plan.ts'; import { sleep } from '@temporalio/workflow';");
    expect(
      check("import { plan } from '../domain/plan.ts'; import type { X } from '../infra/x.ts';"),
    ).toEqual([]);
  });

  it('reads a file again when it has changed', () => {
    file('domain/plan.ts', '');
    expect(check("import { plan } from '../domain/plan.ts';")).toEqual([]);
    file('domain/plan.ts', "import { z } from 'zod'; // longer now");
    expect(check("import { plan } from '../domain/plan.ts';")).toHaveLength(1);
  });
});
