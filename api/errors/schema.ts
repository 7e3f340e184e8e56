/** What went wrong and is not mended, as it is shown. */
import { z } from 'zod';
import { instant } from '../wire.ts';

/**
 * A record in quarantine, a run that failed, a run under way whose step fails, a record that failed alone in a drain, a
 * business whose circuit is open (R29).
 */
export const ERROR_KINDS = ['quarantine', 'run', 'open', 'record', 'circuit', 'calendar'] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

export const errorSchema = z
  .object({
    id: z.string().meta({ example: 'quarantine:0199c0de-0000-7000-8000-0000000000cc' }),
    kind: z.enum(ERROR_KINDS).meta({
      description:
        '`quarantine`: a record that could not be taken in; `run`: a run that failed and that no later one has mended; `open`: a run under way whose step fails and is tried again; `record`: a record that failed alone and is tried again by a workflow of its own (`retry` asks for the next try now, `skip` leaves it until it changes again); `circuit`: trouble of everybody, everything of the business waits until a probe succeeds; `calendar`: a calendar of somebody that cannot be read',
    }),
    businessId: z.guid(),
    businessName: z.string(),
    entity: z.string().nullable().meta({ description: 'Kind of record; null of a whole run' }),
    externalId: z
      .string()
      .nullable()
      .meta({ description: 'Id at Booksy; `window:…` of a whole list or window' }),
    reasonCode: z.string().meta({ example: 'unparseable' }),
    reason: z.string().meta({ description: 'The same in plain words' }),
    nextStep: z.string(),
    field: z.string().nullable().meta({ description: 'Field at Booksy that could not be read' }),
    firstSeenAt: instant,
    lastSeenAt: instant,
    urgent: z.boolean().meta({ description: 'It is about a visit within 24 hours: such come first' }),
    urgentAt: instant.nullable().meta({ description: 'Start of the earliest visit that it is about' }),
    affected: z
      .int()
      .nullable()
      .meta({ description: 'Records that a release is about: name this number in the release' }),
    attempt: z.int().nullable().meta({ description: 'Of a step that is tried again' }),
    nextAttemptAt: instant.nullable(),
    operation: z.string().nullable().meta({ description: 'The run that saw it last' }),
    actions: z.array(z.enum(['retry', 'skip', 'release'])).meta({ description: 'What can be done here' }),
  })
  .meta({ id: 'SyncError' });
export type SyncError = z.output<typeof errorSchema>;

/** Place in the list: urgent ones first, then what was seen last. */
export interface ErrorPlace {
  readonly urgent: boolean;
  readonly lastSeenAt: Date;
  readonly id: string;
}

export function placeOf(error: SyncError): ErrorPlace {
  return { urgent: error.urgent, lastSeenAt: new Date(error.lastSeenAt), id: error.id };
}

/** Negative where `a` comes before `b`. */
export function compareErrors(a: ErrorPlace, b: ErrorPlace): number {
  return (
    Number(b.urgent) - Number(a.urgent) ||
    b.lastSeenAt.getTime() - a.lastSeenAt.getTime() ||
    (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)
  );
}

/** `kind:uuid`, apart; null where it is none. */
export function parseErrorId(id: string): { readonly kind: ErrorKind; readonly key: string } | null {
  const [kind, key, ...rest] = id.split(':');
  const known = ERROR_KINDS.find((each) => each === kind);
  return known === undefined || key === undefined || rest.length > 0 || !z.guid().safeParse(key).success
    ? null
    : { kind: known, key: key.toLowerCase() };
}
