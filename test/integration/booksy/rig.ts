import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { createBooksyClient, type BooksyClient, type BusinessRef } from '../../../booksy/index.ts';
import { loadConfig } from '../../../infra/config.ts';
import { createDatabase } from '../../../infra/database/index.ts';
import { createVault } from '../../../infra/crypto.ts';
import type { SimulatorOptions } from '../../../simulator/index.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { startTestSimulator, type TestSimulator } from '../../support/simulator.ts';

/** Client, simulator and database of one test file. */
export interface Rig {
  readonly simulator: TestSimulator;
  readonly database: TestDatabase;
  /** The first salon of the simulator. */
  readonly salon: BusinessRef;
  readonly client: BooksyClient;
  /** Another process as far as the database can tell: own pool, own client, same account. Closed with the test. */
  another(env?: Readonly<Record<string, string>>): BooksyClient;
  stop(): Promise<void>;
}

/** A pace that no test feels; tests of pace set their own. */
const OPEN: Readonly<Record<string, string>> = {
  BOOKSY_RATE_LIMIT: '1000000',
  BOOKSY_RATE_WINDOW_MS: '5000',
  BOOKSY_TOKEN_RATE_LIMIT: '1000',
  BOOKSY_TIMEOUT_MS: '10000',
};

export async function startRig(
  options: { readonly simulator?: SimulatorOptions; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Rig> {
  const [simulator, database] = await Promise.all([
    startTestSimulator(options.simulator),
    createTestDatabase(),
  ]);
  const key = randomBytes(32);
  const vault = createVault({ key, keyId: 'test' });
  const make = (env: Readonly<Record<string, string>>): BooksyClient => {
    const config = loadConfig({
      ...simulator.env,
      ...OPEN,
      ...options.env,
      ...env,
      DATABASE_URL: database.url,
      ENCRYPTION_KEY: key.toString('base64'),
    });
    const db = createDatabase({ url: database.url, poolMax: 5, applicationName: 'booksy-test' });
    const client = createBooksyClient({ config: config.booksy, db, vault });
    return {
      ...client,
      async close() {
        await client.close();
        await db.close();
      },
    };
  };
  const client = make({});
  const salonId = String((await simulator.state()).salons[0]?.id);
  return {
    simulator,
    database,
    salon: { externalId: salonId, zone: 'Europe/Warsaw', currency: 'PLN', country: 'PL' },
    client,
    another(env = {}) {
      const other = make(env);
      onTestFinished(() => other.close());
      return other;
    },
    async stop() {
      await client.close();
      await simulator.stop();
      await database.drop();
    },
  };
}

/** How most tests call. */
export const call = { lane: 3 } as const;

/** The error that a promise ends with; fails where it ends well. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('It was expected to fail.');
    },
    (error: unknown) => error,
  );
}
