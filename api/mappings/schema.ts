/** A mapping as it is shown to a person: which record of Booksy is which of ours, and who says so. */
import { z } from 'zod';
import { MAPPED_ENTITIES, MAPPING_DECISIONS } from '../../infra/mappings.ts';
import { instant } from '../wire.ts';

export const MAPPING_STATES = ['linked', 'unsure', 'rejected'] as const;

export const entityName = z
  .enum(MAPPED_ENTITIES, `must be one of ${MAPPED_ENTITIES.join(', ')}`)
  .meta({ description: 'Kind of record', example: 'profile' });

export const cardSchema = z.object({ label: z.string(), lines: z.array(z.string()) });
export type Card = z.output<typeof cardSchema>;

const reason = z.object({
  code: z.string().meta({ example: 'same_email' }),
  text: z.string().meta({ description: 'The same in plain words' }),
});

export const mappingSchema = z
  .object({
    id: z.guid().meta({ description: 'Id of this row' }),
    businessId: z.guid(),
    businessName: z.string(),
    entity: z.string(),
    externalId: z.string().meta({ description: 'Id at Booksy' }),
    parentExternalId: z
      .string()
      .nullable()
      .meta({ description: 'What it belongs to at Booksy: the service of a variant' }),
    state: z.enum(MAPPING_STATES).meta({
      description: '`unsure` waits for a person; `rejected` is a record of its own, by a person’s word',
    }),
    recordId: z.guid().nullable().meta({ description: 'Our record, where it is linked' }),
    recordLabel: z.string().nullable(),
    score: z.number().nullable().meta({ description: '0 to 1' }),
    reason: z.string().meta({ description: 'Code' }),
    reasonText: z.string(),
    card: cardSchema
      .nullable()
      .meta({ description: 'What Booksy shows of it; null where nothing was kept or it cannot be opened' }),
    candidates: z
      .array(
        z.object({
          recordId: z.guid(),
          label: z.string().nullable().meta({ description: 'Null where the record is gone' }),
          lines: z.array(z.string()),
          score: z.number(),
          reasons: z.array(reason),
        }),
      )
      .meta({ description: 'Records of ours that it could be, best first' }),
    version: z
      .int()
      .meta({ description: 'Name it in the decision: it is raised when card or candidates change' }),
    decision: z.enum(MAPPING_DECISIONS).nullable().meta({ description: 'What a person decided' }),
    decisionRecordId: z.guid().nullable(),
    decidedAt: instant.nullable(),
    decidedBy: z.string().nullable(),
    appliedAt: instant
      .nullable()
      .meta({ description: 'When the decision was carried out; null while it waits for that' }),
  })
  .meta({ id: 'Mapping' });
export type Mapping = z.output<typeof mappingSchema>;
