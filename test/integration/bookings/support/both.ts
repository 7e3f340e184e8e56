import { z } from 'zod';
import { eventually } from '../../../support/eventually.ts';
import { startLiveEngine, type LiveEngine } from '../../drain/support/engine.ts';
import { dateIn } from './salon.ts';

const slots = z.object({
  slots: z.array(
    z.object({
      startsLocal: z.string(),
      endsLocal: z.string(),
      items: z.array(z.object({ staffId: z.string() })),
    }),
  ),
});

/** A free time with who would serve its first part. */
export interface FreeTime {
  readonly startsLocal: string;
  readonly endsLocal: string;
  readonly staffId: string;
}

/** A salon that is sold here and at Booksy: an engine with API on a simulated account. */
export interface SoldSalon {
  readonly engine: LiveEngine;
  /** A variant of at most an hour, of a service without sessions, that somebody carries out. */
  readonly variantId: string;
  /** In Booksy's words. */
  readonly variantThere: string;
  /** Free times of a visit of so many parts from a day ahead on: the first, and the first that begins after its end. */
  free(daysAhead: number, parts?: number): Promise<readonly [FreeTime, FreeTime]>;
  rowOf(id: string): Promise<{ readonly status: string; readonly awaitsBooksy: boolean }>;
  /** Makes a visit in Booksy itself, as its salon would. @returns its id there */
  makeThere(at: FreeTime, visit: Readonly<Record<string, unknown>>): Promise<number>;
}

/** Starts it for one file; whoever starts it stops its engine. */
export async function startSoldSalon(): Promise<SoldSalon> {
  const engine = await startLiveEngine();
  try {
    return await soldSalonOf(engine);
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

async function soldSalonOf(engine: LiveEngine): Promise<SoldSalon> {
  const { businessId } = engine;
  const { db } = engine.deps;
  const variant = await db.serviceVariant.findFirstOrThrow({
    where: {
      businessId,
      active: true,
      staff: { some: {} },
      durationMinutes: { lte: 60 },
      service: { parallelClients: 1 },
    },
    orderBy: { id: 'asc' },
  });
  const link = await db.externalService.findFirstOrThrow({
    where: { businessId, entity: 'variant', recordId: variant.id },
  });
  const business = await db.business.findUniqueOrThrow({ where: { id: businessId } });
  return {
    engine,
    variantId: variant.id,
    variantThere: link.externalId,
    async free(daysAhead, parts = 1) {
      const items = Array.from({ length: parts }, () => variant.id).join(',');
      const query = `businessId=${businessId}&items=${items}&from=${dateIn(daysAhead)}&to=${dateIn(daysAhead + 13)}`;
      const { status, body } = await engine.api.send('GET', `/api/availability?${query}`);
      if (status !== 200) throw new Error(`Free times were not told: ${JSON.stringify(body)}`);
      const found = slots
        .parse(body)
        .slots.map(({ items: [first], ...slot }) => ({ ...slot, staffId: first?.staffId ?? '' }));
      const [at] = found;
      const later = found.find(({ startsLocal }) => at !== undefined && startsLocal >= at.endsLocal);
      if (at === undefined || later === undefined) throw new Error('The salon has no free time.');
      return [at, later];
    },
    rowOf: (id) => db.booking.findUniqueOrThrow({ where: { id } }),
    async makeThere({ startsLocal, endsLocal, staffId }, visit) {
      const staff = await db.externalStaff.findFirstOrThrow({ where: { staffId } });
      const made = await engine.simulator.control('POST', '/visits', {
        salon: Number(business.booksyBusinessId),
        subbookings: [
          {
            booked_from: startsLocal,
            booked_till: endsLocal,
            staffer_id: Number(staff.externalId),
            service_variant_id: Number(link.externalId),
          },
        ],
        ...visit,
      });
      return z.looseObject({ id: z.number() }).parse(made).id;
    },
  };
}

/** Waits until a visit has this status at Booksy. */
export async function statusThere(
  engine: LiveEngine,
  externalId: string | number,
  status: string,
): Promise<void> {
  await eventually(
    async () => {
      const seen = await engine.simulator.control('GET', `/visits/${externalId}`);
      return z.looseObject({ status: z.string() }).parse(seen).status === status;
    },
    { timeoutMs: 30_000, what: `the visit being ${status} at Booksy` },
  );
}
