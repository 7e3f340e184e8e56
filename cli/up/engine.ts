import { rmSync } from 'node:fs';
import { loadConfig } from '../../infra/config.ts';
import { createDatabase, type Database } from '../../infra/database/index.ts';
import { migrate } from '../../infra/database/migrate.ts';
import { readJson, writePrivate, type DataFolder } from '../../infra/local/data-folder.ts';
import { mintToken, revokeToken, SCOPES } from '../../infra/tokens.ts';
import { connectAccount } from '../../workers/account.ts';

/** A business that exists at Booksy and now here too. */
export type Connected = {
  readonly businessId: string;
  readonly externalId: string;
  readonly name: string;
  readonly created: boolean;
};

/** Brings the schema up to date. */
export async function migrateDatabase(
  url: string,
  say: (line: string) => void,
): Promise<{ applied: readonly string[] }> {
  return migrate(url, { log: (line: string) => say(`  ${line}`) });
}

/** Connects every business that the Booksy account lists; safe to repeat. */
export async function connectBusinesses(
  env: NodeJS.ProcessEnv,
): Promise<{ connected: readonly Connected[]; rejected: number }> {
  return connectAccount(loadConfig(env));
}

/** A token with every right for the operator of this run. */
export type OperatorToken = { readonly token: string; revoke(): Promise<void> };

/**
 * Mints the token of this run. Its id is kept in the data folder, so that the token of a run that was killed is revoked
 * by the next one.
 */
export async function mintOperatorToken(databaseUrl: string, folder: DataFolder): Promise<OperatorToken> {
  const file = folder.file('operator-token.json');
  await revokeRecorded(databaseUrl, file);
  const { tokenId, token } = await withDatabase(databaseUrl, (db) =>
    mintToken(db.prisma, { name: 'booksy up', scopes: SCOPES, businesses: 'all', expiresAt: null }),
  );
  writePrivate(file, { tokenId });
  return { token, revoke: () => revokeRecorded(databaseUrl, file) };
}

async function revokeRecorded(databaseUrl: string, file: string): Promise<void> {
  const recorded = readJson(file);
  const tokenId: unknown = recorded === null ? null : Reflect.get(recorded, 'tokenId');
  if (typeof tokenId !== 'string') return;
  await withDatabase(databaseUrl, (db) => revokeToken(db.prisma, tokenId));
  rmSync(file, { force: true });
}

async function withDatabase<T>(url: string, work: (db: Database) => Promise<T>): Promise<T> {
  const db = createDatabase({ url, poolMax: 1, applicationName: 'booksy-sync up' });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}
