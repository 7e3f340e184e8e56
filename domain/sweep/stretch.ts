import { SWEEP_TASKS, TASKS, type SweepTask } from './tasks.ts';
import type { Intervals } from './due.ts';

/** Part of the allowance that sweeps plan with (R36) … */
export const SWEEP_SHARE = 0.4;
/** … and that they may take after an outage: writes keep at least 30 % (R37). */
export const CATCH_UP_SHARE = 0.7;

/** Of the sweeps' share each later tier keeps so much, whatever the earlier ones would need. */
const KEPT_FOR_LATER = 0.1;

/** Tasks that stretch together, in the order in which they are served. */
const TIERS: readonly (readonly SweepTask[])[] = [
  ['near', 'soon'],
  ['ahead'],
  ['clients', 'catalog', 'hours'],
  ['recent', 'past'],
];

/** Calls that doing a task once costs, over all businesses. */
export type Costs = Readonly<Partial<Record<SweepTask, number>>>;

/**
 * How often each task can be done within the sweeps' share of the allowance (R36). Where everything fits, nothing is
 * stretched; else later tiers first, each keeping a little, so that none is forgotten.
 *
 * @param callsPerSecond the whole allowance
 */
export function stretch(costs: Costs, callsPerSecond: number): Intervals {
  const demands = TIERS.map((tier) => sum(tier.map((task) => demandOf(task, costs))));
  const share = callsPerSecond * SWEEP_SHARE;
  let left = share;
  const factors = new Map<SweepTask, number>();
  TIERS.forEach((tier, index) => {
    const demand = demands[index] ?? 0;
    const kept = sum(demands.slice(index + 1).map((later) => Math.min(later, share * KEPT_FOR_LATER)));
    const granted = Math.min(demand, Math.max(0, left - kept));
    left -= granted;
    const factor = demand === 0 ? 1 : granted === 0 ? Infinity : Math.max(1, demand / granted);
    for (const task of tier) factors.set(task, factor);
  });
  const interval = (task: SweepTask): number | null => {
    const { everySeconds } = TASKS[task];
    // The tiny part keeps what fits exactly from being rounded up by a second.
    return everySeconds === null ? null : Math.ceil(everySeconds * (factors.get(task) ?? 1) * (1 - 1e-12));
  };
  return Object.fromEntries(SWEEP_TASKS.map((task) => [task, interval(task)])) as Record<
    SweepTask,
    number | null
  >;
}

/** Calls a second that a task wants. */
function demandOf(task: SweepTask, costs: Costs): number {
  return (costs[task] ?? 0) / (TASKS[task].everySeconds ?? Infinity);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** What a list of so many rows costs: pages overlap by one row (R2). */
export function pagesOf(rows: number, pageRows: number): number {
  return rows <= pageRows ? 1 : 1 + Math.ceil((rows - pageRows) / (pageRows - 1));
}
