import { z } from 'zod';
import { gapOf, type HeldItem, type HeldVisit } from '../../domain/availability/index.ts';
import type { SalonRows } from './rows.ts';

/** An item of a hold as it is stored; see `booking_hold_take`. */
export const heldItem = z.object({
  id: z.string(),
  variantId: z.string().nullable(),
  serviceId: z.string().nullable(),
  staffId: z.string(),
  roomId: z.string().nullable(),
  startsLocal: z.string(),
  endsLocal: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  gapAfterMinutes: z.number().nullable(),
  gapMinutes: z.number().nullable(),
  seats: z.number(),
});
export type HoldItem = z.output<typeof heldItem>;

/** What holds the salon’s time, visit by visit. */
export function visitsOf(rows: SalonRows): readonly HeldVisit[] {
  const visits = new Map<
    string,
    { readonly id: string; readonly status: string; readonly items: HeldItem[] }
  >();
  const { visitId, status } = rows.items;
  for (const [place, id] of (visitId ?? []).entries()) {
    let visit = visits.get(id);
    if (visit === undefined) visits.set(id, (visit = { id, status: status?.[place] ?? '', items: [] }));
    visit.items.push(itemAt(rows, place));
  }
  return [...visits.values()];
}

function itemAt(rows: SalonRows, place: number): HeldItem {
  const { items } = rows;
  const staffId = items.staffId?.[place] ?? null;
  const anyStaff = items.anyStaff?.[place] === true;
  const [priorStart, priorEnd] = [items.priorStartsAt?.[place] ?? null, items.priorEndsAt?.[place] ?? null];
  return {
    staffId,
    eligibleStaffIds: staffId === null && anyStaff ? eligible(rows, items.variantId?.[place] ?? null) : null,
    roomId: items.roomId?.[place] ?? null,
    serviceId: items.serviceId?.[place] ?? null,
    startsAt: isoOf(items.startsAt?.[place] ?? ''),
    endsAt: isoOf(items.endsAt?.[place] ?? ''),
    prior:
      priorStart === null || priorEnd === null || priorEnd <= priorStart
        ? null
        : { startsAt: isoOf(priorStart), endsAt: isoOf(priorEnd) },
    gap: gapOf(items.gapAfterMinutes?.[place] ?? null, items.gapMinutes?.[place] ?? null),
    seats: items.seats?.[place] ?? 1,
  };
}

/** An instant as PostgreSQL writes it into JSON, as the slot engine reads it fastest; the session's zone is UTC. */
export function isoOf(text: string): string {
  return text.length === 25 && text.endsWith('+00:00')
    ? `${text.slice(0, 19)}.000Z`
    : new Date(text).toISOString();
}

/** Anybody who serves the variant, of those who take visits; of something outside the catalogue: anybody. */
function eligible(rows: SalonRows, variantId: string | null): readonly string[] {
  const bookable = rows.staff.filter((each) => each.bookable).map((each) => each.id);
  if (variantId === null) return bookable;
  const variant = rows.services.flatMap(({ variants }) => variants).find(({ id }) => id === variantId);
  return variant === undefined ? bookable : bookable.filter((id) => variant.staff_ids.includes(id));
}

/** Time that is kept for somebody, as a visit holds it. */
export function heldVisitOf(id: string, items: readonly HoldItem[]): HeldVisit {
  return {
    id,
    status: 'confirmed',
    items: items.map((item) => ({
      staffId: item.staffId,
      eligibleStaffIds: null,
      roomId: item.roomId,
      serviceId: item.serviceId,
      startsAt: item.startsAt,
      endsAt: item.endsAt,
      prior: null,
      gap: gapOf(item.gapAfterMinutes, item.gapMinutes),
      seats: item.seats,
    })),
  };
}
