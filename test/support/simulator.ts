import { z } from 'zod';
import type { FaultSpec } from '../../simulator/faults.ts';
import { startSimulator, type SimulatorOptions } from '../../simulator/index.ts';

const tally = z.record(z.string(), z.number());
const counters = z.object({
  calls: z.object({
    total: z.number(),
    token: z.number(),
    discovery: z.number(),
    byRoute: tally,
    byStatus: tally,
    maxInRollingWindow: z.number(),
  }),
  leastCalls: z.object({ total: z.number(), bySalon: tally }),
  rejected429: z.number(),
  faultHits: z.record(z.string(), z.unknown()),
});
const state = z.object({
  now: z.string(),
  salons: z.array(z.looseObject({ id: z.number(), name: z.string() })),
});

/** What the simulator counted on its side. */
export type SimulatorCounters = z.output<typeof counters>;

/** A fault to arm: the kind, and of the rest what differs from one hit on any call. */
export type TestFault = Pick<FaultSpec, 'kind'> & Partial<FaultSpec>;

/** A Booksy sandbox of one test, spoken to over HTTP only. */
export interface TestSimulator {
  /** Origin. */
  readonly url: string;
  /** What a client is configured with. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts over with another salon or other settings; also clears counters and faults. */
  reset(settings?: Readonly<Record<string, unknown>>): Promise<void>;
  configure(settings: Readonly<Record<string, unknown>>): Promise<void>;
  /** Arms faults and returns their ids. */
  fault(...faults: readonly TestFault[]): Promise<readonly number[]>;
  clearFaults(): Promise<void>;
  counters(): Promise<SimulatorCounters>;
  clearCounters(): Promise<void>;
  /** What there is, salon by salon. */
  state(): Promise<z.output<typeof state>>;
  credentials(change: Readonly<Record<string, unknown>>): Promise<void>;
  /** Any path of the partner API, done by the salon itself: no sign-in, no limit, no counting. */
  asSalon(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Any other call of the control surface, e.g. `PATCH`, `/visits/12`. */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

const CLIENT_ID = 'test-key';
const CLIENT_SECRET = 'test-secret';

const DAY_MS = 86_400_000;

/**
 * Monday of last week: what is generated is the same all week, by the same weekdays every week, and always has visits behind
 * it and to come.
 */
function lastMonday(): string {
  const now = Date.now();
  const sinceMonday = (new Date(now).getUTCDay() + 6) % 7;
  return new Date(now - (sinceMonday + 7) * DAY_MS).toISOString().slice(0, 10);
}

/** A small salon by default: most tests need the variety of a salon, not its size. */
const SMALL: SimulatorOptions = { seed: 'test', salons: 1, visits: 120, clients: 40, today: lastMonday() };

/** Starts the simulator on a free port. The call limit is off unless given: tests of pace set their own. */
export async function startTestSimulator(options: SimulatorOptions = {}): Promise<TestSimulator> {
  const server = await startSimulator({
    ...SMALL,
    limits: { algorithm: 'none' },
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    ...options,
  });

  async function control(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${server.url}/_control${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`The simulator answered ${method} ${path}: ${String(response.status)} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  return {
    url: server.url,
    env: {
      BOOKSY_BASE_URL: `${server.url}/public-api/pl/`,
      BOOKSY_API_KEY: CLIENT_ID,
      BOOKSY_API_SECRET: CLIENT_SECRET,
    },
    async reset(settings = {}) {
      await control('POST', '/reset', settings);
    },
    async configure(settings) {
      await control('POST', '/settings', settings);
    },
    async fault(...faults) {
      const { ids } = z
        .object({ ids: z.array(z.number()) })
        .parse(await control('POST', '/faults', { faults }));
      return ids;
    },
    async clearFaults() {
      await control('DELETE', '/faults');
    },
    counters: async () => counters.parse(await control('GET', '/counters')),
    async clearCounters() {
      await control('POST', '/counters/reset');
    },
    state: async () => state.parse(await control('GET', '/state')),
    async credentials(change) {
      await control('POST', '/credentials', change);
    },
    asSalon: (method, path, body) => control(method, `/as-salon${path}`, body),
    control,
    stop: () => server.stop(),
  };
}
