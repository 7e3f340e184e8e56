/** Wire shapes of the audit trail. */
import { z } from 'zod';
import { AUDIT_FAULTS, type AuditFaultCode } from '../../infra/audit/verify.ts';
import { businessId, instant } from '../wire.ts';

export const auditEntrySchema = z
  .object({
    id: z.guid().nullable().meta({ description: 'Null for entries of before the chain' }),
    number: z.string().meta({ description: 'Order of writing over all businesses', example: '4711' }),
    seq: z
      .string()
      .nullable()
      .meta({ description: 'Place in the chain of its business; null: of before it', example: '17' }),
    businessId: z.guid(),
    businessName: z.string(),
    at: instant,
    actor: z.string().meta({ description: '`sync`, or who did it', example: 'api:0199c0de-…' }),
    action: z.string().meta({ example: 'updated' }),
    entity: z.string().nullable().meta({ example: 'booking' }),
    recordId: z.guid().nullable(),
    externalId: z.string().nullable(),
    runId: z.guid().nullable(),
    reasonCode: z.string().nullable().meta({ example: 'changed_at_booksy' }),
    groups: z.array(z.string()).meta({ description: 'Which parts of the record', example: ['status'] }),
    reason: z.string().nullable().meta({ description: 'In the words of whoever decided it' }),
    undoOf: z.string().nullable().meta({ description: '`number` of the entry that this one takes back' }),
    undone: z.boolean().meta({ description: 'Whether a later entry takes this one back' }),
    hasValues: z.boolean().meta({ description: 'Whether before and after are kept (not erased)' }),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntryWire = z.output<typeof auditEntrySchema>;

const states = z.record(z.string(), z.unknown()).nullable();

export const auditValuesSchema = z
  .object({
    before: states.meta({ description: 'What these groups held; a group that is missing was not there' }),
    after: states,
    erased: z.boolean().meta({ description: 'Emptied by an erasure' }),
  })
  .meta({ id: 'AuditValues' });

const anchor = z.object({
  seq: z.string().regex(/^\d{1,18}$/, 'must be a place in the chain'),
  hash: z.string().regex(/^[\da-f]{64}$/, 'must be the hexadecimal hash of a link'),
});
export const anchorSchema = anchor.meta({
  id: 'AuditAnchor',
  description: 'A link. Kept outside, it shows later whether the chain was cut off and sealed again',
});

export const chainSchema = z
  .object({
    businessId: z.guid().nullable().meta({ description: 'Null: what belongs to no business' }),
    businessName: z.string().nullable(),
    head: anchorSchema.nullable().meta({ description: 'The last link; null where it is gone' }),
  })
  .meta({ id: 'AuditChain' });

const FAULT_CODES = Object.keys(AUDIT_FAULTS).filter((code): code is AuditFaultCode => code in AUDIT_FAULTS);

export const verifyBody = z
  .object({
    businessId: businessId
      .nullable()
      .meta({ description: 'Whose chain; null: what belongs to no business (a token of all businesses)' }),
    after: anchor
      .strict()
      .optional()
      .meta({ description: 'Go on behind this link: `last` of the answer before, or one that was noted' }),
  })
  .strict()
  .meta({ id: 'AuditVerification', example: { businessId: '0199c0de-0000-7000-8000-000000000001' } });

export const verifiedSchema = z
  .object({
    businessId: z.guid().nullable(),
    entries: z.int().meta({ description: 'Links looked at' }),
    olderEntries: z.int().meta({ description: 'Entries of before the chain' }),
    valuesChecked: z.int(),
    valuesErased: z.int(),
    faults: z
      .array(
        z.object({
          code: z.enum(FAULT_CODES),
          message: z.string(),
          seq: z.string().nullable(),
          id: z.string().nullable().meta({ description: '`number` of the entry, or the key of its values' }),
        }),
      )
      .meta({ description: 'What is wrong, and where. Empty: whole' }),
    more: z.int().meta({ description: 'Faults beyond those named' }),
    last: z
      .object({ seq: z.string(), hash: z.string() })
      .meta({ description: 'The last link looked at. Note it outside of the database' }),
    ended: z.boolean().meta({ description: 'False: ask again with `after` = `last`' }),
  })
  .meta({ id: 'AuditVerified' });
