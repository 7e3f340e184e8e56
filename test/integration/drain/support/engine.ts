import { onTestFinished } from 'vitest';
import type { SimulatorOptions } from '../../../../simulator/index.ts';
import { startTestEngine, type TestEngine } from '../../../support/engine.ts';
import { eventually } from '../../../support/eventually.ts';

/** An engine with relay and API, its first salon imported and open in both directions. */
export interface LiveEngine extends TestEngine {
  readonly businessId: string;
  /** The visit here that stands for one at Booksy, with its items; null where there is none. */
  bookingOf(externalId: number): Promise<Booking | null>;
  /** Waits until both boxes are empty and no write is under way. */
  quiet(): Promise<void>;
  openConflicts(): Promise<readonly { readonly kind: string; readonly recordId: string | null }[]>;
}

export type Booking = NonNullable<Awaited<ReturnType<typeof bookingOf>>>;

const SALON: SimulatorOptions = {
  visits: 120,
  clients: 30,
  staff: 3,
  today: new Date().toISOString().slice(0, 10),
};

/** Starts it for one file; whoever starts it stops it. */
export async function startLiveEngine(
  simulator: SimulatorOptions = {},
  env: Readonly<Record<string, string>> = {},
): Promise<LiveEngine> {
  const engine = await startTestEngine({
    simulator: { ...SALON, ...simulator },
    relay: true,
    api: true,
    env,
  });
  try {
    const connected = await engine.connect();
    const businessId = connected[0]?.businessId ?? '';
    for (const each of connected) await engine.fullSync(each.businessId);
    // A person has seen the dry run (R18).
    await engine.deps.db.business.updateMany({ data: { pushAllowedAt: new Date() } });
    const live = Object.create(engine) as TestEngine;
    return Object.assign(live, {
      businessId,
      bookingOf: (externalId: number) => bookingOf(engine, businessId, externalId),
      quiet: () => quiet(engine),
      openConflicts: () =>
        engine.deps.db.booksySyncConflict.findMany({
          where: { businessId, status: 'open' },
          select: { kind: true, recordId: true },
        }),
    });
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

/** As `startLiveEngine`, ended with the running test. */
export async function liveEngineOfThisTest(
  simulator: SimulatorOptions = {},
  env: Readonly<Record<string, string>> = {},
): Promise<LiveEngine> {
  const engine = await startLiveEngine(simulator, env);
  onTestFinished(() => engine.stop(), 240_000);
  return engine;
}

async function bookingOf({ deps }: TestEngine, businessId: string, externalId: number) {
  const mirror = await deps.db.externalBooking.findFirst({
    where: { businessId, externalId: String(externalId) },
  });
  if (mirror?.bookingId == null) return null;
  return deps.db.booking.findUnique({
    where: { id: mirror.bookingId },
    include: { items: { orderBy: { position: 'asc' } } },
  });
}

async function quiet({ database }: TestEngine): Promise<void> {
  await eventually(
    async () => {
      const { rows } = await database.pool.query<{ waits: string }>(
        `SELECT (SELECT count(*) FROM sync_outbox) + (SELECT count(*) FROM webhook_logs WHERE drained_at IS NULL)
              + (SELECT count(*) FROM sync_intents WHERE state IN ('open', 'unknown')) AS waits`,
      );
      return Number(rows[0]?.waits) === 0;
    },
    { timeoutMs: 30_000, what: 'both boxes being empty' },
  );
}
