import type { SyncEntity } from '../../domain/entities.ts';
import type { Links } from '../../domain/states/links.ts';
import { applyGone, type Absent, type Suspect } from '../apply/gone.ts';
import { clientBinding } from '../apply/client-binding.ts';
import { timeOffBinding } from '../apply/time-bindings.ts';
import { visitMirror } from '../apply/visit-binding.ts';
import { applyClients, applyVisits, type SeenAppointment, type SeenClient } from './apply-page.ts';
import { SUSPECT_READS_PER_PASS } from './absent.ts';
import { withUnsettled } from './cursor.ts';
import { absentOfPass, forgetPass, type EndedPass } from './pass-rows.ts';
import { readById } from './read-by-id.ts';
import { judgeRemoval, usePermit, type Removal } from './removals.ts';
import { inStep, type InboundDeps, type RunBusiness, type RunRef, type StepScope } from './run.ts';

const LANE = 5;

/** What the records of a list are called everywhere else. */
export const RECORD_OF = { clients: 'profile', visits: 'booking' } as const satisfies Record<
  string,
  SyncEntity
>;

/** A pass whose suspects are to be settled. */
export interface UnsettledPass extends EndedPass {
  /** The window in whose name too many removals wait for a person. */
  readonly guardKey: string;
  readonly links: Links;
  readonly entity: keyof typeof RECORD_OF;
}

/**
 * R3: the blast radius first, over what is missing and what is newly cancelled together; then reads by id within the budget:
 * a 404 is gone, anything else is applied as read. While an earlier finding of the window waits for a person, nothing of it
 * is freed. The pass counts as settled in the transaction that applies it, so that a crash leaves it to the next attempt.
 */
export async function settleAbsent(
  deps: InboundDeps,
  business: RunBusiness,
  run: RunRef,
  pass: UnsettledPass,
  { complete, beat }: { readonly complete: boolean; readonly beat: () => void },
): Promise<void> {
  const claim = { settle: pass.key };
  const settle = (apply: (scope: StepScope) => Promise<void>) =>
    inStep(
      deps,
      business,
      run,
      pass.links,
      async (scope) => {
        await apply(scope);
        await forgetPass(scope, pass.key);
        scope.moveTo(withUnsettled(scope.cursor, pass.key, false));
      },
      claim,
    );

  const { absent, removal, dry } = await inStep(
    deps,
    business,
    run,
    pass.links,
    async (scope) => {
      const found = await absentOfPass(scope, pass, complete);
      return { absent: found, removal: await judge(scope, pass, found), dry: scope.plan !== null };
    },
    claim,
  );
  if (removal.kind === 'too_many') {
    await settle((scope) => scope.quarantine(pass.entity, [removal.entry]));
    return;
  }
  if (removal.kind === 'waits') {
    await settle(() => Promise.resolve());
    return;
  }
  const looked = absent.suspects.slice(0, SUSPECT_READS_PER_PASS);
  const found = await readSuspects(deps, business, looked, beat);
  await settle(async (scope) => {
    scope.plan?.planned(pass.entity, { remove: found.gone.length });
    if (dry) return;
    await applyFound(scope, found);
    await usePermit(scope.tx, removal.permitId, looked.length);
  });
}

/** A window's blast radius, with the earliest visit that it touches: one within 24 hours is urgent. */
async function judge(scope: StepScope, pass: UnsettledPass, absent: Absent): Promise<Removal> {
  const visits = absent.suspects.flatMap(({ entity, mirrorId }) => (entity === 'booking' ? [mirrorId] : []));
  const rows =
    visits.length === 0
      ? []
      : await scope.tx.$queryRaw<{ starts_at: Date | null }[]>`
          SELECT min(b.starts_at) AS starts_at
            FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
           WHERE m.business_id = ${scope.businessId}::uuid AND m.external_id = ANY(${visits}::text[])
             AND b.starts_at > ${scope.now}::timestamptz`;
  return judgeRemoval(scope.tx, scope.businessId, {
    entity: RECORD_OF[pass.entity],
    windowKey: pass.guardKey,
    suspects: absent.suspects.length,
    known: absent.known,
    urgentAt: rows[0]?.starts_at?.toISOString() ?? null,
  });
}

interface FoundById {
  readonly gone: readonly Suspect[];
  readonly visits: readonly SeenAppointment[];
  readonly clients: readonly SeenClient[];
}

async function readSuspects(
  deps: InboundDeps,
  business: RunBusiness,
  suspects: readonly Suspect[],
  beat: () => void,
): Promise<FoundById> {
  const gone: Suspect[] = [];
  const visits: SeenAppointment[] = [];
  const clients: SeenClient[] = [];
  for (const suspect of suspects) {
    const key = { externalId: suspect.externalId };
    if (suspect.entity === 'profile') {
      const answer = await readById(() => deps.booksy.getClient(business, key, { lane: LANE }));
      if ('found' in answer) clients.push(answer.found);
      if ('gone' in answer) gone.push(suspect);
    } else {
      const answer = await readById(() => deps.booksy.getAppointment(business, key, { lane: LANE }));
      if ('found' in answer) visits.push(answer.found);
      if ('gone' in answer) gone.push(suspect);
    }
    beat();
  }
  return { gone, visits, clients };
}

async function applyFound(scope: StepScope, { gone, visits, clients }: FoundById): Promise<void> {
  const goneOf = (entity: Suspect['entity']) =>
    gone.filter((suspect) => suspect.entity === entity).map((suspect) => suspect.mirrorId);
  await applyGone(scope, clientBinding, goneOf('profile'));
  await applyGone(scope, { entity: 'booking', mirror: visitMirror }, goneOf('booking'));
  await applyGone(scope, timeOffBinding('reservation'), goneOf('time_off'));
  if (clients.length > 0) await applyClients(scope, clients, []);
  if (visits.length > 0) await applyVisits(scope, visits, [], null);
}
