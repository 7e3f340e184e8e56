import type { Salon } from '../state/salon.ts';
import { formatLocal } from '../time.ts';
import { spanOf } from '../types.ts';
import type { Visit } from '../types.ts';

/** A visit as it goes over the wire. A thin row leaves out what only the detail has. */
export function visitWire(
  visit: Visit,
  salon: Salon,
  thin = false,
): { id: number; [field: string]: unknown } {
  const span = spanOf(visit);
  const wire: { id: number; [field: string]: unknown } = {
    id: visit.id,
    business_id: salon.business.id,
    booked_for_id: visit.customer,
    booked_from: formatLocal(span.from),
    booked_till: formatLocal(span.till),
    status: visit.status,
    type: visit.type,
    customer_name: visit.name,
    customer_phone: visit.phone,
    customer_email: visit.email,
    customer_note: visit.customerNote,
    business_note: visit.businessNote,
    business_timezone: salon.business.timezone,
    import_uid: visit.importUid,
    subbookings: visit.parts.map((part) => ({
      id: part.id,
      booked_from: formatLocal(part.from),
      booked_till: formatLocal(part.till),
      staffer_id: part.staffer,
      appliance_id: part.appliance,
      service_variant_id: part.variant,
      service_name: part.serviceName,
    })),
    traveling: visit.traveling,
    ...visit.extra,
  };
  if (thin) {
    delete wire['traveling'];
    delete wire['business_note'];
  }
  return wire;
}
