import type { SyncEntity } from '../../domain/entities.ts';
import { exceedsBlastRadius } from '../../domain/absence.ts';
import type { Links } from '../../domain/states/links.ts';
import { applyGone, type Absent, type Suspect } from '../apply/gone.ts';
import { clientBinding } from '../apply/client-binding.ts';
import { NO_LINKS } from '../apply/links.ts';
import { timeOffBinding } from '../apply/time-bindings.ts';
import { visitMirror } from '../apply/visit-binding.ts';
import { applyClients, applyVisits, type SeenAppointment, type SeenClient } from './apply-page.ts';
import { awaitsRelease, blastRadius, SUSPECT_READS_PER_PASS } from './absent.ts';
import { readById } from './read-by-id.ts';
import { inStep, type InboundDeps, type RunBusiness, type RunRef } from './run.ts';

const LANE = 5;

/** What the records of a list are called everywhere else. */
export const RECORD_OF = { clients: 'profile', visits: 'booking' } as const satisfies Record<
  string,
  SyncEntity
>;

/** A pass whose suspects are settled. */
export interface SettledPass {
  readonly key: string;
  readonly links: Links;
  readonly entity: keyof typeof RECORD_OF;
  readonly beat: () => void;
}

/**
 * R3: the blast radius first, over what is missing and what is newly cancelled together; then reads by id within the budget:
 * a 404 is gone, anything else is applied as read. While an earlier finding of the window waits for a person, nothing of it
 * is freed.
 */
export async function settleAbsent(
  deps: InboundDeps,
  business: RunBusiness,
  run: RunRef,
  pass: SettledPass,
  absent: Absent,
): Promise<void> {
  if (absent.suspects.length === 0) return;
  if (exceedsBlastRadius(absent.suspects.length, absent.known)) {
    const entry = blastRadius(RECORD_OF[pass.entity], pass.key, absent.suspects.length, absent.known);
    await inStep(deps, business, run, NO_LINKS, (scope) => scope.quarantine(pass.entity, [entry]));
    return;
  }
  if (await awaitsRelease(deps, business.id, RECORD_OF[pass.entity], pass.key)) return;
  const gone: Suspect[] = [];
  const found: SeenAppointment[] = [];
  const clients: SeenClient[] = [];
  for (const suspect of absent.suspects.slice(0, SUSPECT_READS_PER_PASS)) {
    const key = { externalId: suspect.externalId };
    if (suspect.entity === 'profile') {
      const answer = await readById(() => deps.booksy.getClient(business, key, { lane: LANE }));
      if ('found' in answer) clients.push(answer.found);
      if ('gone' in answer) gone.push(suspect);
    } else {
      const answer = await readById(() => deps.booksy.getAppointment(business, key, { lane: LANE }));
      if ('found' in answer) found.push(answer.found);
      if ('gone' in answer) gone.push(suspect);
    }
    pass.beat();
  }
  await inStep(deps, business, run, pass.links, async (scope) => {
    const goneOf = (entity: Suspect['entity']) =>
      gone.filter((suspect) => suspect.entity === entity).map((suspect) => suspect.mirrorId);
    await applyGone(scope, clientBinding, goneOf('profile'));
    await applyGone(scope, { entity: 'booking', mirror: visitMirror }, goneOf('booking'));
    await applyGone(scope, timeOffBinding('reservation'), goneOf('time_off'));
    if (clients.length > 0) await applyClients(scope, clients, []);
    if (found.length > 0) await applyVisits(scope, found, [], null);
  });
}
