import type { ObservedBusiness, ObservedResource } from '../../domain/observed.ts';
import { RowProblem, type RowReader } from '../wire/read.ts';
import { businessShape, resourceShape, type WireBusiness, type WireResource } from '../wire/shapes.ts';
import { unknownFields } from '../wire/unknown.ts';
import { emailOf } from './contact.ts';
import { isCurrency } from './currency.ts';
import { zoneOf } from './time.ts';

const BOOKING_MODES = { A: 'automatic', M: 'manual', S: 'semi' } as const;

export const businessReader: RowReader<WireBusiness, ObservedBusiness> = {
  shape: businessShape,
  translate: (wire) => ({
    externalId: String(wire.id),
    name: wire.name.trim(),
    zone: zoneOf(wire.timezone, 'timezone'),
    country: countryOf(wire.country),
    currency: currencyOf(wire.currency),
    bookingMode: BOOKING_MODES[wire.booking_mode],
  }),
};

export const resourceReader: RowReader<WireResource, ObservedResource> = {
  shape: resourceShape,
  translate: (wire, row) => ({
    externalId: String(wire.id),
    kind: wire.type === 'R' ? 'room' : 'staff',
    name: wire.name.trim(),
    email: emailOf(wire.email),
    active: wire.active,
    visible: wire.visible,
    accessLevel: wire.access_level ?? null,
    position: wire.position,
    serviceExternalIds: wire.services == null ? null : [...new Set(wire.services.map(String))],
    unknown: unknownFields(row, resourceShape),
  }),
};

function countryOf(wire: string): string {
  const country = wire.trim().toUpperCase();
  if (!/^[A-Z]{2}$/.test(country))
    throw new RowProblem('unparseable', 'country', 'Not a two-letter country code.');
  // The other side's addresses say `uk`; ISO says GB.
  return country === 'UK' ? 'GB' : country;
}

function currencyOf(wire: string): string {
  const currency = wire.trim().toUpperCase();
  if (!isCurrency(currency)) throw new RowProblem('unparseable', 'currency', 'Not an ISO 4217 currency.');
  return currency;
}
