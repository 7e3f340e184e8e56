import { request } from 'undici';
import { z } from 'zod';
import type { BenchServers } from '../row.ts';
import { startPart } from './part.ts';

const tally = z.record(z.string(), z.number());
const deeds = z.object({ created: tally, changed: tally, deleted: tally });
const countersShape = z.object({
  calls: z.object({ total: z.number(), byRoute: tally, maxInRollingWindow: z.number() }),
  leastCalls: z.object({ total: z.number() }),
  rejected429: z.number(),
  writes: z.object({ api: deeds }),
});
const clientsShape = z.object({
  count: z.number(),
  results: z.array(
    z.looseObject({
      first_name: z.string().nullish(),
      last_name: z.string().nullish(),
      email: z.string().nullish(),
      cell_phone: z.string().nullish(),
    }),
  ),
});
const stateShape = z.object({ salons: z.array(z.object({ id: z.number() })) });

export type Counters = z.output<typeof countersShape>;
export type ClientCard = z.output<typeof clientsShape>['results'][number];

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** The Booksy sandbox of one measurement: a process of its own, latency 0. */
export interface Salon {
  readonly url: string;
  /** What a client is configured with; the pace is the salon's. */
  readonly env: Readonly<Record<string, string>>;
  counters(): Promise<Counters>;
  clearCounters(): Promise<void>;
  /** Any call of the control surface. */
  control(method: Method, path: string, body?: unknown): Promise<unknown>;
  /** Ids of the salons. */
  ids(): Promise<readonly number[]>;
  /** Every client card, as the salon itself sees it. */
  clients(): Promise<readonly ClientCard[]>;
  stop(): Promise<void>;
}

export interface SalonOptions {
  /** Salons of the account, each of this size. Default 1. */
  readonly salons?: number;
  readonly visits: number;
  readonly clients: number;
  /** Calls that are allowed per window; null lifts the limit. */
  readonly limit: { readonly calls: number; readonly windowMs: number } | null;
}

/** What our side is told where the other side has no limit: more than any process can send. */
const LIFTED = { calls: 1_000_000, windowMs: 60_000 };
const CLIENT_ID = 'bench-key';
const CLIENT_SECRET = 'bench-secret';

/** A salon of that many visits; clients as a salon of that size has them. */
export function salonOf(visits: number): SalonOptions {
  return { visits, clients: Math.max(10, Math.round(visits * 0.15)), limit: null };
}

/** Starts the simulator with a fresh salon. */
export async function startSalon(servers: BenchServers, options: SalonOptions): Promise<Salon> {
  const limit = options.limit ?? LIFTED;
  const part = await startPart(servers, {
    entry: 'simulator/main.ts',
    env: {
      SIMULATOR_SEED: 'bench',
      SIMULATOR_SALONS: String(options.salons ?? 1),
      SIMULATOR_VISITS: String(options.visits),
      SIMULATOR_CLIENTS: String(options.clients),
      SIMULATOR_CLIENT_ID: CLIENT_ID,
      SIMULATOR_CLIENT_SECRET: CLIENT_SECRET,
      SIMULATOR_LATENCY_MS: '0',
      SIMULATOR_RATE_LIMIT: String(limit.calls),
      SIMULATOR_RATE_WINDOW_MS: String(limit.windowMs),
    },
  });
  const url = z.string().parse(part.ready['url']).replace(/\/$/, '');
  const control = async (method: Method, path: string, body?: unknown): Promise<unknown> => {
    const response = await request(`${url}/_control${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.body.text();
    const { statusCode } = response;
    if (statusCode >= 300) throw new Error(`The simulator answered ${method} ${path} with ${statusCode}.`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const ids = async () => stateShape.parse(await control('GET', '/state')).salons.map(({ id }) => id);
  if (options.limit === null) await control('POST', '/settings', { limits: { algorithm: 'none' } });
  return {
    url,
    env: {
      BOOKSY_BASE_URL: `${url}/public-api/pl/`,
      BOOKSY_AUTH_URL: url,
      BOOKSY_API_KEY: CLIENT_ID,
      BOOKSY_API_SECRET: CLIENT_SECRET,
      BOOKSY_RATE_LIMIT: String(limit.calls),
      BOOKSY_RATE_WINDOW_MS: String(limit.windowMs),
    },
    control,
    counters: async () => countersShape.parse(await control('GET', '/counters')),
    clearCounters: async () => {
      await control('POST', '/counters/reset');
    },
    ids,
    async clients() {
      const cards: ClientCard[] = [];
      for (const id of await ids()) {
        for (let offset = 0, count = 1; offset < count; offset += 100) {
          const path = `/as-salon/business/${id}/customer/?offset=${offset}&limit=100`;
          const page = clientsShape.parse(await control('GET', path));
          count = page.count;
          cards.push(...page.results);
        }
      }
      return cards;
    },
    stop: () => part.stop(),
  };
}

/** Everything that was written at Booksy through its API. */
export function writesOf({ writes }: Counters): number {
  return [writes.api.created, writes.api.changed, writes.api.deleted]
    .flatMap((deed) => Object.values(deed))
    .reduce((sum, count) => sum + count, 0);
}
