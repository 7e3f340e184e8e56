import { z } from 'zod';
import {
  gapOf,
  hoursOfRows,
  offerRulesOf,
  paddingOf,
  type Hours,
  type SalonDescription,
} from '../../domain/availability/index.ts';
import type { OpenInterval } from '../../domain/observed.ts';
import { effectiveRule } from '../../domain/rules/rules.ts';
import type { Tx } from '../database/index.ts';
import { ruleOfRow } from '../rules/load.ts';
import { readSalonRows, type HoursRow, type SalonRows, type ServiceRow } from './rows.ts';
import { heldItem, heldVisitOf, isoOf, visitsOf } from './visits.ts';

/** What a salon sells and how, beside what the slot engine is told. */
export interface LoadedSalon {
  readonly businessId: string;
  /** Local dates for which visits, time off and holidays were read, both included. */
  readonly fromDate: string;
  readonly toDate: string;
  /** ISO instant by the database's clock. */
  readonly readAt: string;
  readonly description: SalonDescription;
  /** Holds that were alive; they are among the description's visits, under the same id. */
  readonly holds: readonly { readonly id: string; readonly expiresAt: string }[];
  readonly sold: ReadonlyMap<string, SoldVariant>;
  readonly terms: SaleTerms;
}

/** A variant as it is written into a visit (R12). */
export interface SoldVariant {
  readonly serviceId: string;
  readonly serviceName: string;
  readonly label: string | null;
  readonly durationMinutes: number;
  readonly priceType: string;
  readonly priceMinor: number | null;
  readonly currency: string;
  readonly gapAfterMinutes: number | null;
  readonly gapMinutes: number | null;
  readonly seats: number;
}

/** How the salon sells (R20). */
export interface SaleTerms {
  readonly country: string;
  readonly connected: boolean;
  readonly pushAllowed: boolean;
  readonly paused: boolean;
  readonly circuitOpen: boolean;
  readonly mode: 'booksy_first' | 'instant';
  readonly stalePolicy: 'pending_only' | 'stop' | 'sell';
}

/**
 * The salon as the slot engine is told it, read by one statement.
 *
 * @param fromDate local dates that are asked about, both included
 * @returns null where there is no such business
 * @throws {StoredRuleError} where a rule of it cannot be read
 */
export async function loadSalon(
  db: Pick<Tx, '$queryRaw'>,
  businessId: string,
  fromDate: string,
  toDate: string,
): Promise<LoadedSalon | null> {
  const rows = await readSalonRows(db, businessId, fromDate, toDate);
  if (rows === null) return null;
  const { business } = rows;
  const readAt = new Date(rows.now).toISOString();
  return {
    businessId,
    fromDate,
    toDate,
    readAt,
    description: describe(businessId, rows, readAt),
    holds: rows.holds.map(({ id, expires_at: at }) => ({ id, expiresAt: new Date(at).toISOString() })),
    sold: new Map(rows.services.flatMap(soldOf)),
    terms: {
      country: business.country,
      connected: business.connected,
      pushAllowed: business.push_allowed,
      paused: business.paused,
      circuitOpen: business.circuit_open,
      mode: business.booksy_mode === 'instant' ? 'instant' : 'booksy_first',
      stalePolicy:
        business.stale_policy === 'stop' || business.stale_policy === 'sell'
          ? business.stale_policy
          : 'pending_only',
    },
  };
}

/** The salon at a later moment: what is past and holds that ended since are left out by it. */
export function salonAt(salon: LoadedSalon, now: string): SalonDescription {
  const late = new Set(salon.holds.filter(({ expiresAt }) => expiresAt <= now).map(({ id }) => id));
  const { description } = salon;
  return {
    ...description,
    now,
    visits: late.size === 0 ? description.visits : description.visits.filter(({ id }) => !late.has(id)),
  };
}

function describe(businessId: string, rows: SalonRows, now: string): SalonDescription {
  const { business } = rows;
  const rule = effectiveRule(
    rows.rules.map((row) => ruleOfRow(businessId, row)),
    'platform',
  );
  const own = (kind: string, id: string) =>
    rows.hours.filter((row) => row.owner_kind === kind && row.owner_id === id);
  const orNull = (kind: string, id: string): Hours | null => {
    const found = own(kind, id);
    return found.length === 0 ? null : hoursOf(found);
  };
  return {
    zone: business.zone,
    now,
    hours: hoursOf(own('business', businessId)),
    holidays: holidaysOf(rows),
    staff: rows.staff.map((each) => ({ ...each, hours: orNull('staff', each.id) })),
    rooms: rows.rooms.map((each) => ({ ...each, capacity: 1, hours: orNull('room', each.id) })),
    services: rows.services.map((service) => ({
      id: service.id,
      padding: paddingOf(service.padding_kind, service.padding_minutes),
      gap: gapOf(service.gap_after_minutes, service.gap_minutes),
      seats: service.parallel_clients,
      roomIds: service.needs_room ? service.room_ids : null,
      variants: service.variants.map((variant) => ({
        id: variant.id,
        durationMinutes: variant.duration_minutes,
        slotStepMinutes: variant.slot_step_minutes,
        staffIds: variant.staff_ids,
      })),
    })),
    timeOff: rows.time_off.map((block) => ({
      staffId: block.owner_kind === 'staff' ? block.owner_id : null,
      roomId: block.owner_kind === 'room' ? block.owner_id : null,
      startsAt: isoOf(block.starts_at),
      endsAt: isoOf(block.ends_at),
      kind: block.source === 'time_off' ? 'time_off' : 'block',
    })),
    visits: [
      ...visitsOf(rows),
      ...rows.holds.map(({ id, items }) => heldVisitOf(id, z.array(heldItem).parse(items))),
    ],
    rules: offerRulesOf(rule, {
      noticeMinutes: business.notice_minutes,
      slotStepMinutes: business.slot_step_minutes,
    }),
  };
}

function hoursOf(rows: readonly HoursRow[]): Hours {
  return hoursOfRows(
    rows.map((row) => ({
      kind: row.kind,
      dayOfWeek: row.day_of_week,
      date: row.date,
      appliesFrom: row.applies_from,
      intervals: intervalsOf(row.intervals),
    })),
  );
}

/** Two holidays on one day: closed for one of them is closed. */
function holidaysOf({ holidays }: SalonRows): SalonDescription['holidays'] {
  const byDate = new Map<string, SalonDescription['holidays'][number]>();
  for (const { date, state, intervals } of holidays) {
    if (byDate.get(date)?.open === null) continue;
    byDate.set(date, { date, open: state === 'open' ? intervalsOf(intervals) : null });
  }
  return [...byDate.values()];
}

function soldOf(service: ServiceRow): readonly (readonly [string, SoldVariant])[] {
  return service.variants.map((variant) => [
    variant.id,
    {
      serviceId: service.id,
      serviceName: service.name,
      label: variant.label,
      durationMinutes: variant.duration_minutes,
      priceType: variant.price_type,
      priceMinor: variant.price_minor,
      currency: variant.currency,
      gapAfterMinutes: service.gap_after_minutes,
      gapMinutes: service.gap_minutes,
      seats: service.parallel_clients,
    },
  ]);
}

const pairs = z.array(z.tuple([z.number(), z.number()])).catch([]);

function intervalsOf(value: unknown): readonly OpenInterval[] {
  return pairs.parse(value);
}
