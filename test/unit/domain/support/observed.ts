import type {
  ObservedCategory,
  ObservedClient,
  ObservedResource,
  ObservedService,
  ObservedTimeOff,
  ObservedVariant,
  ObservedVisit,
  ObservedVisitItem,
} from '../../../../domain/observed.ts';
import type { Links, VariantLink } from '../../../../domain/states/links.ts';

/** Things as they are seen at Booksy; each test says only what it is about. */

export const interval = { sentAt: '2025-05-01T10:00:00.000Z', receivedAt: '2025-05-01T10:00:00.200Z' };

export const variantLink: VariantLink = {
  variantId: 'variant-a',
  serviceId: 'service-a',
  priceType: 'fixed',
  priceMinor: 12_000,
  currency: 'PLN',
  gapAfterMinutes: null,
  gapMinutes: null,
  parallelClients: 1,
};

export const noLinks: Links = {
  staff: new Map(),
  rooms: new Map(),
  categories: new Map(),
  services: new Map(),
  variants: new Map(),
  clients: new Map(),
};

export const links: Links = {
  staff: new Map([
    ['11', 'staff-a'],
    ['12', 'staff-b'],
  ]),
  rooms: new Map([['21', 'room-a']]),
  categories: new Map([['31', 'category-a']]),
  services: new Map([['41', 'service-a']]),
  variants: new Map([['51', variantLink]]),
  clients: new Map([['61', 'client-a']]),
};

export function item(parts: Partial<ObservedVisitItem> = {}): ObservedVisitItem {
  return {
    externalId: '701',
    startsLocal: '2025-06-02T10:00',
    endsLocal: '2025-06-02T11:00',
    staffExternalId: '11',
    anyStaff: false,
    roomExternalId: '21',
    variantExternalId: '51',
    serviceName: 'Colouring',
    ...parts,
  };
}

export function visit(parts: Partial<ObservedVisit> = {}): ObservedVisit {
  return {
    kind: 'visit',
    externalId: '501',
    clientExternalId: '61',
    status: 'confirmed',
    statusReason: null,
    statusCode: 'A',
    bookedBy: 'client',
    zone: 'Europe/Warsaw',
    startsLocal: '2025-06-02T10:00',
    endsLocal: '2025-06-02T11:00',
    clientName: 'Zofia Przykładna',
    clientPhone: null,
    clientEmail: 'zofia@salon.example',
    clientNote: null,
    importUid: null,
    items: [item()],
    travel: null,
    unknown: null,
    ...parts,
  };
}

export function service(parts: Partial<ObservedService> = {}): ObservedService {
  return {
    externalId: '41',
    name: 'Colouring',
    description: null,
    categoryExternalId: '31',
    priceType: 'fixed',
    paddingKind: 'after',
    paddingMinutes: 10,
    gapAfterMinutes: 30,
    gapMinutes: 20,
    parallelClients: 1,
    active: true,
    position: 3,
    importUid: null,
    unknown: null,
    ...parts,
  };
}

export function variant(parts: Partial<ObservedVariant> = {}): ObservedVariant {
  return {
    externalId: '51',
    serviceExternalId: '41',
    label: 'long hair',
    price: { type: 'from', minor: 23_000, currency: 'PLN' },
    durationMinutes: 90,
    slotStepMinutes: 15,
    staffExternalIds: ['12', '11'],
    importUid: null,
    unknown: null,
    ...parts,
  };
}

export function category(parts: Partial<ObservedCategory> = {}): ObservedCategory {
  return { externalId: '31', name: 'Hair', position: 1, importUid: null, unknown: null, ...parts };
}

export function resource(parts: Partial<ObservedResource> = {}): ObservedResource {
  return {
    externalId: '11',
    kind: 'staff',
    name: 'Anna',
    email: 'anna@salon.example',
    active: true,
    visible: true,
    accessLevel: 'staff',
    position: 2,
    serviceExternalIds: ['41'],
    unknown: null,
    ...parts,
  };
}

export function client(parts: Partial<ObservedClient> = {}): ObservedClient {
  return {
    externalId: '61',
    givenName: 'Zofia',
    familyName: 'Przykładna',
    email: 'zofia@salon.example',
    phone: null,
    createdAt: null,
    unknown: null,
    ...parts,
  };
}

export function timeOff(parts: Partial<ObservedTimeOff> = {}): ObservedTimeOff {
  return {
    externalId: '81',
    source: 'time_off',
    resourceExternalId: '11',
    startsLocal: '2025-07-01T00:00',
    endsLocal: '2025-07-02T00:00',
    allDay: true,
    reasonCode: 'vacation',
    approved: true,
    ours: false,
    importUid: null,
    ...parts,
  };
}
