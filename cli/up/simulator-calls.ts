import { z } from 'zod';

const counters = z.object({
  calls: z.object({ total: z.number() }),
  leastCalls: z.union([z.number(), z.object({ total: z.number() })]).optional(),
});

/** Calls that the simulator has counted so far, and the least an import of what it holds needs. */
export type Calls = { readonly calls: number; readonly least: number | null };

/** Asks the simulator's control surface; null without a simulator. */
export async function readCalls(simulator: string | null): Promise<Calls | null> {
  if (simulator === null) return null;
  const response = await fetch(`${simulator}/_control/counters`, { signal: AbortSignal.timeout(10_000) });
  const { calls, leastCalls } = counters.parse(await response.json());
  const least = typeof leastCalls === 'object' ? leastCalls.total : leastCalls;
  return { calls: calls.total, least: least ?? null };
}
