import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WORKFLOW_FOLDERS, WORKFLOW_PACKAGES } from '../../lint/arrows.ts';
import { sharedBundle } from '../support/temporal.ts';

/** What the SDK itself brings along. */
const OF_THE_SDK = [
  '@temporalio/proto',
  '@temporalio/worker',
  'nexus-rpc',
  'ms',
  'long',
  'protobufjs',
  'source-map',
];

/** The packages whose code is in a bundle: its modules are named by their paths. */
function packagesIn(code: string): Set<string> {
  const names = code.matchAll(/node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//gu);
  return new Set([...names].map(([, name]) => name ?? ''));
}

describe('the bundle of all workflows', () => {
  const code = readFileSync(sharedBundle().workflowBundle.codePath, 'utf8');

  it('can be looked into: the SDK is seen in it', () => {
    expect(packagesIn(code)).toContain('@temporalio/workflow');
    expect(code).toContain('./workflows/index.ts');
  });

  it('holds no package but those that workflows may reach', () => {
    const allowed = new Set<string>([...WORKFLOW_PACKAGES, ...OF_THE_SDK]);
    expect([...packagesIn(code)].filter((name) => !allowed.has(name))).toEqual([]);
  });

  it('holds no file of ours but workflows and rules', () => {
    const own = [...code.matchAll(/"\.\/((?!node_modules)[\w./-]+\.ts)"/gu)].map(([, file]) => file ?? '');
    expect(own).toContain('workflows/index.ts');
    const strangers = own.filter((file) => !WORKFLOW_FOLDERS.some((folder) => file.startsWith(`${folder}/`)));
    expect(strangers).toEqual([]);
  });

  it('stays small: it is loaded for every cached workflow', () => {
    // Without inline source map, which the sandbox does not keep.
    const size = code.replace(/\/\/# sourceMappingURL=.*$/su, '').length;
    expect(size).toBeLessThan(900_000);
  });
});
