/** Hours and time off as they come in (SPEC 5.1). */
import { z } from 'zod';
import { isLocalMinute } from '../../domain/local-time.ts';
import { TIME_OFF_REASONS, type OpenInterval } from '../../domain/observed.ts';
import { flawsOfIntervals, flawsOfWeek, type Flaw } from '../../infra/hours/check.ts';
import { MOST_INTERVALS, type HoursOwner } from '../../infra/hours/words.ts';
import { businessId } from '../wire.ts';

const STAFF = '0199c0de-0000-7000-8000-000000000004';
const DAY = '2026-12-01';

export const hoursParams = z.object({ id: businessId });

const date = z
  .string()
  .refine(
    (text) => text.length === 10 && isLocalMinute(`${text}T00:00`),
    'must be a date of the calendar, as YYYY-MM-DD',
  )
  .meta({ description: 'Date of the salon', example: DAY });
const localTime = z
  .string()
  .refine(isLocalMinute, 'must be a local time that the calendar has, as YYYY-MM-DDTHH:MM')
  .meta({ description: 'Local time of the salon' });

export const dayParams = z.object({ id: businessId, date });
export const timeOffParams = z.object({
  id: z
    .guid('must be the id of a time off (uuid)')
    .transform((text) => text.toLowerCase())
    .meta({ description: 'Id of the time off', example: '0199c0de-0000-7000-8000-0000000000c3' }),
});

const recordId = (what: string) =>
  z.guid(`must be the id of a ${what} (uuid)`).transform((text) => text.toLowerCase());

const owner = z
  .object({
    kind: z.enum(['business', 'staff', 'room'], 'must be business, staff or room'),
    id: recordId('member of staff or a room').optional().meta({ description: 'Of a person or a room' }),
  })
  .strict()
  .superRefine(({ kind, id }, context) => {
    if ((kind === 'business') === (id === undefined)) return;
    const message = id === undefined ? `is needed for a ${kind}` : 'is not given for the business itself';
    context.addIssue({ code: 'custom', path: ['id'], message });
  })
  .meta({ id: 'HoursOwner', example: { kind: 'staff', id: STAFF } });

/** Of requests without a body: whose it is. Neither: the business itself. */
const ownerQuery = {
  staff: recordId('member of staff').optional().meta({ description: 'Of this member of staff' }),
  room: recordId('room').optional().meta({ description: 'Of this room' }),
};
const notBoth = {
  check: ({ staff, room }: { staff?: string | undefined; room?: string | undefined }) =>
    staff === undefined || room === undefined,
  message: { message: 'name a member of staff or a room, not both', path: ['room'] },
};

export function ownerOf(
  business: string,
  asked: { readonly staff?: string | undefined; readonly room?: string | undefined },
): HoursOwner {
  if (asked.staff !== undefined) return { kind: 'staff', id: asked.staff };
  return asked.room === undefined ? { kind: 'business', id: business } : { kind: 'room', id: asked.room };
}

export function namedOwner(business: string, { kind, id }: z.output<typeof owner>): HoursOwner {
  return { kind, id: id ?? business };
}

const addFlaws = (context: z.RefinementCtx, flaws: readonly Flaw[]) => {
  for (const { path, message } of flaws) context.addIssue({ code: 'custom', path: [...path], message });
};
const pairsOf = (intervals: readonly (readonly number[])[]): readonly OpenInterval[] =>
  intervals.map(([open = 0, close = 0]) => [open, close]);

const intervals = z
  .array(
    z
      .array(z.int('must be whole minutes from local midnight'))
      .length(2, 'must be [opens, closes], in minutes from local midnight'),
  )
  .max(MOST_INTERVALS, `must be at most ${MOST_INTERVALS} a day`)
  .superRefine((all, context) => {
    if (all.every((each) => each.length === 2)) addFlaws(context, flawsOfIntervals(pairsOf(all)));
  })
  .transform(pairsOf)
  .meta({
    description:
      '`[[opens, closes], …]` in minutes from local midnight, in order; several: a split shift; `[]`: closed. A shift belongs to the day on which it begins; one over midnight ends past 1440: `[1320, 1560]` is 22:00 to 02:00',
  });

const WEEK_EXAMPLE = [0, 1, 2, 3, 4, 5, 6].map((dayOfWeek) => ({
  dayOfWeek,
  intervals:
    dayOfWeek === 0
      ? []
      : [
          [540, 780],
          [840, 1080],
        ],
}));

const days = z
  .array(
    z
      .object({
        dayOfWeek: z
          .int('must be a whole number from 0 (Sunday) to 6 (Saturday)')
          .min(0, 'must be 0 (Sunday) to 6 (Saturday)')
          .max(6, 'must be 0 (Sunday) to 6 (Saturday)')
          .meta({ description: '0 = Sunday … 6 = Saturday' }),
        intervals,
      })
      .strict(),
  )
  .max(7, 'must be the seven days of the week')
  .superRefine((week, context) => {
    addFlaws(context, flawsOfWeek(week));
  })
  .meta({ description: 'All seven, each once' });

const VERSION = '`version` as it was shown, null where there was none: refused where it has changed since';
const version = z.string().max(60).nullable().optional().meta({ description: VERSION });
const versionQuery = z.string().max(60).optional().meta({ description: VERSION });

export const weekBody = z
  .object({
    owner,
    appliesFrom: date
      .nullable()
      .default(null)
      .meta({ description: 'First day of a schedule; null or left out: the week that counts today' }),
    days,
    version,
  })
  .strict()
  .meta({ id: 'SetWeek', example: { owner: { kind: 'staff', id: STAFF }, days: WEEK_EXAMPLE } });

export const scheduleQuery = z
  .object({ appliesFrom: date, ...ownerQuery, version: versionQuery })
  .strict()
  .refine(notBoth.check, notBoth.message);

export const dayBody = z
  .object({ owner, intervals, version })
  .strict()
  .meta({ id: 'SetDay', example: { owner: { kind: 'business' }, intervals: [[600, 840]] } });
export const dayQuery = z
  .object({ ...ownerQuery, version: versionQuery })
  .strict()
  .refine(notBoth.check, notBoth.message);

/** Of a person or a room: one of them is named, which the handler sees to. */
export const ownQuery = z
  .object({
    staff: ownerQuery.staff.meta({ description: 'Of this member of staff; or:', example: STAFF }),
    room: ownerQuery.room,
    version: versionQuery,
  })
  .strict()
  .refine(notBoth.check, notBoth.message);

export const hoursQuery = z
  .object({
    from: date.optional().meta({ description: 'First date of custom days; left out: today', example: DAY }),
    to: date.optional().meta({ description: 'Last date; left out: all to come' }),
  })
  .strict();

const reasonCode = z.enum(TIME_OFF_REASONS, `must be one of ${TIME_OFF_REASONS.join(', ')}`).meta({
  description:
    'Of people: personal_day, sick_day, vacation, training, no_show, late, early, other. Of rooms: day_off, holiday, maintenance, break, other',
});
const range = {
  startsLocal: localTime.optional(),
  endsLocal: localTime.optional(),
  fromDate: date
    .optional()
    .meta({ description: 'First whole day, in place of startsLocal and endsLocal', example: DAY }),
  toDate: date.optional().meta({ description: 'Last whole day, which is off, too; left out: the first' }),
};
export const newTimeOffBody = z
  .object({ owner, ...range, reasonCode: reasonCode.default('other') })
  .strict()
  .superRefine(({ owner: { kind } }, context) => {
    if (kind !== 'business') return;
    const message = 'must be staff or room; the salon itself is closed by a custom day or a holiday';
    context.addIssue({ code: 'custom', path: ['owner', 'kind'], message });
  })
  .meta({
    id: 'NewTimeOff',
    example: { owner: { kind: 'staff', id: STAFF }, fromDate: DAY, toDate: DAY, reasonCode: 'vacation' },
  });
export const changeTimeOffBody = z
  .object({
    ...range,
    reasonCode: reasonCode.optional(),
    version: z.int().optional().meta({ description: 'As it was shown; refused where it has changed since' }),
  })
  .strict()
  .refine(({ version: _version, ...rest }) => Object.values(rest).some((each) => each !== undefined), {
    message: 'must change something: startsLocal, endsLocal, fromDate, toDate or reasonCode',
  })
  .meta({ id: 'ChangeTimeOff', example: { reasonCode: 'training' } });
export const timeOffVersionQuery = z
  .object({
    version: z
      .string()
      .regex(/^\d{1,9}$/, 'must be the whole number that the time off shows')
      .transform(Number)
      .optional()
      .meta({ description: 'As it was shown; refused where it has changed since' }),
  })
  .strict();
export const timeOffQuery = {
  from: date.optional().meta({ description: 'First date; left out: today', example: DAY }),
  to: date.optional().meta({ description: 'Last date; left out: all to come' }),
  ...ownerQuery,
};
