import { z } from 'zod';
import { noted, shown } from '../wire.ts';

/** Answers of the API about conflicts. See ../wire.ts for the manners. */

const decision = z
  .looseObject({
    id: z.string(),
    choice: z.string().nullable(),
    state: z.string(),
    detail: shown.nullable().default(null),
    by: shown.nullable().default(null),
  })
  .nullable()
  .default(null);

export const conflictRow = z.looseObject({
  id: z.string(),
  businessId: z.string(),
  businessName: shown.nullable().default(null),
  kind: z.string(),
  kindText: shown,
  entity: z.string(),
  recordId: z.string().nullable(),
  recordLabel: shown.nullable().default(null),
  externalId: shown.nullable(),
  groups: z.array(shown),
  status: z.string(),
  reasonText: shown,
  openedAt: z.string(),
  startsAt: z.string().nullable(),
  escalatedAt: z.string().nullable(),
  version: z.number(),
  resolution: z.string().nullable(),
  resolvedAt: z.string().nullable(),
  decision,
});
/** A conflict in a list. */
export type Conflict = z.output<typeof conflictRow>;

export const conflictPage = noted.extend({
  conflicts: z.array(conflictRow),
  counts: z.looseObject({
    status: z.record(z.string(), z.number()),
    openByKind: z.record(z.string(), z.number()),
    escalated: z.number(),
  }),
  nextCursor: z.string().nullable(),
});

export const conflictCard = conflictRow.extend({
  shown: z.string(),
  goneAtBooksy: z.boolean().default(false),
  deletedHere: z.boolean().default(false),
  states: z.array(
    z.looseObject({
      group: shown,
      name: shown,
      booksy: shown.nullable(),
      platform: shown.nullable(),
      base: shown.nullable(),
      disputed: z.boolean(),
    }),
  ),
  other: z
    .looseObject({ recordId: z.string(), label: shown, source: z.string().nullable() })
    .nullable()
    .default(null),
  visits: z.array(z.looseObject({ recordId: z.string(), label: shown })).default([]),
  lost: z.array(z.looseObject({ name: shown, value: shown.nullable() })).default([]),
  choices: z.array(z.looseObject({ choice: z.string(), text: shown })).default([]),
  mappings: z.array(z.looseObject({ id: z.string(), entity: z.string(), externalId: shown })).default([]),
  suggestions: z
    .looseObject({
      times: z.array(z.looseObject({ startsLocal: z.string(), staffName: shown })).default([]),
      staff: z.array(z.looseObject({ staffId: z.string(), name: shown })).default([]),
    })
    .default({ times: [], staff: [] }),
});
/** A conflict with everything that a decision needs. */
export type Card = z.output<typeof conflictCard>;

export const conflictAnswer = noted.extend({ conflict: conflictCard });
export const resolved = noted.extend({
  state: z.enum(['resolved', 'recorded']),
  resolutionId: z.string(),
  conflict: z.string(),
});
