import type { Interval, ObservedAppointment, ObservedClient, RejectedRow } from '../../domain/observed.ts';
import { seenClient, seenTimeOff } from '../../domain/states/people-and-time.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { seenVisit } from '../../domain/states/visit.ts';
import { startsInWindow, type VisitWindow } from '../../domain/windows.ts';
import { applyRecords } from '../apply/apply-records.ts';
import { clientBinding } from '../apply/client-binding.ts';
import { reportOverlaps } from '../apply/conflicts.ts';
import { applyGone } from '../apply/gone.ts';
import { loadClientLinks } from '../apply/links.ts';
import { quarantinedRow, releaseReadable } from '../apply/record.ts';
import { reportVisitTrouble } from '../apply/visit-trouble.ts';
import { timeOffBinding } from '../apply/time-bindings.ts';
import { createVisitBinding } from '../apply/visit-binding.ts';
import type { StepScope } from './run.ts';

export interface SeenAppointment {
  readonly row: ObservedAppointment;
  readonly interval: Interval;
}

export interface SeenClient {
  readonly row: ObservedClient;
  readonly interval: Interval;
}

/** Applies client cards. */
export async function applyClients(
  scope: StepScope,
  rows: readonly SeenClient[],
  rejected: readonly RejectedRow[],
): Promise<void> {
  const records = rows.map(({ row, interval }) => seenClient(row, interval));
  await scope.settle('clients', 'profile', await applyRecords(scope, clientBinding, records));
  await settleRejected(scope, 'clients', 'profile', records, rejected);
}

/**
 * Applies visits and reservations of the visit list, and puts overlaps and times that do not exist on conflicts.
 *
 * @param window rows that merely overlap it belong to another window; null takes all
 * @returns ids of visits to be read again by id (R1)
 */
export async function applyVisits(
  scope: StepScope,
  rows: readonly SeenAppointment[],
  rejected: readonly RejectedRow[],
  window: VisitWindow | null,
): Promise<readonly string[]> {
  const inside = rows.filter(({ row }) => window === null || startsInWindow(startOf(row), window));
  const cards = inside.flatMap(({ row }) =>
    row.kind === 'visit' && row.clientExternalId !== null ? [row.clientExternalId] : [],
  );
  const links = {
    ...scope.links,
    clients: await loadClientLinks(scope.tx, scope.businessId, [...new Set(cards)]),
  };
  const withClients = { ...scope, links };

  const visits = inside.flatMap(({ row, interval }) =>
    row.kind === 'visit' ? [seenVisit(row, links, interval)] : [],
  );
  const outcome = await applyRecords(withClients, createVisitBinding(), visits);
  await scope.settle('visits', 'booking', outcome);
  const blocks = await applyReservations(withClients, inside);
  await settleRejected(scope, 'visits', 'booking', visits, rejected);
  await reportOverlaps(scope, [...outcome.touched, ...blocks]);
  await reportVisitTrouble(scope, outcome.touched);
  return outcome.stale;
}

/** Reservations without a client are blocks (R19): one per resource that they take. */
async function applyReservations(
  scope: StepScope,
  rows: readonly SeenAppointment[],
): Promise<readonly string[]> {
  const binding = timeOffBinding('reservation');
  const records: SeenRecord[] = [];
  const ended: string[] = [];
  for (const { row, interval } of rows) {
    if (row.kind !== 'reservation') continue;
    for (const block of row.blocks) {
      const externalId = `${row.externalId}/${block.resourceExternalId}`;
      if (row.cancelled) ended.push(externalId);
      else records.push(seenTimeOff({ ...block, externalId }, row.zone, scope.links, interval));
    }
  }
  if (records.length === 0 && ended.length === 0) return [];
  const outcome = await applyRecords(scope, binding, records);
  await scope.settle('timeOff', 'time_off', outcome);
  await applyGone(scope, binding, ended);
  return outcome.touched;
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
  await releaseReadable(
    scope,
    entity,
    records.map((record) => record.externalId),
  );
}
