/** What somebody wants to book, as requests say it, and its refusals as problems. */
import { z } from 'zod';
import type { WantedItem } from '../../domain/availability/index.ts';
import { isLocalMinute } from '../../domain/local-time.ts';
import { BookingError } from '../../infra/bookings/errors.ts';
import type { PrismaClient } from '../../infra/database/index.ts';
import type { BusinessReach, TokenGrant } from '../../infra/tokens.ts';
import { KEYED } from '../http/keyed.ts';
import { notFound, Problem } from '../http/problem.ts';

const id = (what: string) =>
  z.guid(`must be the id of a ${what} (uuid)`).transform((text) => text.toLowerCase());

export const localTime = z
  .string()
  .refine(isLocalMinute, 'must be a local time that the calendar has, as YYYY-MM-DDTHH:MM')
  .meta({ description: 'Local time of the salon', example: '2026-12-01T10:00' });

export const localDate = z
  .string()
  .refine(
    (text) => text.length === 10 && isLocalMinute(`${text}T00:00`),
    'must be a date of the calendar, as YYYY-MM-DD',
  )
  .meta({ description: 'Date of the salon', example: '2026-12-01' });

export const staffChoice = z
  .guid('must be the id of a member of staff (uuid), or null for anybody')
  .transform((text) => text.toLowerCase())
  .nullable()
  .optional()
  .meta({ description: 'Who shall serve it; null or left out: anybody who does' });

export const wantedItem = z
  .object({
    variantId: id('variant').optional(),
    serviceId: id('service')
      .optional()
      .meta({ description: 'In place of a variant, where the service has one only' }),
    staffId: staffChoice,
  })
  .strict()
  .refine(({ variantId, serviceId }) => (variantId === undefined) !== (serviceId === undefined), {
    message: 'must name a variant or a service',
  })
  .meta({ id: 'WantedItem' });
export type WantedItemBody = z.output<typeof wantedItem>;

export const wantedItems = z
  .array(wantedItem)
  .min(1, 'must name at least one')
  .max(20, 'must name at most 20')
  .meta({ description: 'What is done, in this order, one after the other' });

/**
 * The items with their variants.
 *
 * @throws {Problem} `not_found` for a service that the business does not sell, `variant_unclear` for one of several variants
 */
export async function itemsOf(
  prisma: Pick<PrismaClient, '$queryRaw'>,
  businessId: string,
  items: readonly WantedItemBody[],
): Promise<readonly WantedItem[]> {
  const services = [...new Set(items.flatMap(({ serviceId }) => serviceId ?? []))];
  const rows =
    services.length === 0
      ? []
      : await prisma.$queryRaw<{ service_id: string; id: string }[]>`
          SELECT v.service_id::text, v.id::text FROM service_variants v JOIN services s ON s.id = v.service_id
           WHERE s.business_id = ${businessId}::uuid AND s.active AND v.active AND s.id = ANY(${services}::uuid[])`;
  return items.map(({ variantId, serviceId, staffId }) => {
    if (variantId !== undefined) return { variantId, staffId: staffId ?? null };
    const variants = rows.filter((row) => row.service_id === serviceId);
    const [first] = variants;
    if (first === undefined) throw notFound('A service of the request');
    if (variants.length > 1)
      throw new Problem('variant_unclear', {
        detail: 'A service of the request has several variants.',
        nextStep: 'Name the variant.',
      });
    return { variantId: first.id, staffId: staffId ?? null };
  });
}

/** @throws {Problem} 404 where the token does not reach the business; whether it exists is seen when it is read. */
export function mayReach(grant: TokenGrant, businessId: string): void {
  if (grant.businesses !== 'all' && !grant.businesses.includes(businessId))
    throw notFound('A business of the request');
}

/** Businesses of a token as a condition of SQL: null is all. */
export function reachOf(reach: BusinessReach): readonly string[] | null {
  return reach === 'all' ? null : reach;
}

/** Runs what books, with its refusals as problems. @throws {Problem} */
export async function booking<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof BookingError ? problemOf(error) : error;
  }
}

/** Of a race many lose by one refusal: it is said once. */
const said = new WeakMap<BookingError, Problem>();

function problemOf(error: BookingError): Problem {
  const known = said.get(error) ?? newProblem(error);
  said.set(error, known);
  return known;
}

function newProblem({ code, details }: BookingError): Problem {
  if (code === 'unknown') return notFound(details.message);
  return new Problem(code, {
    detail: details.message,
    nextStep: details.next,
    ...(details.reason === undefined ? {} : { reason: details.reason }),
    ...(details.nextFree === undefined
      ? {}
      : {
          nextFree: details.nextFree.map((slot) => ({
            ...slot,
            items: slot.items.map((item) => ({ ...item })),
          })),
        }),
    ...(code === 'selling_stopped' ? { headers: { 'Retry-After': '60' } } : {}),
    cause: details.cause,
  });
}

/** What any booking, hold or move can be answered with. */
export const TIME_PROBLEMS = [
  'not_found',
  'slot_taken',
  'slot_not_offered',
  'time_past',
  'time_too_soon',
  'time_too_far',
  'time_ambiguous',
  'time_off_step',
  'staff_not_offered',
  'variant_unclear',
  'salon_unusable',
  ...KEYED,
] as const;
