import { z } from 'zod';
import type { TestEngine } from '../../../support/engine.ts';

const part = z.looseObject({
  booked_from: z.string(),
  booked_till: z.string(),
  staffer_id: z.number().nullable(),
});
const simVisit = z.looseObject({
  id: z.number(),
  status: z.string(),
  type: z.string(),
  booked_from: z.string(),
  booked_till: z.string(),
  booked_for_id: z.number().nullable(),
  customer_note: z.string().nullish(),
  repeating: z.boolean().optional(),
  subbookings: z.array(part),
});
export type SimVisit = z.output<typeof simVisit>;

/** How far ahead a visit has to be so that it does not begin while a test runs, whatever the zone; what is pushed ends before. */
const FIRST_MS = 26 * 3_600_000;
const LAST_MS = 85 * 86_400_000;

/**
 * Visits of the simulator's first salon: all, or those to come that may be changed from either side (one item, by day, not
 * repeating, no block).
 */
export async function visitsOf(engine: TestEngine, which: 'upcoming' | 'all'): Promise<readonly SimVisit[]> {
  const [salon] = (await engine.simulator.state()).salons;
  const [from, till] = [FIRST_MS, LAST_MS].map((ms) => new Date(Date.now() + ms).toISOString());
  const since = which === 'all' ? '' : `&from=${(from ?? '').slice(0, 16)}`;
  const { results } = z
    .object({ results: z.array(simVisit) })
    .parse(await engine.simulator.control('GET', `/visits?limit=1000&salon=${String(salon?.id)}${since}`));
  if (which === 'all') return results;
  return results.filter(
    ({ status, type, repeating, subbookings, booked_from: at }) =>
      status === 'A' &&
      type !== 'R' &&
      repeating !== true &&
      subbookings.length === 1 &&
      // Those of the night lie where the clocks change.
      at.slice(11) > '05:59' &&
      at > (from ?? '') &&
      at < (till ?? ''),
  );
}

/** One visit as the simulator has it now. */
export async function simVisitOf(engine: TestEngine, id: number): Promise<SimVisit> {
  return simVisit.parse(await engine.simulator.control('GET', `/visits/${String(id)}`));
}
