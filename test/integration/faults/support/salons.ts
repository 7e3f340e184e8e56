import { z } from 'zod';
import { startTestEngine, type TestEngine, type TestEngineOptions } from '../../../support/engine.ts';
import type { TestFault, TestSimulator } from '../../../support/simulator.ts';

/** A salon of the simulator that is connected here. */
export interface Salon {
  /** Its number at Booksy: faults are aimed with it. */
  readonly id: number;
  readonly businessId: string;
}

export interface Salons {
  readonly engine: TestEngine;
  readonly simulator: TestSimulator;
  /** A connected salon that no test has touched: what is done to one cannot reach another. */
  fresh(): Salon;
}

/** Routes that faults are aimed at. */
export const VISITS = 'GET /business/{business_id}/appointment/';
export const ONE_VISIT = 'GET /business/{business_id}/appointment/{appointment_id}/';
export const CLIENTS = 'GET /business/{business_id}/customer/';
export const RESOURCES = 'GET /business/{business_id}/resource/';
export const SERVICES = 'GET /business/{business_id}/service/';
export const VARIANTS = 'GET /business/{business_id}/service/{service_id}/variant/';
export const SALON = 'GET /business/{business_id}/';

/**
 * Starts the whole product on a sandbox with several salons. Their today is the real one: what is still to come is
 * treated differently from what is past, and the product goes by the real clock.
 */
export async function startSalons(options: TestEngineOptions = {}): Promise<Salons> {
  const today = new Date().toISOString().slice(0, 10);
  // A grant is good for 2 % of the window: on a busy machine a short window would throw many away.
  const env = { BOOKSY_RATE_WINDOW_MS: '10000', ...options.env };
  const engine = await startTestEngine({ ...options, env, simulator: { today, ...options.simulator } });
  const connected = await engine.connect();
  const untouched = connected.map(({ externalId, businessId }): Salon => ({
    id: Number(externalId),
    businessId,
  }));
  return {
    engine,
    simulator: engine.simulator,
    fresh() {
      const salon = untouched.shift();
      if (salon === undefined) throw new Error('No untouched salon is left: start the engine with more.');
      return salon;
    },
  };
}

const armedFaults = z.object({ faults: z.array(z.object({ id: z.number(), hits: z.number() })) });

/**
 * Does some work while faults are armed, and takes them away.
 *
 * @throws Error where a fault did not hit, or hit less often than its `count`: such a test would prove nothing
 */
export async function underFaults<T>(
  simulator: TestSimulator,
  faults: readonly TestFault[],
  work: () => Promise<T>,
): Promise<T> {
  const ids = await simulator.fault(...faults);
  const result = await work();
  const { faults: armed } = armedFaults.parse(await simulator.control('GET', '/faults'));
  for (const id of ids) await simulator.control('DELETE', `/faults/${String(id)}`);
  ids.forEach((id, index) => {
    const fault = faults[index];
    const hits = armed.find((each) => each.id === id)?.hits ?? 0;
    const wanted = fault?.count === undefined ? 1 : (fault.count ?? 1);
    if (hits < wanted) {
      throw new Error(`The fault ${String(fault?.kind)} hit ${String(hits)} times, not ${String(wanted)}.`);
    }
  });
  return result;
}

const callCounts = z.object({
  calls: z.object({
    token: z.number(),
    bySalon: z.record(z.string(), z.object({ total: z.number(), byRoute: z.record(z.string(), z.number()) })),
  }),
});

/** Calls of one route that the sandbox has counted for a salon. */
export async function callsOf(simulator: TestSimulator, salon: Salon, route: string): Promise<number> {
  const { calls } = callCounts.parse(await simulator.control('GET', '/counters'));
  return calls.bySalon[String(salon.id)]?.byRoute[route] ?? 0;
}

const facts = z.looseObject({
  id: z.number(),
  visits: z.number(),
  blocks: z.number(),
  clients: z.number(),
  services: z.number(),
  staff: z.number(),
  reception: z.number(),
  overbookedPairs: z.number(),
  blockedVisitPairs: z.number(),
  timeOffOverlaps: z.number(),
});

/** What the sandbox holds of a salon, counted on its side. */
export async function factsOf(simulator: TestSimulator, salon: Salon): Promise<z.output<typeof facts>> {
  const { salons } = await simulator.state();
  return facts.parse(salons.find(({ id }) => id === salon.id));
}

const wireVisit = z.object({
  id: z.number(),
  status: z.string(),
  type: z.string(),
  booked_from: z.string(),
  booked_till: z.string(),
  booked_for_id: z.number().nullable(),
  traveling: z.looseObject({}).nullable(),
  subbookings: z.array(z.object({ id: z.number(), staffer_id: z.number().nullable() })),
});
/** A visit as the sandbox holds it. */
export type VisitThere = z.output<typeof wireVisit>;

/** All visits of a salon as the sandbox holds them (without blocks), by start. `query` filters, e.g. `status=A`. */
export async function visitsThere(
  simulator: TestSimulator,
  salon: Salon,
  query = '',
): Promise<readonly VisitThere[]> {
  const path = `/visits?salon=${String(salon.id)}&limit=1000${query === '' ? '' : `&${query}`}`;
  const { results } = z.object({ results: z.array(wireVisit) }).parse(await simulator.control('GET', path));
  return results.filter(({ type }) => type !== 'R');
}

/** Local date some days from today, as the salon writes it. */
export function dayFromToday(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

/** Makes a visit as the salon would. */
export async function addVisit(
  simulator: TestSimulator,
  salon: Salon,
  fromLocal: string,
  tillLocal: string,
): Promise<VisitThere> {
  return wireVisit.parse(
    await simulator.control('POST', '/visits', {
      salon: salon.id,
      status: 'A',
      type: 'B',
      customer_name: 'Halina Zmyślona',
      subbookings: [{ booked_from: fromLocal, booked_till: tillLocal }],
      allowOverlap: true,
      silent: true,
    }),
  );
}
