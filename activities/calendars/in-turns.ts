import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Stepwise } from '../../domain/calendars/index.ts';
import type { Beat } from './deps.ts';

/** So long at the most it goes on before everybody else of the process has a turn. */
const TURN_MS = 8;

/** Does long work in turns with whatever else the process does: a large calendar must not hold a worker's other activities. */
export async function inTurns<T>(work: Stepwise<T>, beat: Beat): Promise<T> {
  let since = performance.now();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() - since < TURN_MS) continue;
    await nextTurn();
    beat();
    since = performance.now();
  }
}
