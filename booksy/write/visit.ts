/** Bodies of visit writes. */
import type { ObservedTravel } from '../../domain/observed.ts';
import { ANY_STAFF } from '../translate/visit.ts';
import { amountText, parseAmount } from '../translate/money.ts';
import { isRecord } from '../wire/edge.ts';
import { RowProblem } from '../wire/read.ts';
import { present, wireId, wireIdOrNull } from './ids.ts';
import type { NewVisit, VisitChange, VisitItemInput } from './inputs.ts';
import { RawDocument } from './raw-document.ts';

type Body = Record<string, unknown>;

/** What the other side sets itself. */
const READ_ONLY = ['id', 'business_id', 'business_timezone'] as const;

export function newVisitBody(visit: NewVisit, currency: string): Body {
  return {
    type: 'B',
    import_uid: visit.importUid,
    booked_for_id: wireIdOrNull(visit.clientExternalId),
    ...contactBody(visit),
    ...itemsBody(visit.items, []),
    traveling: travelBody(visit.travel, currency),
  };
}

/**
 * A PUT replaces the whole visit: what was read, with the changed groups put over it. Display prices become plain
 * ones (R12). The status stays out where it may (R13a).
 */
export function changedVisitBody(
  raw: RawDocument,
  change: VisitChange,
  { currency, statusOptional }: { readonly currency: string; readonly statusOptional: boolean },
): Body {
  const left: readonly string[] = statusOptional ? [...READ_ONLY, 'status'] : READ_ONLY;
  const read: Body = Object.fromEntries(
    Object.entries(RawDocument.copyOf(raw)).filter(([field]) => !left.includes(field)),
  );
  const travel =
    change.travel === undefined
      ? readTravel(read['traveling'], currency)
      : travelBody(change.travel, currency);
  return {
    ...read,
    ...(change.clientExternalId === undefined
      ? {}
      : { booked_for_id: wireIdOrNull(change.clientExternalId) }),
    ...contactBody(change),
    ...(change.items === undefined ? {} : itemsBody(change.items, listOf(read['subbookings']))),
    ...(travel === undefined ? {} : { traveling: travel }),
  };
}

function contactBody(input: VisitChange): Body {
  return present({
    customer_name: input.clientName,
    customer_phone: input.clientPhone,
    customer_email: input.clientEmail,
    customer_note: input.clientNote,
  });
}

/** Parts match by id (R7): a part that is known keeps what we do not know of it. */
function itemsBody(items: readonly VisitItemInput[], read: readonly Body[]): Body {
  const starts = items.map((item) => item.startsLocal).sort();
  const ends = items.map((item) => item.endsLocal).sort();
  const first = starts[0];
  const last = ends.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('A visit has at least one item.');
  return {
    booked_from: first,
    booked_till: last,
    subbookings: items.map((item) => ({
      ...(item.externalId === null ? {} : read.find((part) => part['id'] === wireId(item.externalId ?? ''))),
      ...(item.externalId === null ? {} : { id: wireId(item.externalId) }),
      booked_from: item.startsLocal,
      booked_till: item.endsLocal,
      staffer_id: item.anyStaff ? ANY_STAFF : wireIdOrNull(item.staffExternalId),
      appliance_id: wireIdOrNull(item.roomExternalId),
      service_variant_id: wireIdOrNull(item.variantExternalId),
      service_name: item.serviceName,
    })),
  };
}

function travelBody(travel: ObservedTravel | null, currency: string): Body | null {
  if (travel === null) return null;
  return {
    price: travel.priceMinor === null ? null : amountText(travel.priceMinor, currency),
    address_line_1: travel.addressLine1,
    address_line_2: travel.addressLine2,
    apartment_number: travel.apartmentNumber,
    city: travel.city,
    zipcode: travel.postcode,
    latitude: travel.latitude,
    longitude: travel.longitude,
  };
}

/** What was read, with its price as a plain amount. Undefined where it was not read. */
function readTravel(read: unknown, currency: string): unknown {
  if (!isRecord(read)) return read;
  const price = read['price'];
  if (typeof price !== 'string') return read;
  try {
    const amount = parseAmount(price, currency, 'traveling.price');
    return amount === null ? read : { ...read, price: amountText(amount.minor, currency) };
  } catch (error) {
    if (error instanceof RowProblem) return read;
    throw error;
  }
}

function listOf(value: unknown): Body[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
