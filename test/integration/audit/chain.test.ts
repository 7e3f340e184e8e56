import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { appendAudit, sealValues, type AuditLine } from '../../../infra/audit/index.ts';
import { verifyChain } from '../../../infra/audit/verify.ts';
import { createVault } from '../../../infra/crypto.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

const vault = createVault({ key: randomBytes(32), keyId: 'test' });
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const lineOf = (n: number): AuditLine => ({
  actor: 'sync',
  action: 'updated',
  entity: 'booking',
  recordId: uuidv7(),
  externalId: `A-${String(n)} "ż"\n\u0001`,
  reasonCode: 'changed_at_booksy',
  groups: ['status', 'item:1:time'],
});

describe('the chain (R42)', () => {
  it('links rows that the second implementation finds whole', async () => {
    const businessId = uuidv7();
    const db = database.database.prisma;
    await appendAudit(db, { businessId, runId: uuidv7() }, [
      lineOf(1),
      {
        ...lineOf(2),
        values: sealValues(vault, businessId, { before: { note: 'a' }, after: { note: null } }),
      },
    ]);
    await appendAudit(db, { businessId }, [lineOf(3)]);
    const report = await verifyChain(db, vault, businessId);
    expect(report).toMatchObject({ entries: 3, valuesChecked: 1, faults: [], anchor: { seq: '3' } });
  });
});
