import type { SyncEntity } from '../../domain/entities.ts';
import type { Direction } from '../../domain/merge.ts';
import { directionFor, effectiveRule } from '../../domain/rules/rules.ts';
import type { Db } from '../database/index.ts';
import { loadRules } from '../rules/load.ts';
import { salonNow, type SalonNow } from './owner.ts';
import { customDaysOf, hoursRow, weekOn, weeksOf, type CustomDay, type Week } from './rows.ts';
import type { OwnerKind } from './words.ts';

/** Hours as an owner looks at them. */

export interface OwnerHours {
  readonly kind: OwnerKind;
  readonly id: string;
  readonly name: string;
  /** Whether Booksy has it, too. */
  readonly atBooksy: boolean;
  /** Null: a person works whenever the salon is open, a room is always there, a salon is closed. */
  readonly week: Week | null;
  /** Schedules that have not begun, the next first. */
  readonly schedules: readonly Week[];
  readonly days: readonly CustomDay[];
}

/** Where something is kept in step with Booksy. */
export interface InStep {
  readonly direction: Direction;
  /** Up to when all of it was proven to be the same, ISO instant; null: never. */
  readonly provenAt: string | null;
}

export interface SalonHours {
  readonly salon: SalonNow;
  readonly connected: boolean;
  readonly weeks: InStep;
  readonly days: InStep;
  readonly timeOff: InStep;
  /** The business, its staff, its rooms; those that are active. */
  readonly owners: readonly OwnerHours[];
}

interface OwnerRow {
  readonly kind: OwnerKind;
  readonly id: string;
  readonly name: string;
  readonly at_booksy: boolean;
}

/**
 * Hours of a business, its staff and rooms.
 *
 * @param from first date of custom days; null: today
 * @param to last date; null: all that are to come
 * @throws {StoredRuleError} where a rule of it cannot be read
 */
export async function readHours(
  db: Db,
  businessId: string,
  from: string | null,
  to: string | null,
): Promise<SalonHours> {
  const salon = await salonNow(db, businessId);
  const [owners, hours, inStep] = await Promise.all([
    ownersOf(db, businessId),
    db.$queryRaw<(Parameters<typeof hoursRow>[0] & { ownerKind: string; ownerId: string })[]>`
      SELECT owner_kind AS "ownerKind", owner_id::text AS "ownerId", kind, day_of_week AS "dayOfWeek", date::text AS date,
             applies_from::text AS "appliesFrom", intervals
        FROM working_hours
       WHERE business_id = ${businessId}::uuid
         AND (kind = 'weekly' OR date BETWEEN ${from ?? salon.today}::date AND ${to ?? '9999-12-31'}::date)`,
    inStepOf(db, businessId),
  ]);
  return {
    salon,
    ...inStep,
    owners: owners.map(({ kind, id, name, at_booksy: atBooksy }) => {
      const rows = hours
        .filter(({ ownerKind, ownerId }) => ownerKind === kind && ownerId === id)
        .map(hoursRow);
      const weeks = weeksOf(rows);
      return {
        kind,
        id,
        name,
        atBooksy,
        week: weekOn(weeks, salon.today),
        schedules: weeks.filter(({ appliesFrom }) => appliesFrom !== null && appliesFrom > salon.today),
        days: customDaysOf(rows),
      };
    }),
  };
}

async function ownersOf(db: Db, businessId: string): Promise<readonly OwnerRow[]> {
  return db.$queryRaw<OwnerRow[]>`
    SELECT kind, id::text AS id, name, at_booksy FROM (
      SELECT 0 AS place, 'business' AS kind, b.id, b.name, 0 AS position, b.booksy_business_id IS NOT NULL AS at_booksy
        FROM businesses b WHERE b.id = ${businessId}::uuid
      UNION ALL
      SELECT 1, 'staff', s.id, s.name, s.position,
             EXISTS (SELECT FROM external_staff x WHERE x.business_id = s.business_id AND x.staff_id = s.id AND x.gone_at IS NULL)
        FROM staff s WHERE s.business_id = ${businessId}::uuid AND s.active
      UNION ALL
      SELECT 2, 'room', r.id, r.name, r.position,
             EXISTS (SELECT FROM external_rooms x WHERE x.business_id = r.business_id AND x.room_id = r.id AND x.gone_at IS NULL)
        FROM rooms r WHERE r.business_id = ${businessId}::uuid AND r.active
    ) o ORDER BY place, position, id`;
}

async function inStepOf(
  db: Db,
  businessId: string,
): Promise<Pick<SalonHours, 'connected' | 'weeks' | 'days' | 'timeOff'>> {
  const [rules, rows] = await Promise.all([
    loadRules(db, businessId),
    db.$queryRaw<{ connected: boolean; hours: Date | null; time_off: Date | null }[]>`
      SELECT b.booksy_business_id IS NOT NULL AS connected,
             (SELECT proven_sent_at FROM integration_sync_status
               WHERE business_id = b.id AND entity = 'hours' AND window_key = 'list') AS hours,
             (SELECT proven_sent_at FROM integration_sync_status
               WHERE business_id = b.id AND entity = 'time_off' AND window_key = 'list') AS time_off
        FROM businesses b WHERE b.id = ${businessId}::uuid`,
  ]);
  const rule = effectiveRule(rules, 'both');
  const part = (entity: SyncEntity, group: string, provenAt: Date | null | undefined): InStep => ({
    direction: directionFor(rule, entity, group),
    provenAt: provenAt?.toISOString() ?? null,
  });
  const [row] = rows;
  return {
    connected: row?.connected === true,
    weeks: part('hours', 'weekday:now:0', row?.hours),
    days: part('hours', 'date:2000-01-01', row?.hours),
    timeOff: part('time_off', 'time', row?.time_off),
  };
}
