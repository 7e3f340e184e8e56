import type { Interval, ObservedAppointment, ObservedClient, RejectedRow } from '../../domain/observed.ts';
import { seenClient, seenTimeOff } from '../../domain/states/people-and-time.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { areWords, isEnded, seenVisit } from '../../domain/states/visit.ts';
import { startsInWindow, type VisitWindow } from '../../domain/windows.ts';
import { applyRecords, type HoldBack } from '../apply/apply-records.ts';
import { clientBinding } from '../apply/client-binding.ts';
import { applyGone } from '../apply/gone.ts';
import { loadClientLinks } from '../apply/links.ts';
import { quarantinedRow } from '../apply/record.ts';
import { timeOffBinding } from '../apply/time-bindings.ts';
import { reportTrouble, reportUnsure } from '../apply/trouble.ts';
import { createVisitBinding } from '../apply/visit-binding.ts';
import { wouldClients } from './plan-row.ts';
import type { StepScope } from './run.ts';

export interface SeenAppointment {
  readonly row: ObservedAppointment;
  readonly interval: Interval;
}

export interface SeenClient {
  readonly row: ObservedClient;
  readonly interval: Interval;
}

/** What has to be looked at by id: visits read too early (R1), and cancels that wait (R3). */
export interface AppliedVisits {
  readonly again: readonly string[];
  readonly cancels: readonly string[];
}

/** Applies client cards. */
export async function applyClients(
  scope: StepScope,
  rows: readonly SeenClient[],
  rejected: readonly RejectedRow[],
): Promise<void> {
  const records = rows.map(({ row, interval }) => seenClient(row, interval));
  const outcome = await applyRecords(scope, clientBinding, records);
  await scope.settle('clients', 'profile', outcome);
  if (scope.plan === null && outcome.unsure > 0) {
    // A sweep of visits may have come before the card of their client.
    await reportUnsure(
      scope,
      records.map(({ externalId }) => externalId),
    );
  }
  await settleRejected(scope, 'clients', 'profile', records, rejected);
}

/**
 * Applies visits and reservations of the visit list, and puts overlaps and times that do not exist on conflicts.
 *
 * @param window rows that merely overlap it belong to another window, and cancels wait for the end of the pass, because
 * only then it shows whether they are too many at once (R3); null takes everything as it is
 */
export async function applyVisits(
  scope: StepScope,
  rows: readonly SeenAppointment[],
  rejected: readonly RejectedRow[],
  window: VisitWindow | null,
): Promise<AppliedVisits> {
  const inside = rows.filter(({ row }) => window === null || startsInWindow(startOf(row), window));
  const cards = inside.flatMap(({ row }) =>
    row.kind === 'visit' && row.clientExternalId !== null ? [row.clientExternalId] : [],
  );
  const clients = await loadClientLinks(scope.tx, scope.businessId, [...new Set(cards)]);
  const planned = scope.plan === null ? [] : await wouldClients(scope.tx, scope.runId);
  const links = { ...scope.links, clients: new Map([...planned, ...clients]) };
  const withClients = { ...scope, links };

  const visits = inside.flatMap(({ row, interval }) =>
    row.kind === 'visit' ? [seenVisit(row, links, interval)] : [],
  );
  const outcome = await applyRecords(
    withClients,
    createVisitBinding(),
    visits,
    window === null ? undefined : frees,
  );
  await scope.settle('visits', 'booking', outcome);
  const blocks = await applyReservations(withClients, inside);
  await settleRejected(scope, 'visits', 'booking', visits, rejected);
  const { touched, written } = outcome;
  if (scope.plan === null)
    await reportTrouble(
      scope,
      touched.filter((id) => !areWords(written.get(id) ?? ['linked'])),
      blocks,
    );
  return { again: outcome.stale, cancels: outcome.heldBack };
}

/** Whether a change would free the time of a visit that still holds it. */
const frees: HoldBack = (seen, ours, apply) => apply.includes('status') && isEnded(seen.here) && !ours.ended;

/** Reservations without a client are blocks (R19): one per resource and part of the reservation. */
async function applyReservations(
  scope: StepScope,
  rows: readonly SeenAppointment[],
): Promise<readonly string[]> {
  const binding = timeOffBinding('reservation');
  const reservations = rows.flatMap(({ row, interval }) =>
    row.kind === 'reservation' ? [{ row, interval }] : [],
  );
  if (reservations.length === 0) return [];
  const records = reservations.flatMap(({ row, interval }) =>
    row.cancelled ? [] : row.blocks.map((block) => seenTimeOff(block, row.zone, scope.links, interval)),
  );
  const outcome = await applyRecords(scope, binding, records);
  await scope.settle('timeOff', 'time_off', outcome);
  const shown = reservations.map(({ row }) => row.externalId);
  const ended = await blocksNoLongerIn(scope, shown, records);
  scope.plan?.planned('timeOff', { remove: ended.length });
  await applyGone(scope, binding, ended);
  return outcome.touched;
}

/** Blocks of these reservations that they no longer have: cancelled, shortened, or moved to another resource. */
async function blocksNoLongerIn(
  scope: StepScope,
  reservationIds: readonly string[],
  records: readonly SeenRecord[],
): Promise<readonly string[]> {
  const rows = await scope.tx.$queryRaw<{ external_id: string }[]>`
    SELECT external_id FROM external_time_off
     WHERE business_id = ${scope.businessId}::uuid AND source = 'reservation' AND gone_at IS NULL
       AND split_part(external_id, ':', 1) = ANY(${reservationIds}::text[])
       AND NOT external_id = ANY(${records.map((record) => record.externalId)}::text[])`;
  return rows.map((row) => row.external_id);
}

function startOf(row: ObservedAppointment): string {
  if (row.kind === 'visit') return row.startsLocal;
  return row.blocks.map((block) => block.startsLocal).sort()[0] ?? '';
}

async function settleRejected(
  scope: StepScope,
  counted: 'clients' | 'visits',
  entity: 'profile' | 'booking',
  records: readonly SeenRecord[],
  rejected: readonly RejectedRow[],
): Promise<void> {
  await scope.quarantine(
    counted,
    rejected.map((row) => quarantinedRow(entity, row)),
  );
  await scope.releaseReadable(
    entity,
    records.map((record) => record.externalId),
  );
}
