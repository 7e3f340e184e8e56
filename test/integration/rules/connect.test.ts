import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_RULE } from '../../../domain/rules/rules.ts';
import { loadRule } from '../../../infra/rules/load.ts';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await startTestEngine({ simulator: { visits: 5, clients: 3 } });
});
afterAll(() => engine.stop());

it('a new business gets the default rule, as version 1, and connecting again gives it back to nobody who deleted it', async () => {
  const [connected] = await engine.connect();
  const businessId = connected?.businessId ?? '';
  const { prisma } = engine.database.database;
  expect(await loadRule(prisma, businessId)).toEqual(DEFAULT_RULE);
  expect(await prisma.syncRule.findMany()).toMatchObject([
    { businessId, id: 'default', version: 1, updatedBy: 'system' },
  ]);
  expect(await prisma.syncRuleVersion.findMany()).toMatchObject([
    { ruleId: 'default', version: 1, document: DEFAULT_RULE },
  ]);
  await prisma.syncRule.deleteMany();
  await engine.connect();
  expect(await prisma.syncRule.count()).toBe(0);
  // Without a row it works as with one.
  expect(await loadRule(prisma, businessId)).toEqual(DEFAULT_RULE);
});
