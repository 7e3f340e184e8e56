import { z } from 'zod';
import type { PLAN_ACTIONS } from '../domain/import-plan.ts';
import { noted, shown } from './wire.ts';

/** Answers of the API about what a person reviews: mappings, errors, plans. See wire.ts for the manners. */

const candidate = z.looseObject({
  recordId: z.string(),
  label: shown.nullable().default(null),
  lines: z.array(shown).default([]),
  score: z.number(),
  reasons: z.array(z.object({ code: z.string(), text: shown })),
});
/** A record of ours that a card of Booksy may be. */
export type Candidate = z.output<typeof candidate>;

export const mapping = z.looseObject({
  id: z.string(),
  businessId: z.string(),
  businessName: shown.nullable().default(null),
  entity: z.string(),
  externalId: shown,
  state: z.string(),
  recordId: z.string().nullable(),
  recordLabel: shown.nullable().default(null),
  score: z.number().nullable(),
  reasonText: shown.nullable().default(null),
  /** What Booksy shows. */
  card: z.object({ label: shown, lines: z.array(shown) }).nullable(),
  /** Best first. */
  candidates: z.array(candidate),
  version: z.number(),
  decision: z.string().nullable(),
  decidedAt: z.string().nullable().default(null),
  appliedAt: z.string().nullable(),
});
/** A card of Booksy with what it was matched with. */
export type Mapping = z.output<typeof mapping>;

export const mappingAnswer = noted.extend({ mapping });
export const mappingPage = noted.extend({ mappings: z.array(mapping), nextCursor: z.string().nullable() });
export const decided = noted.extend({
  state: z.enum(['applied', 'recorded']),
  operation: z.string().nullable().default(null),
});

export const errorRow = z.looseObject({
  id: z.string(),
  kind: z.string(),
  businessId: z.string(),
  businessName: shown.nullable().default(null),
  entity: z.string().nullable(),
  externalId: shown.nullable(),
  reasonCode: z.string(),
  reason: shown,
  nextStep: shown,
  firstSeenAt: z.string(),
  lastSeenAt: z.string(),
  urgent: z.boolean(),
  /** Records that a release would permit to be removed; of those entries only. */
  affected: z.number().nullable().default(null),
  attempt: z.number().nullable().default(null),
  nextAttemptAt: z.string().nullable().default(null),
  actions: z.array(z.string()),
});
/** Something that went wrong and waits, or is being tried again. */
export type ErrorRow = z.output<typeof errorRow>;

export const errorAnswer = noted.extend({ error: errorRow });
export const errorPage = noted.extend({ errors: z.array(errorRow), nextCursor: z.string().nullable() });
export const retried = noted.extend({
  /** started | alreadyRunning | mended | still_failing */
  state: z.string(),
  operation: z.string().nullable().default(null),
});
export const skipped = noted.extend({
  /** skipped | already_skipped | asked */
  state: z.string(),
  operation: z.string().nullable().default(null),
});
export const released = noted.extend({ operation: z.string().nullable().default(null) });

const count = z.number().default(0);
const planned = z.object({
  create: count,
  link: count,
  update: count,
  unchanged: count,
  unsure: count,
  quarantined: count,
  remove: count,
} satisfies Record<(typeof PLAN_ACTIONS)[number], typeof count>);
export type Planned = z.output<typeof planned>;

const outbound = z.object({
  create: count,
  change: count,
  blocked: z.record(z.string(), z.number()).default({}),
});

export const plan = noted.extend({
  plan: z.looseObject({
    operationId: z.string(),
    businessId: z.string(),
    businessName: shown.nullable().default(null),
    /** Of the dry run. */
    status: z.string().default('completed'),
    version: z.number(),
    createdAt: z.string(),
    approvedAt: z.string().nullable(),
    approvedBy: shown.nullable().default(null),
    /** Why it cannot be approved now; null where it can, or was. */
    blocked: z.object({ code: z.string(), message: shown, nextStep: shown }).nullable().default(null),
    counts: z.object({
      inbound: z.record(z.string(), planned),
      outbound: z.record(z.string(), outbound),
    }),
    samples: z
      .array(
        z.object({
          entity: z.string(),
          action: z.string(),
          externalId: shown.nullable(),
          recordId: z.string().nullable(),
          label: shown,
          groups: z.array(shown).default([]),
        }),
      )
      .default([]),
  }),
});
/** What a dry run says a real one would do. */
export type Plan = z.output<typeof plan>['plan'];
