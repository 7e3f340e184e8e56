import { z } from 'zod';
import { noted, shown } from './wire.ts';

/** Answers of the API about the audit trail and about undoing. See wire.ts for the manners. */

const auditRow = z.looseObject({
  id: z.string().nullable(),
  number: z.string(),
  seq: z.string().nullable().default(null),
  businessId: z.string(),
  businessName: shown.nullable().default(null),
  at: z.string(),
  actor: shown,
  action: shown,
  entity: z.string().nullable(),
  recordId: z.string().nullable(),
  externalId: shown.nullable(),
  runId: z.string().nullable(),
  reasonCode: shown.nullable(),
  groups: z.array(shown).default([]),
  reason: shown.nullable().default(null),
  undone: z.boolean().default(false),
});
/** Who or what did what. */
export type AuditRow = z.output<typeof auditRow>;
export const auditPage = noted.extend({ entries: z.array(auditRow), nextCursor: z.string().nullable() });

const link = z.object({ seq: z.string(), hash: z.string() });
const chain = z.looseObject({
  businessId: z.string().nullable(),
  businessName: shown.nullable().default(null),
  head: link.nullable(),
});
/** One chain of the trail. */
export type AuditChainRow = z.output<typeof chain>;
export const auditChains = z.looseObject({ chains: z.array(chain) });

const fault = z.looseObject({
  code: z.string(),
  message: shown,
  seq: z.string().nullable(),
  id: z.string().nullable(),
});
export type AuditFaultRow = z.output<typeof fault>;
export const auditVerified = z.looseObject({
  entries: z.number(),
  olderEntries: z.number().default(0),
  valuesChecked: z.number().default(0),
  valuesErased: z.number().default(0),
  faults: z.array(fault),
  more: z.number().default(0),
  last: link,
  ended: z.boolean(),
});

const left = z.looseObject({ reason: z.string(), text: shown });
const undoRecord = z.looseObject({
  entity: z.string(),
  recordId: z.string(),
  label: shown.nullable().default(null),
  changes: z.array(z.looseObject({ group: shown, from: z.unknown().optional(), to: z.unknown().optional() })),
  end: z.string().nullable(),
  restore: z.boolean().default(false),
  left: z.array(left.extend({ group: shown.nullable() })).default([]),
  atBooksy: z.boolean().default(false),
});
/** What undoing does to one record. */
export type UndoRecordRow = z.output<typeof undoRecord>;

const undoDecision = z.looseObject({
  conflictId: z.string(),
  kind: z.string(),
  kindText: shown,
  choice: shown,
  entity: z.string(),
  recordId: z.string().nullable(),
  label: shown.nullable().default(null),
  does: z.array(z.looseObject({ deed: z.string(), text: shown })),
  left: z.array(left).default([]),
});
/** A decision about a conflict that is taken back by itself. */
export type UndoDecisionRow = z.output<typeof undoDecision>;

export const undoAnswer = noted.extend({
  undo: z.looseObject({
    id: z.string(),
    businessName: shown.nullable().default(null),
    runId: z.string().nullable(),
    recordId: z.string().nullable(),
    state: z.string(),
    outcome: z.string().nullable().default(null),
    expiresAt: z.string(),
    counts: z.looseObject({
      records: z.number(),
      undoable: z.number(),
      changes: z.number(),
      atBooksy: z.number(),
      done: z.number(),
      left: z.array(left.extend({ count: z.number() })).default([]),
    }),
    needsBooksyConfirmation: z.boolean().default(false),
    decision: undoDecision.nullable().default(null),
    opened: z.string().nullable().default(null),
    records: z.array(undoRecord),
    moreRecords: z.number().default(0),
    leftRecords: z.array(left.extend({ entity: z.string(), recordId: z.string() })).default([]),
    names: z.record(z.string(), shown).default({}),
  }),
});
/** An undo: what would change, or what became of it. */
export type Undo = z.output<typeof undoAnswer>['undo'];
