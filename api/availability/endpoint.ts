/** GET /api/availability: when a salon can take a visit (SPEC 5.3). */
import { z } from 'zod';
import { explainTime, REASONS, type Explanation, type WantedVisit } from '../../domain/availability/index.ts';
import { addDays } from '../../domain/local-time.ts';
import { salonAt, type Availability, type LoadedSalon } from '../../infra/availability/index.ts';
import type { PrismaClient } from '../../infra/database/index.ts';
import { asked } from '../../infra/bookings/decide.ts';
import { booking, itemsOf, localDate, localTime, mayReach, type WantedItemBody } from '../bookings/wanted.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { notFound, Problem } from '../http/problem.ts';
import { businessId } from '../wire.ts';
import { slotSchema } from './slot.ts';

export interface AvailabilityDeps {
  readonly prisma: Pick<PrismaClient, '$queryRaw'>;
  readonly availability: Availability;
}

/** Days of one question at most. */
const MOST_DAYS = 62;
const ITEM =
  /^(service:)?([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})(?:@([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|any))?$/i;

const items = z
  .string()
  .transform((text, context): readonly WantedItemBody[] => {
    const parts = text.split(',');
    const read = parts.flatMap((part): readonly WantedItemBody[] => {
      const [, service, id, staff] = ITEM.exec(part.trim()) ?? [];
      if (id === undefined) return [];
      const what = service === undefined ? { variantId: id.toLowerCase() } : { serviceId: id.toLowerCase() };
      return [{ ...what, staffId: staff === undefined || staff === 'any' ? null : staff.toLowerCase() }];
    });
    if (read.length < parts.length || read.length > 20)
      context.addIssue({
        code: 'custom',
        message: 'must be 1 to 20 of variant[@staff] or service:id[@staff], with commas between',
      });
    return read;
  })
  .meta({
    description:
      'What is done, in this order: ids of variants with commas between, each with `@` and the id of a member of staff, or `@any`. `service:<id>` where a service has one variant only',
    example: '0199c0de-0000-7000-8000-000000000003@any',
  });

const query = z
  .object({
    businessId,
    items,
    from: localDate,
    to: localDate.optional().meta({ description: 'Last date, at most 62 days on; left out: the first one' }),
    explain: localTime.optional().meta({ description: 'Also says why this local time is free or not' }),
  })
  .strict();

const explanationSchema = z
  .object({
    startsLocal: z.string(),
    free: z.boolean(),
    offered: z.boolean().meta({ description: 'Free and on the step: it is among the slots' }),
    code: z
      .enum(Object.keys(REASONS))
      .nullable()
      .meta({ description: 'What stands in the way most; null where it is free' }),
    message: z.string().nullable(),
    reasons: z.array(
      z.object({
        code: z.enum(Object.keys(REASONS)),
        item: z.int().nullable().meta({ description: 'Which item, from 0; null: the visit as a whole' }),
        staffId: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'TimeExplanation' });

const answer = z
  .object({
    businessId: z.string(),
    zone: z.string().meta({ description: 'In which the local times are read', example: 'Europe/Warsaw' }),
    from: z.string(),
    to: z.string(),
    asOf: z
      .string()
      .meta({ description: 'When the salon was read: at most a minute ago, and after its last change' }),
    slots: z.array(slotSchema),
    explanation: explanationSchema.nullable(),
  })
  .meta({ id: 'Availability' });

export function availabilityEndpoint({ prisma, availability }: AvailabilityDeps): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: '/api/availability',
    tag: 'Bookings',
    summary: 'When a salon can take a visit',
    description:
      'Free starts with who would serve and where, as the slot engine finds them: hours, holidays, time off, visits, holds, padding or buffers, rooms, seats, notice and horizon. A time that does not exist or comes twice that day is never among them.',
    query,
    responses: { 200: { description: 'Free starts, earliest first', schema: answer } },
    problems: ['not_found', 'staff_not_offered', 'variant_unclear', 'salon_unusable'],
    async handler({ query: wanted, grant }) {
      mayReach(grant, wanted.businessId);
      const [from, to] = range(wanted.from, wanted.to ?? wanted.from);
      const [salon, chosen] = await Promise.all([
        availability.salon(wanted.businessId, from, to),
        itemsOf(prisma, wanted.businessId, wanted.items),
      ]);
      if (salon === null) throw notFound('A business of the request');
      const visit = { items: chosen };
      return booking(async () => ({
        status: 200,
        json: {
          businessId: wanted.businessId,
          zone: salon.description.zone,
          from,
          to,
          asOf: salon.readAt,
          slots: asked(() => availability.slots(salon, { ...visit, fromDate: from, toDate: to })),
          explanation:
            wanted.explain === undefined
              ? null
              : await explained({ prisma, availability }, salon, visit, wanted.explain),
        },
      }));
    },
  });
}

function range(from: string, to: string): readonly [string, string] {
  const wrong = (path: string, message: string) =>
    new Problem('bad_request', {
      detail: 'The dates of the request cannot be used.',
      nextStep: 'Correct what `errors` names and send it again.',
      errors: [{ path, message }],
    });
  if (from < '2000-01-02' || from > '2199-01-01') throw wrong('query.from', 'must lie between 2000 and 2199');
  if (to < from) throw wrong('query.to', 'must not lie before `from`');
  if (to >= addDays(from, MOST_DAYS))
    throw wrong('query.to', `must lie at most ${MOST_DAYS - 1} days after \`from\``);
  return [from, to];
}

/** The time may lie outside of the dates: then its day is read as well. */
async function explained(
  { availability }: AvailabilityDeps,
  salon: LoadedSalon,
  visit: WantedVisit,
  startsLocal: string,
): Promise<z.input<typeof explanationSchema>> {
  const date = startsLocal.slice(0, 10);
  if (date < '2000-01-02' || date > '2199-01-01')
    throw new Problem('bad_request', {
      detail: 'The time to explain cannot be used.',
      nextStep: 'Correct what `errors` names and send it again.',
      errors: [{ path: 'query.explain', message: 'must lie between 2000 and 2199' }],
    });
  const known = date >= salon.fromDate && date <= salon.toDate;
  const own = known ? salon : ((await availability.salon(salon.businessId, date, date)) ?? salon);
  const now = new Date().toISOString();
  return shown(
    startsLocal,
    asked(() => explainTime(salonAt(own, now), visit, startsLocal)),
  );
}

function shown(startsLocal: string, { free, offered, code, reasons }: Explanation) {
  return {
    startsLocal,
    free,
    offered,
    code,
    message: code === null ? null : REASONS[code],
    reasons: reasons.map((reason) => ({ ...reason })),
  };
}
