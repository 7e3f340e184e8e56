import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { addDays, localOf, resolveLocal } from '../../../../domain/local-time.ts';
import type { OpenInterval } from '../../../../domain/observed.ts';
import type { PrismaClient } from '../../../../infra/database/index.ts';
import { openValues } from '../../../../infra/audit/index.ts';
import { startTestApi, type TestApi } from '../../api/support/api.ts';
import { makeSalon } from '../../bookings/support/salon.ts';

/** What tests of hours share. All people are invented. */

export const ADMIN = '/api/admin/booksy';
export const ZONE = 'Europe/Warsaw';
/** Today at the salon, and dates from it. */
export const today = () => localOf(new Date().toISOString(), ZONE).slice(0, 10);
export const dateIn = (days: number) => addDays(today(), days);
export const weekdayOf = (date: string) => new Date(`${date}T00:00Z`).getUTCDay();

/** A week in which each day has these hours. */
export const weekOf = (...intervals: OpenInterval[]) =>
  [0, 1, 2, 3, 4, 5, 6].map((dayOfWeek) => ({ dayOfWeek, intervals }));

const interval = z.tuple([z.number(), z.number()]);
const week = z.object({
  appliesFrom: z.string().nullable(),
  days: z.array(z.object({ dayOfWeek: z.number(), intervals: z.array(interval) })),
  version: z.string(),
});
export const visits = z.object({ count: z.number(), ids: z.array(z.string()) });
export const hoursAnswer = z.looseObject({
  zone: z.string(),
  today: z.string(),
  owners: z.array(
    z.looseObject({
      kind: z.string(),
      id: z.string(),
      week: week.nullable(),
      schedules: z.array(week),
      days: z.array(z.object({ date: z.string(), intervals: z.array(interval), version: z.string() })),
    }),
  ),
});
export const weekAnswer = z.looseObject({ week, changed: z.boolean(), visits });

/** Hours of one owner as the API shows them. */
export async function hoursOf(api: TestApi, business: string, owner: string) {
  const { json } = await api.send(`${ADMIN}/businesses/${business}/hours`);
  const found = hoursAnswer.parse(json).owners.find(({ id }) => id === owner);
  if (found === undefined) throw new Error('The owner is not in the answer.');
  return found;
}

/** A visit of a member of staff, written as a platform writes it; may be in a room. */
export async function visit(
  prisma: PrismaClient,
  businessId: string,
  at: {
    readonly staffId: string;
    readonly roomId?: string;
    readonly startsLocal: string;
    readonly minutes?: number;
  },
): Promise<string> {
  const id = randomUUID();
  const startsAt = new Date(resolveLocal(at.startsLocal, ZONE).instant);
  const endsAt = new Date(startsAt.getTime() + (at.minutes ?? 60) * 60_000);
  const local = (moment: Date) => new Date(`${localOf(moment.toISOString(), ZONE)}:00Z`);
  const times = { zone: ZONE, startsAt, endsAt, startsLocal: local(startsAt), endsLocal: local(endsAt) };
  await prisma.booking.create({ data: { id, businessId, clientName: 'Zofia Zmyślona', ...times } });
  await prisma.bookingItem.create({
    data: {
      id: randomUUID(),
      bookingId: id,
      businessId,
      staffId: at.staffId,
      roomId: at.roomId ?? null,
      ...times,
    },
  });
  return id;
}

/** Rows of everything that a change of hours or time off writes. */
export async function tuples(api: TestApi): Promise<string> {
  const { rows } = await api.database.pool.query<{ text: string }>(
    `SELECT concat_ws(' ', (SELECT coalesce(sum(('x' || left(md5(h::text), 8))::bit(32)::bigint), 0) FROM working_hours h),
            (SELECT coalesce(sum(('x' || left(md5(t::text), 8))::bit(32)::bigint), 0) FROM time_off t),
            (SELECT count(*) FROM occupancy), (SELECT count(*) FROM sync_outbox), (SELECT count(*) FROM booksy_audit_log),
            (SELECT count(*) FROM api_idempotency_keys)) AS text`,
  );
  return rows[0]?.text ?? '';
}

/** The trail of a business: what was done to what, with its values opened. */
export async function trail(api: TestApi, businessId: string) {
  const rows = await api.prisma.booksyAuditLog.findMany({ where: { businessId }, orderBy: { id: 'asc' } });
  const sealed = await api.database.pool.query<{ entry_id: string; sealed_values: Buffer | null }>(
    'SELECT entry_id, sealed_values FROM booksy_audit_values',
  );
  return rows.map(({ action, actor, entity, recordId, groups, entryId }) => {
    const own = sealed.rows.find((row) => row.entry_id === entryId)?.sealed_values;
    const values =
      own == null || entryId === null ? null : openValues(api.vault, businessId, entryId, own).values;
    return { action, actor, entity, recordId, groups, values };
  });
}

/** The API with two salons, of which one is somebody else's. */
export async function openTwoSalons() {
  const api = await startTestApi();
  const salons = [await makeSalon(api.prisma, { rooms: 1 }), await makeSalon(api.prisma, { rooms: 1 })];
  const [salon, other] = salons;
  if (salon === undefined || other === undefined) throw new Error('There are no two salons.');
  return { api, salon, other };
}
