/** A process that always has more to ask of Booksy than it may: several callers, each calling again as soon as it can. */
import { createBooksyClient } from '../../../booksy/index.ts';
import { loadConfig } from '../../../infra/config.ts';
import { createVault } from '../../../infra/crypto.ts';
import { createDatabase } from '../../../infra/database/index.ts';

const CALLERS = 8;

const config = loadConfig(process.env);
const database = createDatabase({
  url: config.database.url,
  poolMax: 2,
  applicationName: 'booksy-sync bench caller',
});
const vault = createVault({ key: config.encryption.key, keyId: config.encryption.keyId });
const booksy = createBooksyClient({ config: config.booksy, db: database, vault });
const business = await database.prisma.business.findUniqueOrThrow({
  where: { id: process.env['BENCH_BUSINESS_ID'] ?? '' },
});
const externalId = business.booksyBusinessId ?? '';
const stopping = new AbortController();

process.once('SIGTERM', () => stopping.abort());
process.once('disconnect', () => stopping.abort());

const callAgainAndAgain = async (): Promise<void> => {
  while (!stopping.signal.aborted) {
    try {
      await booksy.getBusiness(externalId, { lane: 5, signal: stopping.signal });
    } catch (error) {
      // A 429 that outlasts the client's own patience is what is counted; the next call waits for the block by itself.
      if (stopping.signal.aborted) return;
      if (!(error instanceof Error && 'code' in error && error.code === 'rate_limited')) throw error;
    }
  }
};

await booksy.getBusiness(externalId, { lane: 5 });
const all = Promise.all(Array.from({ length: CALLERS }, callAgainAndAgain));
process.send?.({ type: 'ready' });
await all;
await booksy.close();
await database.close();
process.exit(0);
