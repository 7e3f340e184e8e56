/**
 * Composition root for what the command line asks of the Booksy account once, outside of any workflow. Light on purpose:
 * no Temporal worker is loaded.
 */
import { connectBusinesses, type ConnectedBusiness } from '../activities/connect.ts';
import { createBooksyClient, type BooksyClient } from '../booksy/index.ts';
import type { Config } from '../infra/config.ts';
import { createVault } from '../infra/crypto.ts';
import { createDatabase, type Db } from '../infra/database/index.ts';
import { createLogger, type Logger } from '../infra/logger.ts';

/**
 * Connects every business that the Booksy account lists.
 * @returns the businesses, and how many rows of the list could not be read
 */
export async function connectAccount(
  config: Config,
): Promise<{ connected: readonly ConnectedBusiness[]; rejected: number }> {
  return withAccount(config, (deps) => connectBusinesses(deps));
}

/** Signs in and lists the businesses: proves address and credentials. Changes nothing. */
export async function checkAccount(config: Config): Promise<{ businesses: number }> {
  return withAccount(config, async ({ booksy }) => {
    const { rows } = await booksy.listBusinesses({ lane: 5 });
    return { businesses: rows.length };
  });
}

async function withAccount<T>(
  config: Config,
  work: (deps: { db: Db; booksy: BooksyClient; logger: Logger }) => Promise<T>,
): Promise<T> {
  // stdout belongs to the command: what goes wrong comes back as an error or a count.
  const logger = createLogger({ level: 'silent', dir: null }, { name: 'account' });
  const database = createDatabase({
    url: config.database.url,
    poolMax: 2,
    applicationName: 'booksy-sync-cli',
  });
  try {
    const vault = createVault({ key: config.encryption.key, keyId: config.encryption.keyId });
    const booksy = createBooksyClient({ config: config.booksy, db: database, vault, logger });
    return await work({ db: database.prisma, booksy, logger });
  } finally {
    await database.close();
  }
}
