/** POST /api/admin/booksy/mappings: a person decides which record is which. */
import { z } from 'zod';
import { MAPPING_DECISIONS } from '../../infra/mappings.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import { decide } from '../mappings/decide.ts';
import { entityName } from '../mappings/schema.ts';
import { businessId, note, operationPath } from '../wire.ts';

const body = z
  .object({
    businessId,
    entity: entityName,
    externalId: z.string().min(1).max(100).meta({ description: 'Id at Booksy, as the mapping shows it' }),
    decision: z.enum(MAPPING_DECISIONS, `must be one of ${MAPPING_DECISIONS.join(', ')}`).meta({
      description:
        '`link`: it is `recordId`; `separate`: it is a record of its own; `unmerge`: it was taken for another one, give it back its own values and visits',
    }),
    recordId: z
      .guid('must be the id of a record (uuid)')
      .transform((id) => id.toLowerCase())
      .optional()
      .meta({ description: 'Record of ours, for `link` only' }),
    version: z
      .int('must be the whole number that the mapping shows')
      .min(0)
      .meta({ description: '`version` of the mapping that was looked at; 0 for a card that has none yet' }),
  })
  .strict()
  .refine(({ decision, recordId }) => (decision === 'link') === (recordId !== undefined), {
    path: ['recordId'],
    message: 'is needed for link, and for link only',
  })
  .meta({
    id: 'MappingDecision',
    example: {
      businessId: '0199c0de-0000-7000-8000-000000000001',
      entity: 'profile',
      externalId: '4711',
      decision: 'link',
      recordId: '0199c0de-0000-7000-8000-0000000000dd',
      version: 1,
    },
  });

const answer = z
  .object({
    state: z.enum(['applied', 'recorded']).meta({
      description: '`applied`: carried out; `recorded`: it is kept and will be carried out',
    }),
    businessId: z.guid(),
    entity: z.string(),
    externalId: z.string(),
    version: z.int().meta({ description: 'Of the mapping now' }),
    operation: z
      .string()
      .nullable()
      .meta({ description: 'Where to watch it', example: operationPath('…') }),
    notes: z.array(note),
  })
  .meta({ id: 'MappingDecided' });

export function decideMappingEndpoint(deps: Pick<ApiDeps, 'prisma' | 'launcher' | 'logger'>) {
  return defineEndpoint({
    method: 'POST',
    path: '/api/admin/booksy/mappings',
    tag: 'Mappings',
    summary: 'Decide which record is which',
    description:
      'Checked, recorded, then carried out by reading the record again; the answer waits up to two seconds for that. Refused where the mapping has changed since it was shown.',
    body,
    headers: idempotencyHeaders,
    responses: {
      200: { description: 'Carried out', schema: answer },
      202: { description: 'Recorded; it is carried out in the background', schema: answer },
    },
    problems: [
      'not_found',
      'mapping_target_missing',
      'mapping_other_business',
      'mapping_changed',
      'mapping_loop',
      'mapping_taken',
      'mapping_fixed',
      'mapping_not_linked',
      ...KEYED,
    ],
    handler: ({ body: asked, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['decide-mapping', asked], async () => {
        const decided = await decide(deps, grant, { ...asked, recordId: asked.recordId ?? null });
        return { status: decided.state === 'applied' ? 200 : 202, json: decided };
      }),
  });
}
