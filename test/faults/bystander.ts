import type { Violation } from './check.ts';
import { createHistory, type History } from './history.ts';
import { createThere } from './edits-there.ts';
import type { Rig } from './rig.ts';
import type { Salon } from './salons.ts';
import type { WavePlan } from './wave.ts';
import { eventually } from '../support/eventually.ts';

/** I12: a salon that nothing is done to but one booking. What befalls the others must not hold it up. */

/** Kills and restarts hold up everybody; this long after them a change must have arrived. */
const PATIENCE_MS = 45_000;

let made = 0;

export async function checkBystander(
  rig: Rig,
  salon: Salon,
  plan: WavePlan,
  history: History,
): Promise<readonly Violation[]> {
  made += 1;
  const own = createHistory();
  const key = `bystander ${String(plan.number)}.${String(made)}`;
  const subject = await createThere(rig, salon, own, key, salon.slot(), null);
  const startedAt = performance.now();
  try {
    await eventually(
      async () => {
        const { rows } = await rig.db.query(
          'SELECT FROM external_bookings WHERE business_id = $1 AND external_id = $2',
          [salon.businessId, String(subject.externalId)],
        );
        return rows.length > 0;
      },
      { timeoutMs: PATIENCE_MS, what: 'the visit of a bystander' },
    );
  } catch {
    return [
      {
        invariant: 'I12',
        verdict: 'other',
        text: `a visit of a salon without any fault had not arrived after ${String(PATIENCE_MS / 1000)} s`,
        lines: [],
      },
    ];
  }
  history.note(`the bystander's visit arrived after ${String(Math.round(performance.now() - startedAt))} ms`);
  return [];
}
