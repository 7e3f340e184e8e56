import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { appendAudit, sealValues, type AuditLine } from '../../../../infra/audit/index.ts';
import { createVault } from '../../../../infra/crypto.ts';
import type { Db } from '../../../../infra/database/index.ts';
import type { TestDatabase } from '../../../support/database.ts';

/** Trails made by hand, and a superuser who tampers with them. */
export const vault = createVault({ key: randomBytes(32), keyId: 'test' });

export function lineOf(n: number, more: Partial<AuditLine> = {}): AuditLine {
  return {
    actor: 'sync',
    action: 'updated',
    entity: 'booking',
    recordId: uuidv7(),
    // Whatever PostgreSQL may hold must read alike on both sides.
    externalId: `A-${String(n)} "ż" \\ \n\u0001 🎂`,
    reasonCode: 'changed_at_booksy',
    groups: ['status', 'item:1:time', 'a "quoted", one'],
    ...more,
  };
}

/** A chain of so many entries, with values on each, appended in statements of three. */
export async function trailOf(db: Db, entries: number): Promise<string> {
  const businessId = uuidv7();
  for (let from = 0; from < entries; from += 3) {
    const lines = Array.from({ length: Math.min(3, entries - from) }, (_, index) =>
      lineOf(from + index, {
        values: sealValues(vault, businessId, {
          before: { clientNote: `before ${String(from + index)}` },
          after: { clientNote: null },
        }),
      }),
    );
    await appendAudit(db, { businessId, runId: uuidv7() }, lines);
  }
  return businessId;
}

/** Runs statements as a superuser who first takes the guards away and puts them back afterwards. */
export async function tamper(database: TestDatabase, ...statements: readonly string[]): Promise<void> {
  const client = await database.pool.connect();
  const tables = ['booksy_audit_log', 'booksy_audit_values', 'booksy_audit_heads'];
  try {
    await client.query('BEGIN');
    for (const table of tables) await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    for (const statement of statements) await client.query(statement);
    for (const table of tables) await client.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}
