/** Wire shapes of undoing (SPEC 3.8). */
import { z } from 'zod';
import { CONFLICT_KINDS } from '../../domain/conflict-kinds.ts';
import { SYNC_ENTITIES } from '../../domain/entities.ts';
import { DECISION_DEEDS } from '../../domain/undo/index.ts';
import { instant, note } from '../wire.ts';

export const undoParams = z.object({
  id: z
    .guid('must be the id of an undo (uuid)')
    .transform((id) => id.toLowerCase())
    .meta({ description: 'Id of the undo', example: '0199c0de-0000-7000-8000-0000000000f2' }),
});

const uuid = (what: string) => z.guid(`must be ${what} (uuid)`).transform((id) => id.toLowerCase());

export const undoBody = z
  .object({
    runId: uuid('the id of an operation')
      .optional()
      .meta({ description: 'What this operation did; with a record only what it did to that' }),
    entity: z
      .enum(SYNC_ENTITIES, `must be one of ${SYNC_ENTITIES.join(', ')}`)
      .optional()
      .meta({ description: 'Kind of the record', example: 'booking' }),
    recordId: uuid('the id of a record')
      .optional()
      .meta({ description: 'This record: its last change, or what `runId` did to it' }),
  })
  .strict()
  .refine(({ runId, recordId }) => runId !== undefined || recordId !== undefined, {
    message: 'is needed, or `entity` with `recordId`',
    path: ['runId'],
  })
  .refine(({ entity, recordId }) => (entity === undefined) === (recordId === undefined), {
    message: 'goes with `entity`: give both, or none',
    path: ['recordId'],
  })
  .meta({ id: 'UndoRequest', example: { runId: '0199c0de-0000-7000-8000-0000000000aa' } });
export type UndoRequest = z.output<typeof undoBody>;

export const confirmBody = z
  .object({
    atBooksy: z.boolean().default(false).meta({
      description:
        'That the record is changed at Booksy too, where its client may be told. Of an operation nothing is ever undone at Booksy: undo those records one by one',
    }),
  })
  .strict()
  .meta({ id: 'UndoConfirmation', example: { atBooksy: false } });

const left = z.object({ reason: z.string(), text: z.string() });

const undoRecord = z
  .object({
    entity: z.string(),
    recordId: z.guid(),
    label: z.string().nullable().meta({ description: 'By which people know it' }),
    changes: z.array(
      z.object({
        group: z.string(),
        from: z.unknown().optional().meta({ description: 'As it is; left out where it is not there' }),
        to: z.unknown().optional().meta({ description: 'As it will be; left out where it goes' }),
      }),
    ),
    end: z
      .enum(['cancel', 'hide', 'remove'])
      .nullable()
      .meta({ description: 'What becomes of a record that the sync made' }),
    restore: z.boolean().meta({ description: 'Whether a record that the sync took away is made again' }),
    left: z.array(left.extend({ group: z.string().nullable() })).meta({ description: 'What stays, and why' }),
    atBooksy: z.boolean().meta({ description: 'Whether it would be changed at Booksy too' }),
  })
  .meta({ id: 'UndoRecord' });
export type UndoRecordWire = z.output<typeof undoRecord>;

const undoDecision = z
  .object({
    conflictId: z.guid().meta({ description: 'The conflict that was decided' }),
    kind: z.enum(CONFLICT_KINDS),
    kindText: z.string(),
    choice: z.string().meta({ description: 'What was decided', example: 'ignore' }),
    entity: z.string(),
    recordId: z.guid().nullable(),
    label: z.string().nullable().meta({ description: 'By which people know the record' }),
    does: z
      .array(z.object({ deed: z.enum(DECISION_DEEDS), text: z.string() }))
      .meta({ description: 'What taking it back does, all of it or nothing' }),
    left: z.array(left).meta({ description: 'What stays, and why' }),
  })
  .meta({ id: 'UndoDecision' });
export type UndoDecisionWire = z.output<typeof undoDecision>;

export const UNDO_STATES = ['planning', 'planned', 'confirmed', 'done', 'refused', 'expired'] as const;

export const undoSchema = z
  .object({
    id: z.guid(),
    businessId: z.guid(),
    businessName: z.string(),
    runId: z.guid().nullable(),
    entity: z.string().nullable(),
    recordId: z.guid().nullable(),
    state: z.enum(UNDO_STATES),
    outcome: z.string().nullable(),
    requestedBy: z.string(),
    confirmedBy: z.string().nullable(),
    createdAt: instant,
    expiresAt: instant.meta({ description: 'Not confirmed by then it is over' }),
    finishedAt: instant.nullable(),
    counts: z.object({
      records: z.int(),
      undoable: z.int().meta({ description: 'Records with something to take back' }),
      changes: z.int(),
      atBooksy: z.int().meta({ description: 'Of those, records that would be changed at Booksy too' }),
      done: z.int().meta({ description: 'Records that were taken back' }),
      left: z.array(left.extend({ count: z.int() })),
    }),
    needsBooksyConfirmation: z
      .boolean()
      .meta({ description: 'Whether confirming it takes `atBooksy`: true' }),
    decision: undoDecision.nullable().meta({
      description:
        'A decision about a conflict that is taken back by itself: there are no `records` then. Null once it is over',
    }),
    opened: z.guid().nullable().meta({ description: 'The conflict that was opened again by it' }),
    records: z.array(undoRecord).meta({ description: 'The first 200; empty once it is over' }),
    moreRecords: z.int(),
    leftRecords: z.array(left.extend({ entity: z.string(), recordId: z.guid() })).meta({
      description:
        'Left while it was carried out; the first 200. Of a conflict without a record `recordId` is the conflict',
    }),
    names: z
      .record(z.string(), z.string())
      .meta({ description: 'Whom and what the ids in `changes` stand for' }),
  })
  .meta({ id: 'Undo' });
export type UndoWire = z.output<typeof undoSchema>;

export const undoAnswer = z.object({ undo: undoSchema, notes: z.array(note) }).meta({ id: 'UndoAnswer' });
