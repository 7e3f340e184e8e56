/**
 * conflictResolution: one conflict, from its row to its end (SPEC 4.2, R10, R33).
 *
 * Owns nothing but the waiting: the conflict, its dates and every decision are in PostgreSQL, so that it can be rebuilt
 * from the row at any time (R32). Id `conflict/<conflict>`, started for every open row that has none. Waits for the
 * signal `resolve`, reminds, escalates, looks whether the cause is gone, and lets the sync rule decide where it may. Ends
 * when the conflict is closed, however that came. A conflict may be open for months: every so often it begins anew.
 *
 * The signal, as it may be typed in the Temporal Web UI (actor `temporal-ui`; overbooking is refused from there):
 *   {"choice":"keep-platform"} | {"choice":"groups","groups":{"clientNote":"booksy"}} |
 *   {"choice":"move","move":{"startsLocal":"2026-03-02T14:30"}}
 */
import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  uuid4,
} from '@temporalio/workflow';
import type { ConflictActivities } from '../activities/conflicts/index.ts';
import type { ResolutionReport } from '../activities/conflicts/resolve.ts';
import { parseSignal, storedSignal, type SignalledResolution } from '../domain/conflicts/resolution.ts';
import type { ConflictInput } from '../infra/temporal/launch-conflicts.ts';
import { RESOLVE_SIGNAL, WAKE_SIGNAL } from '../infra/temporal/names.ts';

// One short transaction each, safe to repeat; the database may be away for a while.
const steps = proxyActivities<ConflictActivities>({
  startToCloseTimeout: '2 minutes',
  scheduleToCloseTimeout: '24 hours',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

export const resolveSignal = defineSignal<[unknown]>(RESOLVE_SIGNAL);
export const wakeSignal = defineSignal(WAKE_SIGNAL);

/** A look is some ten events: a run stays under 2,000. */
const LOOKS_A_RUN = 150;

export async function conflictResolution(input: ConflictInput): Promise<void> {
  const { businessId, conflictId } = input;
  const ref = { businessId, conflictId };
  const asked: unknown[] = [];
  let woken = false;
  let said = '';
  setHandler(resolveSignal, (signal) => {
    asked.push(signal);
  });
  setHandler(wakeSignal, () => {
    woken = true;
  });
  const show = (kind: string, escalated: boolean) => {
    setCurrentDetails(
      `**${kind}**${escalated ? ', escalated' : ''}: waits for the signal \`resolve\`.${said}`,
    );
  };

  /** Carries out one decision; true where the conflict is over. */
  const over = async (work: Promise<ResolutionReport>): Promise<boolean> => {
    const report = await work;
    if (report.state === 'refused') said = ` The last decision was refused: ${report.code}.`;
    if (report.state === 'resolved' && report.followUp !== null) {
      await steps.readAfterResolution.executeWithOptions({ summary: 'Read at Booksy' }, [
        { ...ref, followUp: report.followUp },
      ]);
    }
    return report.state !== 'refused';
  };
  const carryOut = (resolution: SignalledResolution) =>
    over(steps.resolveConflict.executeWithOptions({ summary: resolution.choice }, [{ ...ref, resolution }]));

  for (let looks = 0; looks < LOOKS_A_RUN || asked.length > 0; looks += 1) {
    while (asked.length > 0) {
      const signal = parseSignal(asked.shift(), uuid4());
      if ('fault' in signal) said = ` The last signal could not be used: ${signal.fault}.`;
      else if (await carryOut(signal.resolution)) return;
    }
    woken = false;
    const look = await steps.lookAtConflict.executeWithOptions({ summary: 'Look' }, [ref]);
    if (look.state === 'closed') return;
    // Its signal was lost with an older Temporal: the row still asks for it.
    if (look.pending !== null && asked.length === 0 && (await carryOut(storedSignal(look.pending)))) return;
    if (look.decided !== null) {
      const { sides: groups, ...decided } = look.decided;
      const rule = { ...ref, ...decided, groups, resolutionId: uuid4() };
      if (await over(steps.resolveConflictByRule.executeWithOptions({ summary: 'By rule' }, [rule]))) return;
    }
    show(look.kind, look.escalated);
    await condition(() => woken || asked.length > 0, look.nextLookMs);
  }
  await continueAsNew<typeof conflictResolution>(input);
}
