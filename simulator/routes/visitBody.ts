import { z } from 'zod';
import { extraOf, localTime, maybeId, maybeText, parseBody } from '../http/body.ts';
import { invalid } from '../http/problem.ts';
import type { Salon } from '../state/salon.ts';
import { parseLocal } from '../time.ts';
import { ANY_STAFF, STATUSES } from '../types.ts';
import type { Customer, Part, Traveling, Visit } from '../types.ts';

const traveling = z
  .object({
    price: z.union([z.number(), z.string(), z.null()]),
    address_line_1: maybeText,
    address_line_2: maybeText,
    apartment_number: maybeText,
    city: maybeText,
    zipcode: maybeText,
    latitude: z.number().nullable(),
    longitude: z.number().nullable(),
  })
  .nullable();

const subbooking = z.object({
  id: maybeId.optional(),
  booked_from: localTime,
  booked_till: localTime.optional(),
  staffer_id: maybeId.optional(),
  appliance_id: maybeId.optional(),
  service_variant_id: maybeId.optional(),
  service_name: maybeText.optional(),
});

export const visitFields = z.object({
  booked_for_id: maybeId.optional(),
  status: z.enum(STATUSES).optional(),
  type: z.enum(['B', 'C', 'R']).optional(),
  customer_name: maybeText.optional(),
  customer_phone: maybeText.optional(),
  customer_email: maybeText.optional(),
  customer_note: maybeText.optional(),
  business_note: maybeText.optional(),
  import_uid: maybeText.optional(),
  subbookings: z.array(subbooking).min(1, 'At least one subbooking is required'),
  traveling: traveling.optional(),
});
export type VisitFields = z.output<typeof visitFields>;

const READ_ONLY = ['id', 'business_id', 'booked_from', 'booked_till', 'business_timezone'];

/** The fields of an appointment body, checked, and what else was in it. */
export function readVisitBody(body: unknown): { fields: VisitFields; extra: Visit['extra'] } {
  const fields = parseBody(visitFields, body);
  return { fields, extra: extraOf(body, [...READ_ONLY, ...Object.keys(visitFields.shape)]) };
}

/** Parts of a body as the salon would hold them; 400 where one refers to what is not there. */
export function readParts(salon: Salon, given: VisitFields['subbookings'], old: readonly Part[]): Part[] {
  return given.map((sub, n) => {
    const at = `subbookings.${String(n)}`;
    const variant = sub.service_variant_id ?? null;
    const found = variant === null ? undefined : salon.variants.get(variant);
    if (variant !== null && found === undefined) throw invalid(`${at}.service_variant_id`, 'No such variant');
    const from = parseLocal(sub.booked_from) ?? 0;
    const till =
      sub.booked_till === undefined ? from + (found?.duration ?? 0) : (parseLocal(sub.booked_till) ?? 0);
    if (till <= from) throw invalid(`${at}.booked_till`, 'Ends before it begins, or has no length');
    const staffer = sub.staffer_id ?? null;
    if (staffer !== null && staffer !== ANY_STAFF && salon.resources.get(staffer)?.type !== 'S') {
      throw invalid(`${at}.staffer_id`, 'No such staffer');
    }
    const appliance = sub.appliance_id ?? null;
    if (appliance !== null && salon.resources.get(appliance)?.type !== 'R') {
      throw invalid(`${at}.appliance_id`, 'No such appliance');
    }
    const known = old.find((part) => part.id === sub.id);
    const serviceName = sub.service_name ?? salon.serviceOf(variant)?.name ?? null;
    return { id: known?.id ?? salon.newId(), from, till, staffer, appliance, variant, serviceName };
  });
}

export interface Contact {
  readonly customer: number | null;
  readonly name: string | null;
  readonly phone: string | null;
  readonly email: string | null;
}

/** Who the visit is for: what the body says, and from the card what it leaves out. */
export function readContact(salon: Salon, fields: VisitFields): Contact {
  const customer = fields.booked_for_id ?? null;
  const card = customer === null ? undefined : salon.customers.get(customer);
  if (customer !== null && card === undefined) throw invalid('booked_for_id', 'No such customer');
  return {
    customer,
    name: fields.customer_name ?? (card === undefined ? null : cardName(card)),
    phone: fields.customer_phone ?? card?.cell_phone ?? null,
    email: fields.customer_email ?? card?.email ?? null,
  };
}

export function cardName(card: Customer): string {
  return `${card.first_name.trim()} ${card.last_name}`.trim();
}

export function readTraveling(fields: VisitFields): Traveling | null {
  return fields.traveling ?? null;
}
