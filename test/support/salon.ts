import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { createVault } from '../../infra/crypto.ts';
import type { Db } from '../../infra/database/index.ts';
import type { RunBusiness } from '../../activities/inbound/run.ts';
import type {
  Interval,
  ObservedResource,
  ObservedService,
  ObservedVariant,
  ObservedVisit,
  ObservedVisitItem,
} from '../../domain/observed.ts';

/** Hand-made observations of an invented salon, for tests of what is done with them. */

export const testVault = createVault({ key: randomBytes(32), keyId: 'test' });

let clock = Date.parse('2026-11-01T10:00:00Z');

/** A read a second after the one before: intervals of a test never touch each other (R1). */
export function nextInterval(): Interval {
  clock += 1_000;
  return { sentAt: new Date(clock).toISOString(), receivedAt: new Date(clock + 200).toISOString() };
}

/** A connected business and a run on it. */
export async function makeBusiness(db: Db, zone = 'Europe/Warsaw'): Promise<RunBusiness> {
  const id = uuidv7();
  await db.business.create({
    data: { id, name: 'Salon Testowy', zone, country: 'PL', currency: 'PLN', booksyBusinessId: id.slice(-8) },
  });
  return { id, externalId: id.slice(-8), zone, country: 'PL', currency: 'PLN' };
}

export async function makeRun(db: Db, businessId: string): Promise<{ businessId: string; runId: string }> {
  const runId = uuidv7();
  await db.syncRun.create({
    data: { id: runId, businessId, kind: 'full_sync', workflowId: `test/${runId}`, actor: 'test' },
  });
  return { businessId, runId };
}

export function resource(externalId: string, more: Partial<ObservedResource> = {}): ObservedResource {
  return {
    externalId,
    kind: 'staff',
    name: `Staff ${externalId}`,
    email: null,
    active: true,
    visible: true,
    accessLevel: 'staff',
    position: 1,
    serviceExternalIds: [],
    unknown: null,
    ...more,
  };
}

export function service(externalId: string, more: Partial<ObservedService> = {}): ObservedService {
  return {
    externalId,
    name: `Service ${externalId}`,
    description: null,
    categoryExternalId: null,
    priceType: 'fixed',
    paddingKind: null,
    paddingMinutes: 0,
    gapAfterMinutes: null,
    gapMinutes: null,
    parallelClients: 1,
    active: true,
    position: 1,
    importUid: null,
    unknown: null,
    ...more,
  };
}

export function variant(
  externalId: string,
  serviceExternalId: string,
  more: Partial<ObservedVariant> = {},
): ObservedVariant {
  return {
    externalId,
    serviceExternalId,
    label: null,
    price: { type: 'fixed', minor: 12_000, currency: 'PLN' },
    durationMinutes: 60,
    slotStepMinutes: 15,
    staffExternalIds: ['1', '2'],
    importUid: null,
    unknown: null,
    ...more,
  };
}

export function item(
  externalId: string,
  startsLocal: string,
  endsLocal: string,
  more: Partial<ObservedVisitItem> = {},
): ObservedVisitItem {
  return {
    externalId,
    startsLocal,
    endsLocal,
    staffExternalId: '1',
    anyStaff: false,
    roomExternalId: null,
    variantExternalId: '20',
    serviceName: 'Service 10',
    ...more,
  };
}

export function visit(
  externalId: string,
  items: readonly ObservedVisitItem[],
  more: Partial<ObservedVisit> = {},
): ObservedVisit {
  return {
    kind: 'visit',
    externalId,
    clientExternalId: null,
    status: 'confirmed',
    statusReason: null,
    statusCode: 'A',
    bookedBy: 'client',
    zone: 'Europe/Warsaw',
    startsLocal: items.map((each) => each.startsLocal).sort()[0] ?? '2027-01-10T10:00',
    endsLocal:
      items
        .map((each) => each.endsLocal)
        .sort()
        .at(-1) ?? '2027-01-10T11:00',
    clientName: 'Zofia Zmyślona',
    clientPhone: '+48500100200',
    clientEmail: null,
    clientNote: null,
    importUid: null,
    items,
    travel: null,
    unknown: null,
    ...more,
  };
}
