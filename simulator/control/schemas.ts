import { z } from 'zod';
import { localTime } from '../http/body.ts';
import { visitFields } from '../routes/visitBody.ts';
import { FAULT_KINDS } from '../faults.ts';
import type { Flags } from '../flags.ts';
import type { Fees } from '../settlement/fees.ts';
import { LIST_ORDERS } from '../state/visitIndex.ts';

const count = z.number().int().min(0);
const positive = z.number().int().min(1);

/** Capability flags (R5). */
export const flagsSchema = z
  .strictObject({
    webhooks: z.boolean(),
    appointmentWrites: z.boolean(),
    cancelledListed: z.boolean(),
    listFilter: z.enum(['start', 'overlap']),
    listOrder: z.enum(LIST_ORDERS),
    listRowsFull: z.boolean(),
    createNotifiesClient: z.boolean(),
    limitScope: z.enum(['partner', 'business']),
    mapping: z.enum(['lookup', 'set']),
    webhooksForBlocks: z.boolean(),
    webhookPer: z.enum(['appointment', 'subbooking']),
    maxLimit: z.number().int().min(1).max(10_000),
    statusOptionalInPut: z.boolean(),
    inlineContactMakesCard: z.boolean(),
    settlement: z.boolean(),
    manualModeHoldsApi: z.boolean(),
  } satisfies Record<keyof Flags, z.ZodType>)
  .partial();

export const limitsSchema = z
  .strictObject({
    algorithm: z.enum(['fixed', 'sliding', 'bucket', 'none']),
    limit: positive,
    windowMs: positive,
    burst: positive.nullable(),
    tokenLimit: positive,
    tokenWindowMs: positive,
    retryAfter: z.boolean(),
  })
  .partial();

export const tokensSchema = z
  .strictObject({ clientCredentialsSeconds: positive, accessSeconds: positive, refreshSeconds: positive })
  .partial();

const basisPoints = z.number().int().min(0).max(10_000);
const rate = z.strictObject({ basisPoints, fixedMinor: count });

/** What Booksy keeps of a payment (settlement export). */
export const feesSchema = z
  .strictObject({
    card_keyed: rate,
    card_reader: rate,
    tap_to_pay: rate,
    fastPayoutBasisPoints: basisPoints,
    boostBasisPoints: basisPoints,
    taxBasisPoints: basisPoints.nullable(),
  } satisfies Record<keyof Fees, z.ZodType>)
  .partial();

const httpUrl = z.url({ protocol: /^https?$/ });

export const webhooksSchema = z
  .strictObject({
    targets: z.array(z.strictObject({ url: httpUrl, salon: z.number().int().nullable().default(null) })),
    signing: z.enum(['standard', 'token', 'none']),
    secrets: z.array(z.string().min(1)).min(1),
    token: z.string().min(1),
    timeoutMs: positive,
  })
  .partial();

export const settingsSchema = z
  .strictObject({
    flags: flagsSchema,
    limits: limitsSchema,
    tokens: tokensSchema,
    webhooks: webhooksSchema,
    fees: feesSchema,
    latencyMs: z.number().int().min(0).max(600_000),
  })
  .partial();

/** One fault; the fields are told in README.md. */
export const faultSchema = z.strictObject({
  kind: z.enum(FAULT_KINDS),
  route: z.string().min(1).optional(),
  salon: z.number().int().nullable().optional(),
  query: z.record(z.string(), z.string()).optional(),
  skip: count.optional(),
  count: positive.nullable().optional(),
  probability: z.number().min(0).max(1).optional(),
  ms: count.optional(),
  status: z.number().int().min(100).max(599).optional(),
  body: z.unknown().optional(),
  retryAfterSeconds: count.nullable().optional(),
  acted: z.boolean().optional(),
  holdMs: count.optional(),
  rows: positive.optional(),
  direction: z.enum(['insert', 'remove']).optional(),
  real: z.boolean().optional(),
  change: z.enum(['rename', 'set', 'add', 'remove']).optional(),
  field: z.string().optional(),
  to: z.string().optional(),
  value: z.unknown().optional(),
  ids: z.array(z.number().int()).optional(),
  contentType: z.string().min(1).optional(),
});

export const faultsSchema = z.union([faultSchema, z.strictObject({ faults: z.array(faultSchema) })]);

export const resetSchema = settingsSchema.extend({
  seed: z.union([z.string().min(1), z.number()]).optional(),
  salons: count.optional(),
  visits: count.optional(),
  clients: count.optional(),
  staff: positive.nullable().optional(),
  overbooked: count.nullable().optional(),
  today: z.string().optional(),
  faults: z.array(faultSchema).optional(),
});

/** How far the clock goes at once, or by how much the sandbox tells the time wrongly. */
export const clockSchema = z.strictObject({
  advanceMs: z
    .number()
    .int()
    .min(0)
    .max(366 * 86_400_000)
    .optional(),
  skewMs: z.number().int().min(-86_400_000).max(86_400_000).optional(),
});

export const credentialsSchema = z
  .strictObject({
    clientId: z.string().min(1),
    clientSecret: z.string().min(1),
    partner: z
      .strictObject({ name: z.string().min(1), uuid: z.string().min(1), publicKeyPem: z.string().min(1) })
      .nullable(),
    refused: z.boolean(),
    revokeTokens: z.boolean(),
  })
  .partial();

const salonExtras = {
  allowOverlap: z.boolean().optional(),
  silent: z.boolean().optional(),
  repeating: z.boolean().optional(),
};

export const newVisitSchema = z.strictObject({
  ...visitFields.shape,
  ...salonExtras,
  salon: z.number().int().optional(),
});

export const changedVisitSchema = z.strictObject({
  ...visitFields.partial().shape,
  ...salonExtras,
  subbookings: z
    .array(
      z.strictObject({
        id: z.number().int().optional(),
        booked_from: localTime.optional(),
        booked_till: localTime.optional(),
        staffer_id: z.number().int().nullable().optional(),
        appliance_id: z.number().int().nullable().optional(),
        service_variant_id: z.number().int().nullable().optional(),
        service_name: z.string().nullable().optional(),
      }),
    )
    .optional(),
  removeSubbookings: z.array(z.number().int()).optional(),
  moveMinutes: z.number().int().optional(),
  staffer_id: z.number().int().nullable().optional(),
});
export type ChangedVisit = z.output<typeof changedVisitSchema>;
