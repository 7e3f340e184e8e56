/**
 * Wire shapes of the contract, as far as they are read. Unknown fields are tolerated everywhere and collected by
 * `unknownFields`; what never passes the edge (R40) is not named here: it is gone before a shape sees the answer.
 */
import { z } from 'zod';

const id = z.number().int();
const text = z.string().nullish();
const localDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const localTime = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/);
const hourMinute = z.string().regex(/^([01]\d|2[0-4]):[0-5]\d$/);
const minutes = z.number().int().min(0);
/** Number, `"230.00"` or display text; null where there is none. */
const amount = z.union([z.number(), z.string()]).nullish();

export const hoursShape = z.looseObject({ hour_from: hourMinute, hour_till: hourMinute });

export const scheduleDayShape = z.looseObject({
  day_of_week: z.number().int().min(0).max(6),
  hours: z.array(hoursShape),
  hours_apply_from: localDate.nullish(),
});

export const customDayShape = z.looseObject({ date: localDate, hours: z.array(hoursShape) });

export const businessShape = z.looseObject({
  id,
  name: z.string(),
  /** Not used; a new letter must not lock a salon out. */
  status: z.string(),
  booking_mode: z.enum(['A', 'M', 'S']),
  timezone: z.string(),
  country: z.string(),
  currency: z.string(),
  open_hours: z.array(z.unknown()).nullish(),
});

export const resourceShape = z.looseObject({
  id,
  name: z.string(),
  type: z.enum(['S', 'R']),
  active: z.boolean(),
  visible: z.boolean(),
  access_level: z.enum(['owner', 'manager', 'reception', 'staff']).nullish(),
  position: z.number().int(),
  services: z.array(id).nullish(),
  email: text,
});

export const timeOffShape = z.looseObject({
  id,
  date_from: localDate,
  date_till: localDate,
  hour_from: hourMinute.nullish(),
  hour_till: hourMinute.nullish(),
  /** A code we do not know still takes time away: it becomes `other`. */
  reason_code: z.string(),
  reason: text,
  approved: z.boolean(),
});

export const categoryShape = z.looseObject({
  id,
  name: z.string(),
  order: z.number().int(),
  import_uid: text,
});

export const gapShape = z.looseObject({ start_after: minutes, duration: z.number().int().min(1) });

export const serviceShape = z.looseObject({
  id,
  name: z.string(),
  description: text,
  service_category_id: id.nullish(),
  price_type: z.enum(['X', 'V', 'D', 'F', 'S', 'C']),
  padding_time_type: z.enum(['A', 'B', 'C']).nullish(),
  padding_time: z.number().int().nullish(),
  gap_time: gapShape.nullish(),
  parallel_clients: z.number().int().min(1).nullish(),
  active: z.boolean(),
  order: z.number().int(),
  import_uid: text,
});

export const variantShape = z.looseObject({
  id,
  type: z.enum(['X', 'F', 'D', 'V', 'S']),
  price: amount,
  duration: z.number().int().min(1),
  label: text,
  time_slot_interval: z.number().int().nullish(),
  staffers: z.array(id).nullish(),
  import_uid: text,
});

/** Of the card's further fields none is used yet: they are known, and dropped. */
export const customerShape = z.looseObject({
  id,
  first_name: text,
  last_name: text,
  cell_phone: text,
  email: text,
  marketing_agreement: z.unknown().optional(),
  privacy_policy_agreement: z.unknown().optional(),
  from_promo: z.unknown().optional(),
  created: z.string().nullish(),
  customer_profile: z.unknown().optional(),
});

export const travelingShape = z.looseObject({
  price: amount,
  address_line_1: text,
  address_line_2: text,
  apartment_number: text,
  city: text,
  zipcode: text,
  latitude: z.number().nullish(),
  longitude: z.number().nullish(),
});

export const subbookingShape = z.looseObject({
  id: id.nullish(),
  booked_from: localTime,
  booked_till: localTime,
  staffer_id: id.nullish(),
  appliance_id: id.nullish(),
  service_variant_id: id.nullish(),
  service_name: text,
});

export const appointmentShape = z.looseObject({
  id,
  business_id: id.nullish(),
  booked_for_id: id.nullish(),
  booked_from: localTime,
  booked_till: localTime,
  status: z.enum(['A', 'W', 'P', 'M', 'D', 'C', 'F', 'N']),
  type: z.enum(['B', 'C', 'R']),
  customer_name: text,
  customer_phone: text,
  customer_email: text,
  customer_note: text,
  business_timezone: z.string(),
  import_uid: text,
  subbookings: z.array(subbookingShape).min(1),
  traveling: travelingShape.nullish(),
});

export const mappingShape = z.looseObject({ import_uid: z.string(), id: id.nullish() });

const settlementAmount = z.string().regex(/^-?\d+(\.\d+)?$/);

export const settlementRowShape = z.looseObject({
  id,
  kind: z.enum(['payment', 'refund', 'boost', 'fast_payout']),
  appointment_id: id.nullish(),
  currency: z.string(),
  gross: settlementAmount,
  fee: settlementAmount,
  tax: settlementAmount,
  net: settlementAmount,
  method: z.enum(['card_keyed', 'card_reader', 'tap_to_pay']).nullish(),
  paid_at: z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/),
  payout_id: z.string().min(1).nullish(),
});

/** The envelope of the two paged lists. Rows are looked at one by one. */
export const pageShape = z.looseObject({
  count: z.number().int().min(0),
  next: z.string().nullish(),
  previous: z.string().nullish(),
  results: z.array(z.unknown()),
});

export const credentialsTokenShape = z.looseObject({
  access_token: z.string().min(1),
  token_type: z.string(),
  expires_in: z.number().int(),
});

export const partnerPairShape = z.looseObject({ access: z.string().min(1), refresh: z.string().min(1) });
export const partnerAccessShape = z.looseObject({
  access: z.string().min(1),
  refresh: z.string().min(1).nullish(),
});

export type WireBusiness = z.output<typeof businessShape>;
export type WireResource = z.output<typeof resourceShape>;
export type WireHours = z.output<typeof hoursShape>;
export type WireScheduleDay = z.output<typeof scheduleDayShape>;
export type WireCustomDay = z.output<typeof customDayShape>;
export type WireTimeOff = z.output<typeof timeOffShape>;
export type WireCategory = z.output<typeof categoryShape>;
export type WireService = z.output<typeof serviceShape>;
export type WireVariant = z.output<typeof variantShape>;
export type WireCustomer = z.output<typeof customerShape>;
export type WireTraveling = z.output<typeof travelingShape>;
export type WireSubbooking = z.output<typeof subbookingShape>;
export type WireSettlementRow = z.output<typeof settlementRowShape>;
export type WireAppointment = z.output<typeof appointmentShape>;
