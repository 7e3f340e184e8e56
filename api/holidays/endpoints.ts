/** Public holidays as suggestions, and days of the owner's own (SPEC 5.1). */
import { z } from 'zod';
import { HolidayPlaceError } from '../../domain/holidays/index.ts';
import { isLocalMinute } from '../../domain/local-time.ts';
import { appendAudit } from '../../infra/audit/index.ts';
import {
  decideHoliday,
  listHolidays,
  suggestHolidays,
  type StoredHoliday,
} from '../../infra/holidays/store.ts';
import { reachableBusiness } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { keyed, KEYED } from '../http/keyed.ts';
import { Problem } from '../http/problem.ts';
import { actorOf, businessId, instant, isoOrNull } from '../wire.ts';

type Deps = Pick<ApiDeps, 'prisma'>;
const PATH = '/api/admin/booksy/businesses/:id/holidays';

const params = z.object({ id: businessId });
const day = z
  .string()
  .refine((text) => isLocalMinute(`${text}T00:00`), 'must be a date that exists, YYYY-MM-DD')
  .meta({ description: 'Date of the salon', example: '2026-12-24' });

const minutes = z.int().min(0).max(1440);
const intervals = z
  .array(
    z
      .array(minutes)
      .length(2, 'must be [opens, closes]')
      .refine(([open = 0, close = 0]) => close > open, 'must end after it begins'),
  )
  .max(10)
  .refine(
    (all) => all.every(([open = 0], at) => at === 0 || open >= (all[at - 1]?.[1] ?? 0)),
    'must be in order and not overlap',
  )
  .meta({ description: '`[[opens, closes], …]` in minutes from midnight, where it is open' });

const decideBody = z
  .object({
    date: day,
    state: z.enum(['closed', 'open', 'suggested']).meta({
      description:
        '`open`: open at `intervals` all the same; `suggested`: takes the decision back, and a day of one’s own away',
    }),
    intervals: intervals.default([]),
    name: z.string().trim().min(1).max(200).optional().meta({ description: 'For a day of one’s own' }),
  })
  .strict()
  .superRefine(({ state, intervals: hours }, context) => {
    if ((state === 'open') === hours.length > 0) return;
    const message = state === 'open' ? 'must say when it is open' : 'only an open day has hours';
    context.addIssue({ code: 'custom', path: ['intervals'], message });
  })
  .meta({
    id: 'DecideHoliday',
    example: { date: '2026-12-24', state: 'open', intervals: [[540, 780]], name: 'Christmas Eve' },
  });

const suggestBody = z
  .object({
    country: z
      .string()
      .max(3)
      .optional()
      .meta({ description: 'ISO 3166-1 alpha-2; without it that of the business' }),
    region: z
      .string()
      .max(20)
      .nullable()
      .optional()
      .meta({ description: 'As the country names it, e.g. `BY`; null = none' }),
  })
  .strict()
  .meta({ id: 'SuggestHolidays', example: { country: 'DE', region: 'BY' } });

const holidayOut = z
  .object({
    date: z.string(),
    code: z.string().meta({ description: 'The same in every year; `own`: a day that the owner added' }),
    name: z.string(),
    state: z.enum(['suggested', 'closed', 'open']),
    intervals: z.array(z.array(z.int())),
    decidedAt: instant.nullable(),
    decidedBy: z.string().nullable(),
  })
  .meta({ id: 'Holiday' });
const listAnswer = z
  .object({ country: z.string(), region: z.string().nullable(), holidays: z.array(holidayOut) })
  .meta({ id: 'Holidays' });
const suggestAnswer = z
  .object({ suggested: z.int().meta({ description: 'New ones' }) })
  .meta({ id: 'HolidaysSuggested' });

export function holidayEndpoints(deps: Deps): Endpoint[] {
  return [listEndpoint(deps), decideEndpoint(deps), suggestEndpoint(deps)];
}

function listEndpoint({ prisma }: Deps): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: PATH,
    tag: 'Hours',
    summary: 'Public holidays and what was decided about them',
    description: 'Of this year and the next, unless told otherwise. Only `closed` and `open` count.',
    params,
    query: z.object({ from: day.optional(), to: day.optional() }).strict(),
    responses: { 200: { description: 'By date', schema: listAnswer } },
    problems: ['not_found'],
    async handler({ params: { id }, query, grant }) {
      await reachableBusiness(prisma, grant, id);
      const { country, region, year } = await placeOf(prisma, id);
      const from = query.from ?? `${String(year)}-01-01`;
      const to = query.to ?? `${String(year + 1)}-12-31`;
      if (to < from) throw unusable('query.to', 'must not be before `from`');
      const rows = await listHolidays(prisma, id, from, to);
      return { status: 200, json: { country, region, holidays: rows.map(holidayOf) } };
    },
  });
}

function decideEndpoint({ prisma }: Deps): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: PATH,
    tag: 'Hours',
    summary: 'Decide about a holiday, or add a day of one’s own',
    params,
    body: decideBody,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'The date as it is now', schema: listAnswer } },
    problems: ['not_found', ...KEYED],
    handler(call) {
      const { body, grant } = call;
      const { id } = call.params;
      return keyed(prisma, call, ['holiday', id, body], async () => {
        await reachableBusiness(prisma, grant, id);
        const { date, state, intervals: hours, name } = body;
        const done = await prisma.$transaction(async (tx) => {
          const intervalsOfDay = hours.map(([open = 0, close = 0]) => [open, close] as const);
          const decision = { date, state, intervals: intervalsOfDay, name: name ?? null };
          const decided = await decideHoliday(tx, id, decision, actorOf(grant));
          if (decided)
            await appendAudit(tx, { businessId: id }, [
              {
                actor: actorOf(grant),
                action: 'holiday_decided',
                entity: 'holiday',
                externalId: date,
                reasonCode: state,
              },
            ]);
          return decided;
        });
        if (!done)
          throw state === 'suggested'
            ? unusable('body.date', 'is no holiday: there is nothing to take back')
            : unusable('body.name', 'is needed: the date is no public holiday');
        const { country, region } = await placeOf(prisma, id);
        const rows = await listHolidays(prisma, id, date, date);
        return { status: 200, json: { country, region, holidays: rows.map(holidayOf) } };
      });
    },
  });
}

function suggestEndpoint({ prisma }: Deps): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: `${PATH}/suggest`,
    tag: 'Hours',
    summary: 'Suggest the public holidays of a country or region',
    description: 'Of this year and the next; from then on each year by itself. What was decided stays.',
    params,
    body: suggestBody,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'Suggested', schema: suggestAnswer } },
    problems: ['not_found', 'holiday_place_unknown', ...KEYED],
    handler(call) {
      const { body, grant } = call;
      const { id } = call.params;
      return keyed(prisma, call, ['suggest-holidays', id, body], async () => {
        await reachableBusiness(prisma, grant, id);
        const before = await placeOf(prisma, id);
        const country = (body.country ?? before.country).toUpperCase();
        const same = country === before.country.toUpperCase();
        const region = body.region === undefined ? (same ? before.region : null) : body.region;
        const suggested = await prisma
          .$transaction(async (tx) => {
            const made = await suggestHolidays(tx, id, { country, region }, [before.year, before.year + 1]);
            await tx.$executeRaw`
              UPDATE businesses SET holiday_country = ${country}, holiday_region = ${region}
               WHERE id = ${id}::uuid AND (holiday_country, holiday_region) IS DISTINCT FROM (${country}, ${region})`;
            await appendAudit(tx, { businessId: id }, [
              { actor: actorOf(grant), action: 'holidays_suggested', entity: 'holiday', reasonCode: country },
            ]);
            return made;
          })
          .catch((error: unknown) => {
            if (!(error instanceof HolidayPlaceError)) throw error;
            throw new Problem('holiday_place_unknown', {
              detail: error.message,
              nextStep: `Name a ${error.field} of the list.`,
              errors: [{ path: `body.${error.field}`, message: error.message }],
            });
          });
        return { status: 200, json: { suggested } };
      });
    },
  });
}

async function placeOf(prisma: Deps['prisma'], id: string) {
  const rows = await prisma.$queryRaw<{ country: string; region: string | null; year: number }[]>`
    SELECT coalesce(holiday_country, country) AS country,
           CASE WHEN holiday_country IS NULL THEN NULL ELSE holiday_region END AS region,
           extract(year FROM now() AT TIME ZONE zone)::int AS year
      FROM businesses WHERE id = ${id}::uuid`;
  const [found] = rows;
  if (found === undefined) throw new Error('The business has gone meanwhile.');
  return found;
}

function holidayOf(row: StoredHoliday): z.input<typeof holidayOut> {
  const { date, code, name, state, decidedBy } = row;
  return {
    date,
    code,
    name,
    state,
    intervals: row.intervals.map((each) => [...each]),
    decidedAt: isoOrNull(row.decidedAt),
    decidedBy,
  };
}

function unusable(path: string, message: string): Problem {
  return new Problem('bad_request', {
    detail: 'One value of the request cannot be used.',
    nextStep: 'Correct what `errors` names and send it again.',
    errors: [{ path, message }],
  });
}
