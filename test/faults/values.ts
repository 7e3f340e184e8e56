import type { VisitThere } from './salons.ts';

/** The followed parts of a visit as texts that mean the same on both sides. */
export interface Values {
  readonly life: 'live' | 'ended';
  /** `from/till/staff at Booksy` of its items. */
  readonly time: string | null;
  readonly note: string | null;
  readonly email: string | null;
}

const ENDED = new Set(['C', 'D']);

/** What a visit at Booksy shows. */
export function valuesThere(visit: VisitThere): Values {
  return {
    life: ENDED.has(visit.status) ? 'ended' : 'live',
    time: visit.subbookings
      .map((part) => `${part.booked_from}/${part.booked_till}/${String(part.staffer_id ?? 'none')}`)
      .sort()
      .join(' + '),
    note: blank(visit.customer_note),
    email: null,
  };
}

export interface RowHere {
  readonly status: string;
  readonly client_note: string | null;
  /** Of each item: local start and end, and its staff at Booksy. */
  readonly items: readonly { readonly from: string; readonly till: string; readonly staff: string | null }[];
}

/** What a booking here shows. */
export function valuesHere(row: RowHere): Values {
  return {
    life: row.status === 'cancelled' ? 'ended' : 'live',
    time: row.items
      .map((item) => `${item.from}/${item.till}/${item.staff ?? 'none'}`)
      .sort()
      .join(' + '),
    note: blank(row.client_note),
    email: null,
  };
}

/** Blank is the same as nothing. */
export function blank(text: string | null): string | null {
  return text === null || text.trim() === '' ? null : text.trim();
}

/** SQL that reads bookings as `RowHere`; `$1` is what `where` compares. */
export function hereSql(where: string): string {
  return `
    SELECT b.id, b.status, b.client_note, b.gone_at_booksy IS NOT NULL AS gone,
           coalesce((SELECT jsonb_agg(jsonb_build_object(
                       'from', to_char(i.starts_local, 'YYYY-MM-DD"T"HH24:MI'),
                       'till', to_char(i.ends_local, 'YYYY-MM-DD"T"HH24:MI'),
                       'staff', CASE WHEN i.any_staff THEN '-1' ELSE x.external_id END))
                     FROM booking_items i LEFT JOIN external_staff x ON x.staff_id = i.staff_id
                    WHERE i.booking_id = b.id), '[]') AS items
      FROM bookings b WHERE ${where}`;
}
