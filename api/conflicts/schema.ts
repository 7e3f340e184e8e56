/** A conflict as it is shown to a person. Names are personal data: give the scope conflicts:read to who needs it. */
import { z } from 'zod';
import { CONFLICT_KINDS } from '../../domain/conflict-kinds.ts';
import { CHOICES, SIDES } from '../../domain/conflicts/resolution.ts';
import { SYNC_ENTITIES } from '../../domain/entities.ts';
import { instant, note } from '../wire.ts';

export const STATUSES = ['open', 'resolved', 'closed'] as const;

export const kindName = z
  .enum(CONFLICT_KINDS, `must be one of ${CONFLICT_KINDS.join(', ')}`)
  .meta({ description: 'Kind of conflict', example: 'field' });
export const statusName = z
  .enum(STATUSES, `must be one of ${STATUSES.join(', ')}`)
  .meta({ description: '`closed` ended without a decision: its cause is gone, or its visit has begun' });
export const entityName = z
  .enum(SYNC_ENTITIES, `must be one of ${SYNC_ENTITIES.join(', ')}`)
  .meta({ description: 'Kind of record', example: 'booking' });
export const choiceName = z.enum(CHOICES, `must be one of ${CHOICES.join(', ')}`).meta({
  description: 'What is to be done. `choices` of the conflict says what may be chosen',
  example: 'keep-platform',
});

export const conflictParams = z.object({
  id: z
    .guid('must be a conflict id (uuid)')
    .transform((id) => id.toLowerCase())
    .meta({ description: 'Id of the conflict', example: '0199c0de-0000-7000-8000-0000000000ee' }),
});

const decision = z.object({
  id: z.guid().meta({ description: 'Id of the decision: its run in the ledger, by which it can be undone' }),
  choice: z.string().nullable(),
  state: z.enum(['pending', 'applied', 'refused', 'news', 'undone']).meta({
    description:
      '`refused` and `news`: nothing was changed, the conflict waits on. `undone`: it was taken back, and where there was something left to decide another conflict is open about it',
  }),
  detail: z.string().nullable().meta({ description: 'Why it was refused, and what to do instead' }),
  reason: z.string().nullable().meta({ description: 'In the words of who decided; of a rule its code' }),
  by: z.string().nullable().meta({ description: 'Who decided', example: 'api:0199c0de-…' }),
  ruleId: z.string().nullable(),
});

export const conflictRow = z
  .object({
    id: z.guid(),
    businessId: z.guid(),
    businessName: z.string(),
    kind: z.enum(CONFLICT_KINDS),
    kindText: z.string(),
    entity: z.string(),
    recordId: z.guid().nullable().meta({ description: 'Our record' }),
    recordLabel: z.string().nullable(),
    otherRecordId: z.guid().nullable().meta({ description: 'Of an overlap: the other visit or block' }),
    externalId: z.string().nullable().meta({ description: 'Id at Booksy' }),
    groups: z.array(z.string()).meta({ description: 'What is in dispute: frozen until it is decided' }),
    status: z.enum(STATUSES),
    reasonText: z.string(),
    openedAt: instant,
    updatedAt: instant,
    startsAt: instant
      .nullable()
      .meta({ description: 'When it begins: then both are kept and the conflict closes' }),
    remindAt: instant.nullable(),
    escalateAt: instant.nullable(),
    escalatedAt: instant.nullable(),
    notifyAdmin: z.boolean().nullable().meta({
      description:
        'The sync rule asks that an admin be told (`actions.notifyAdmin`); null before its first look. Alerts read it here',
    }),
    version: z.int().meta({ description: 'Name it in the decision: news raise it' }),
    resolution: z.string().nullable().meta({ description: 'How it ended' }),
    resolvedAt: instant.nullable(),
    decision: decision.nullable().meta({ description: 'The last decision, carried out or not' }),
  })
  .meta({ id: 'Conflict' });
export type ConflictView = z.output<typeof conflictRow>;

const counts = z.record(z.string(), z.int());
export const conflictPage = z
  .object({
    conflicts: z.array(conflictRow).meta({ description: 'Newest first' }),
    counts: z
      .object({
        status: counts.meta({ description: 'By status' }),
        openByKind: counts.meta({ description: 'Open ones by kind' }),
        escalated: z.int(),
      })
      .meta({
        description: 'Of all that the other filters let through, whatever kind and status were asked for',
      }),
    nextCursor: z.string().nullable().meta({ description: 'Null on the last page' }),
    notes: z.array(note),
  })
  .meta({ id: 'ConflictPage' });

const groupState = z.object({
  group: z.string().meta({ example: 'clientNote' }),
  name: z.string().meta({ description: 'In the words of a salon', example: 'Note of the client' }),
  booksy: z.string().nullable().meta({ description: 'At Booksy as last observed' }),
  platform: z.string().nullable().meta({ description: 'Here now' }),
  base: z.string().nullable().meta({ description: 'What both last agreed on, as it was here' }),
  changedThere: z.boolean(),
  changedHere: z.boolean(),
  disputed: z.boolean(),
});

export const conflictCard = conflictRow
  .extend({
    shown: z.string().meta({
      description:
        'Stands for the states that are shown here; name it in the decision, and it is refused if they have changed',
    }),
    observedAt: instant.nullable().meta({ description: 'When Booksy was last seen so' }),
    goneAtBooksy: z.boolean(),
    deletedHere: z.boolean(),
    states: z.array(groupState),
    other: z
      .object({
        recordId: z.guid(),
        entity: z.string(),
        label: z.string(),
        source: z.string().nullable(),
        startsAt: instant.nullable(),
        endsAt: instant.nullable(),
      })
      .nullable(),
    visits: z.array(z.object({ recordId: z.guid(), label: z.string() })).meta({
      description: 'All that it is about, where that is several: of a session, of a card. At most 50',
    }),
    lost: z
      .array(z.object({ group: z.string(), name: z.string(), value: z.string().nullable() }))
      .meta({ description: 'Values that no row holds any more: what was entered at Booksy and overwritten' }),
    choices: z.array(
      z.object({
        choice: z.enum(CHOICES),
        text: z.string(),
      }),
    ),
    mappings: z
      .array(z.object({ id: z.guid(), entity: z.string(), externalId: z.string() }))
      .meta({ description: 'Decisions of the mapping list that would settle it' }),
    suggestions: z.object({
      times: z.array(z.object({ startsLocal: z.string(), staffId: z.guid(), staffName: z.string() })),
      staff: z.array(z.object({ staffId: z.guid(), name: z.string() })),
    }),
    history: z
      .array(
        z.object({
          at: instant,
          actor: z.string(),
          action: z.string(),
          reasonCode: z.string().nullable(),
          groups: z.array(z.string()),
        }),
      )
      .meta({ description: 'Of the record, newest first' }),
  })
  .meta({ id: 'ConflictCard' });
export type ConflictCardView = z.output<typeof conflictCard>;

const local = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d$/, 'must be a local time, YYYY-MM-DDTHH:MM');
const id = z.guid('must be an id (uuid)').transform((value) => value.toLowerCase());

export const resolveBody = z
  .object({
    version: z
      .int('must be the whole number that the conflict shows')
      .min(1)
      .meta({ description: '`version` of the conflict that was looked at' }),
    shown: z.string().max(60).optional().meta({ description: '`shown` of the card that was looked at' }),
    choice: choiceName,
    groups: z
      .record(z.string().max(120), z.enum(SIDES, `must be ${SIDES.join(' or ')}`))
      .optional()
      .meta({ description: 'For `groups`: the side that counts, for each group in dispute' }),
    move: z
      .object({
        startsLocal: local.meta({ description: 'New start, local', example: '2026-03-02T14:30' }),
        recordId: id.optional().meta({ description: 'Which visit, where there are several' }),
        itemId: id.optional().meta({ description: 'Which part of it; else it moves whole' }),
        staffId: id.optional().meta({ description: 'Other staff' }),
      })
      .strict()
      .optional()
      .meta({ description: 'For `move`' }),
    keep: z
      .string()
      .min(1)
      .max(60)
      .optional()
      .meta({ description: 'Id of what stays, where a side does not name it' }),
    reason: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .meta({ description: 'In your own words, for the audit trail' }),
  })
  .strict()
  .refine(({ choice, move }) => (choice === 'move') === (move !== undefined), {
    path: ['move'],
    message: 'is needed for move, and for move only',
  })
  .refine(({ choice, groups }) => (choice === 'groups') === (groups !== undefined), {
    path: ['groups'],
    message: 'is needed for groups, and for groups only',
  })
  .meta({
    id: 'ConflictResolution',
    example: { version: 1, choice: 'keep-platform', reason: 'The client called us.' },
  });
export type ResolveBody = z.output<typeof resolveBody>;

export const resolveAnswer = z
  .object({
    state: z.enum(['resolved', 'recorded']).meta({
      description: '`resolved`: carried out; `recorded`: it is kept and will be carried out',
    }),
    id: z.guid(),
    resolutionId: z.guid(),
    conflict: z.string().meta({ description: 'Where to watch it' }),
    notes: z.array(note),
  })
  .meta({ id: 'ConflictResolved' });
