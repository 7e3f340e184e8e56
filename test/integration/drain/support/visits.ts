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

/** Visits of the simulator's first salon: those to come, or all. Plain ones only: one item, not repeating, no block. */
export async function visitsOf(engine: TestEngine, which: 'upcoming' | 'all'): Promise<readonly SimVisit[]> {
  const [salon] = (await engine.simulator.state()).salons;
  const { results } = z
    .object({ results: z.array(simVisit) })
    .parse(
      await engine.simulator.control(
        'GET',
        `/visits?limit=1000&salon=${String(salon?.id)}${which === 'all' ? '' : `&from=${new Date().toISOString().slice(0, 16)}`}`,
      ),
    );
  const now = new Date(Date.now() + 7_200_000).toISOString();
  return results.filter(
    (visit) =>
      which === 'all' ||
      (visit.status === 'A' &&
        visit.type !== 'R' &&
        visit.repeating !== true &&
        visit.subbookings.length === 1 &&
        visit.booked_from > now),
  );
}

/** One visit as the simulator has it now. */
export async function simVisitOf(engine: TestEngine, id: number): Promise<SimVisit> {
  return simVisit.parse(await engine.simulator.control('GET', `/visits/${String(id)}`));
}
