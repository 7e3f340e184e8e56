import type { ObservedClient } from '../../domain/observed.ts';
import type { RowReader } from '../wire/read.ts';
import { customerShape, type WireCustomer } from '../wire/shapes.ts';
import { unknownFields } from '../wire/unknown.ts';
import { emailOf, phoneOf } from './contact.ts';

/** Cards, contract-minimal (R40). */
export function clientReader(country: string): RowReader<WireCustomer, ObservedClient> {
  return {
    shape: customerShape,
    translate: (wire, row) => ({
      externalId: String(wire.id),
      givenName: wire.first_name?.trim() ?? '',
      familyName: wire.last_name?.trim() ?? '',
      email: emailOf(wire.email),
      phone: phoneOf(wire.cell_phone, country),
      createdAt: instantOf(wire.created),
      unknown: unknownFields(row, customerShape),
    }),
  };
}

/** An audit field; one that cannot be read is no reason to lose the card. */
function instantOf(wire: string | null | undefined): string | null {
  const at = wire == null ? NaN : Date.parse(wire);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}
