import type { WantedItem } from '../../domain/availability/index.ts';
import { appendAudit, sealValues } from '../audit/index.ts';
import { loadSalon, type LoadedSalon } from '../availability/load.ts';
import type { Vault } from '../crypto.ts';
import type { Tx } from '../database/index.ts';
import { Desk, knownItems, type Taken } from './decide.ts';
import { BookingError, unknown } from './errors.ts';
import { isFixedAtBooksy } from './fixed.ts';
import { readBooking, type ReadBooking } from './read.ts';
import { pictureAge, saleOf } from './sale.ts';
import type { Asker } from './types.ts';

/** What shall be different about a visit; what is left out stays. */
export interface VisitChange {
  readonly startsLocal?: string;
  /** Null = anybody who can. */
  readonly staffId?: string | null;
  readonly note?: string | null;
  /** As it was shown; where the visit has changed since, it is refused. */
  readonly version?: number;
  readonly overbook: boolean;
}

export interface ChangeContext {
  readonly tx: Tx;
  readonly vault: Vault;
  /** Null = all. */
  readonly businessIds: readonly string[] | null;
  readonly asker: Asker;
}

/** A visit at another time or with others. */
export interface WantedMove {
  readonly businessId: string;
  readonly visitId: string;
  readonly items: readonly WantedItem[];
  readonly startsLocal: string;
}

const OPEN = ['pending', 'confirmed'];

/**
 * Moves a visit, gives it to somebody else, or changes its note, in the caller's transaction.
 *
 * @returns whether anything changed
 * @throws {BookingError} then nothing is written
 */
export async function changeVisit(context: ChangeContext, id: string, change: VisitChange): Promise<boolean> {
  const visit = await lockVisit(context, id);
  if (change.version !== undefined && change.version !== visit.version)
    throw new BookingError('visit_changed', {
      message: 'The visit has changed since it was shown.',
      next: 'Read it again, and decide anew.',
    });
  if (!OPEN.includes(visit.status)) throw notOpen(visit);
  const moves = change.startsLocal !== undefined || change.staffId !== undefined;
  const noted = change.note !== undefined && change.note !== visit.note;
  // R17: what could not go there is refused here up front.
  if ((moves || noted) && (await isFixedAtBooksy(context.tx, visit)))
    throw new BookingError('change_at_booksy', {
      message:
        'Booksy lets a visit of several parts, or of a series, be changed only there; cancelling is possible here.',
      next: 'Change it in Booksy: it comes here by itself.',
    });
  const moved = moves ? await move(context, visit, change) : null;
  if (noted)
    await context.tx
      .$executeRaw`UPDATE bookings SET client_note = ${change.note ?? null} WHERE id = ${id}::uuid`;
  if (moved === null && !noted) return false;
  await audit(context, visit, moved, change);
  return true;
}

export type StatusStep = 'cancel' | 'complete' | 'no-show';

const STEPS = {
  cancel: { status: 'cancelled', action: 'cancelled', from: ['pending', 'confirmed', 'proposed'] },
  complete: { status: 'completed', action: 'completed', from: ['pending', 'confirmed'] },
  'no-show': { status: 'no_show', action: 'no_show', from: ['pending', 'confirmed', 'completed'] },
} as const;

/**
 * Ends a visit one way or another, in the caller's transaction. The trigger frees the time of what is cancelled or missed (R23).
 *
 * @returns whether anything changed: false where it was so already
 * @throws {BookingError} then nothing is written
 */
export async function stepVisit(
  context: ChangeContext,
  id: string,
  step: StatusStep,
  reason: string | null,
): Promise<boolean> {
  const visit = await lockVisit(context, id);
  const { status, action, from } = STEPS[step];
  if (visit.status === status) return false;
  if (!from.some((each) => each === visit.status)) throw notOpen(visit);
  const [clock] = await context.tx.$queryRaw<{ begun: boolean }[]>`
    SELECT starts_at <= clock_timestamp() AS begun FROM bookings WHERE id = ${id}::uuid`;
  if (step !== 'cancel' && clock?.begun !== true)
    throw new BookingError('time_too_soon', {
      message: 'The visit has not begun yet.',
      next: 'Wait until it begins, or cancel it.',
    });
  await context.tx.$executeRaw`
    UPDATE bookings SET status = ${status}, status_reason = NULL, awaits_booksy = false WHERE id = ${id}::uuid`;
  const values = sealValues(context.vault, visit.businessId, {
    before: { status: visit.status },
    after: { status },
  });
  await appendAudit(context.tx, { businessId: visit.businessId }, [
    {
      actor: context.asker.actor,
      action,
      entity: 'booking',
      recordId: id,
      reasonCode: 'asked_by_api',
      groups: ['status'],
      reason,
      values,
    },
  ]);
  return true;
}

function notOpen({ status }: ReadBooking): BookingError {
  return status === 'proposed'
    ? new BookingError('change_at_booksy', {
        message: 'A change of this visit is proposed in Booksy and not answered.',
        next: 'Answer it there, or cancel the visit.',
      })
    : new BookingError('visit_over', {
        message: `The visit is ${status}.`,
        next: 'Book another one.',
      });
}

/** The row first, then the resources: in the order in which everybody locks them. */
async function lockVisit({ tx, businessIds }: ChangeContext, id: string): Promise<ReadBooking> {
  await tx.$executeRaw`SELECT FROM bookings WHERE id = ${id}::uuid FOR UPDATE`;
  const visit = await readBooking(tx, businessIds, id);
  if (visit === null) throw unknown('This visit');
  return visit;
}

async function move({ tx }: ChangeContext, visit: ReadBooking, change: VisitChange): Promise<Taken | null> {
  const { items, startsLocal } = wantedMove(visit, change);
  const same = visit.items.every(({ staffId }, index) => items[index]?.staffId === staffId);
  if (same && startsLocal === visit.startsLocal) return null;
  await lockFor(tx, visit, items);
  const date = startsLocal.slice(0, 10);
  const salon = await loadSalon(tx, visit.businessId, date, date);
  if (salon === null) throw unknown('This visit');
  // The time that it takes is sold like any other: not while nothing is sold (R20).
  saleOf(salon.terms, (await pictureAge(tx, salon))(date));
  const taken = new Desk(salon).grant({
    items: knownItems(salon, items),
    startsLocal,
    ignoreVisitIds: [visit.id],
    overbook: change.overbook,
  });
  await writeMove(tx, salon, visit, taken);
  return taken;
}

/** What a change of time or staff asks for. */
export function wantedMove(
  visit: ReadBooking,
  { startsLocal, staffId }: Pick<VisitChange, 'startsLocal' | 'staffId'>,
): WantedMove {
  return {
    businessId: visit.businessId,
    visitId: visit.id,
    startsLocal: startsLocal ?? visit.startsLocal,
    items: visit.items.map((item) => ({
      variantId: item.variantId,
      staffId: staffId === undefined ? item.staffId : staffId,
      durationMinutes: Math.round((Date.parse(item.endsAt) - Date.parse(item.startsAt)) / 60_000),
    })),
  };
}

async function lockFor(tx: Tx, visit: ReadBooking, items: readonly WantedItem[]): Promise<void> {
  const variants = items.flatMap(({ variantId }) => variantId ?? []);
  const named = items.flatMap(({ staffId }) => staffId ?? []);
  const anybody = items.flatMap(({ staffId, variantId }) => (staffId === null ? (variantId ?? []) : []));
  await tx.$executeRaw`
    SELECT booking_lock(${visit.businessId}::uuid, ${named}::uuid[], ${anybody}::uuid[], ${variants}::uuid[], '{}',
                        ARRAY[${visit.id}::uuid])`;
}

async function writeMove(
  tx: Tx,
  salon: LoadedSalon,
  visit: ReadBooking,
  { slot, overbooked }: Taken,
): Promise<void> {
  const rows = slot.items.map((item, index) => ({
    id: visit.items[index]?.id ?? null,
    staff_id: item.staffId,
    room_id: item.roomId ?? visit.items[index]?.roomId ?? null,
    starts_local: item.startsLocal,
    ends_local: item.endsLocal,
    starts_at: item.startsAt,
    ends_at: item.endsAt,
  }));
  await tx.$executeRaw`
    UPDATE bookings SET starts_local = ${slot.startsLocal}::timestamp, ends_local = ${slot.endsLocal}::timestamp,
           starts_at = ${slot.startsAt}::timestamptz, ends_at = ${slot.endsAt}::timestamptz, zone = ${salon.description.zone},
           overbooking_allowed = ${overbooked}
     WHERE id = ${visit.id}::uuid`;
  await tx.$executeRaw`
    UPDATE booking_items i SET staff_id = r.staff_id, any_staff = false, room_id = r.room_id, starts_local = r.starts_local,
           ends_local = r.ends_local, starts_at = r.starts_at, ends_at = r.ends_at, zone = ${salon.description.zone},
           start_mark = 'exact', end_mark = 'exact'
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(id uuid, staff_id uuid, room_id uuid, starts_local timestamp,
           ends_local timestamp, starts_at timestamptz, ends_at timestamptz)
     WHERE i.id = r.id AND i.booking_id = ${visit.id}::uuid`;
}

async function audit(
  { tx, vault, asker }: ChangeContext,
  visit: ReadBooking,
  moved: Taken | null,
  change: VisitChange,
): Promise<void> {
  const noted = change.note !== undefined && change.note !== visit.note;
  const staff = (items: readonly { readonly staffId: string | null }[]) =>
    items.map(({ staffId }) => staffId);
  const values = sealValues(vault, visit.businessId, {
    before: {
      ...(moved === null ? {} : { startsLocal: visit.startsLocal, staff: staff(visit.items) }),
      ...(noted ? { note: visit.note } : {}),
    },
    after: {
      ...(moved === null ? {} : { startsLocal: moved.slot.startsLocal, staff: staff(moved.slot.items) }),
      ...(noted ? { note: change.note ?? null } : {}),
    },
  });
  await appendAudit(tx, { businessId: visit.businessId }, [
    {
      actor: asker.actor,
      action: moved === null ? 'noted_by_api' : moved.overbooked ? 'overbooked' : 'moved',
      entity: 'booking',
      recordId: visit.id,
      reasonCode: 'asked_by_api',
      groups: [...(moved === null ? [] : ['time']), ...(noted ? ['clientNote'] : [])],
      values,
    },
  ]);
}
