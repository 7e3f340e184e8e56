/**
 * What cached reads look like when they come back from the cache. Strict: a value that another version of this code
 * wrote has other fields, and then Booksy is asked again. The types keep these shapes and the domain's words the same.
 */
import { z } from 'zod';
import {
  PRICE_TYPES,
  REJECT_REASONS,
  TIME_OFF_REASONS,
  type ObservedCategory,
  type ObservedCustomDay,
  type ObservedResource,
  type ObservedService,
  type ObservedTimeOff,
  type ObservedVariant,
  type ObservedWeekday,
  type WholeList,
} from '../domain/observed.ts';

const id = z.string();
const idOrNull = z.string().nullable();
const count = z.int();
const unknown = z.record(z.string(), z.unknown()).nullable();
const intervals = z.array(z.tuple([count, count]));

function wholeList<T>(row: z.ZodType<T>): z.ZodType<WholeList<T>> {
  return z.strictObject({
    rows: z.array(row),
    rejected: z.array(
      z.strictObject({
        externalId: idOrNull,
        reasonCode: z.enum(REJECT_REASONS),
        field: z.string().nullable(),
        detail: z.string(),
      }),
    ),
    interval: z.strictObject({ sentAt: z.string(), receivedAt: z.string() }),
  });
}

const category: z.ZodType<ObservedCategory> = z.strictObject({
  externalId: id,
  name: z.string(),
  position: count,
  importUid: idOrNull,
  unknown,
});

const service: z.ZodType<ObservedService> = z.strictObject({
  externalId: id,
  name: z.string(),
  description: z.string().nullable(),
  categoryExternalId: idOrNull,
  priceType: z.enum(PRICE_TYPES),
  paddingKind: z.enum(['before', 'after', 'both']).nullable(),
  paddingMinutes: count,
  gapAfterMinutes: count.nullable(),
  gapMinutes: count.nullable(),
  parallelClients: count,
  active: z.boolean(),
  position: count,
  importUid: idOrNull,
  unknown,
});

const variant: z.ZodType<ObservedVariant> = z.strictObject({
  externalId: id,
  serviceExternalId: id,
  label: z.string().nullable(),
  price: z.strictObject({ type: z.enum(PRICE_TYPES), minor: count.nullable(), currency: z.string() }),
  durationMinutes: count,
  slotStepMinutes: count.nullable(),
  staffExternalIds: z.array(id),
  importUid: idOrNull,
  unknown,
});

const resource: z.ZodType<ObservedResource> = z.strictObject({
  externalId: id,
  kind: z.enum(['staff', 'room']),
  name: z.string(),
  email: z.string().nullable(),
  active: z.boolean(),
  visible: z.boolean(),
  accessLevel: z.enum(['owner', 'manager', 'reception', 'staff']).nullable(),
  position: count,
  serviceExternalIds: z.array(id).nullable(),
  unknown,
});

const weekday: z.ZodType<ObservedWeekday> = z.strictObject({
  dayOfWeek: count,
  appliesFrom: z.string().nullable(),
  intervals,
});

const customDay: z.ZodType<ObservedCustomDay> = z.strictObject({ date: z.string(), intervals });

const timeOff: z.ZodType<ObservedTimeOff> = z.strictObject({
  externalId: id,
  source: z.enum(['time_off', 'reservation']),
  resourceExternalId: id,
  startsLocal: z.string(),
  endsLocal: z.string(),
  allDay: z.boolean(),
  reasonCode: z.enum(TIME_OFF_REASONS),
  approved: z.boolean(),
  ours: z.boolean(),
  importUid: z.string().nullable(),
});

export const cachedShapes = {
  categories: wholeList(category),
  services: wholeList(service),
  variants: wholeList(variant),
  resources: wholeList(resource),
  week: wholeList(weekday),
  customDays: wholeList(customDay),
  timeOff: wholeList(timeOff),
};
