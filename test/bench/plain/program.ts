import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../../../infra/database/index.ts';
import { connectPlain, type PlainBooksy } from './booksy.ts';
import type { Known } from './rows.ts';

/** What an import script works with. */
export interface Script {
  readonly prisma: PrismaClient;
  readonly booksy: PlainBooksy;
  /** The business, as it was connected; what the script has imported is added to it. */
  readonly known: Known;
}

/**
 * A plain import script as a process: it says `ready` once it is connected, imports when it is told `run`, and answers with
 * the seconds that took.
 */
export async function runScript(importAll: (script: Script) => Promise<void>): Promise<void> {
  const prisma = new PrismaClient({
    adapter: new PrismaPg({
      connectionString: process.env['DATABASE_URL'] ?? '',
      max: 5,
      // What Booksy has sold twice must come in all the same: for the whole session, so that it costs no statement.
      options: '-c timezone=UTC -c booksy_sync.import=on -c booksy_sync.origin=booksy',
    }),
  });
  const business = await prisma.business.findFirstOrThrow();
  const booksy = await connectPlain(process.env, business.booksyBusinessId ?? '');
  const known: Known = {
    businessId: business.id,
    country: business.country,
    currency: business.currency,
    staff: new Map(),
    rooms: new Map(),
    categories: new Map(),
    services: new Map(),
    variants: new Map(),
    clients: new Map(),
  };
  process.on('message', (message) => {
    if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'run')
      return;
    const begun = performance.now();
    importAll({ prisma, booksy, known }).then(
      () => process.send?.({ type: 'run', seconds: (performance.now() - begun) / 1000 }),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
        process.exit(1);
      },
    );
  });
  process.once('SIGTERM', () => process.exit(0));
  process.once('disconnect', () => process.exit(0));
  process.send?.({ type: 'ready' });
}
