import { v7 as uuidv7 } from 'uuid';
import { scheduleId, type HoursOwnerKind } from '../../../../domain/states/hours.ts';
import { startRig, type OutboundRig } from '../../outbound/support/rig.ts';
import { underFaultsOf, type UnderFaults } from '../../outbound/support/under-faults.ts';
import type { TestEngineOptions } from '../../../support/engine.ts';

export type Pairs = readonly (readonly [number, number])[];

/** Whose hours: both ids. */
export interface OwnerOf {
  readonly kind: HoursOwnerKind;
  readonly id: string;
  readonly externalId: string;
}

/** A salon whose owner lets hours go out, and what tests do to its hours on either side. */
export interface HoursRig extends UnderFaults {
  readonly rig: OutboundRig;
  readonly salon: OwnerOf;
  readonly staff: OwnerOf;
  readonly room: OwnerOf;
  /** Ids of the two schedules of an owner. */
  weekOf(owner: OwnerOf): string;
  daysOf(owner: OwnerOf): string;
  /** Says which way hours flow (R8); without directions there is no rule of their own. */
  rule(directions: Readonly<Record<string, string>> | null, policy?: string): Promise<void>;
  /** Sets a weekday here, as the platform's own application would; null takes the row away. */
  setWeekday(owner: OwnerOf, day: number, hours: Pairs | null, appliesFrom?: string): Promise<void>;
  /** Sets a date here; null takes the row away. */
  setDate(owner: OwnerOf, date: string, hours: Pairs | null): Promise<void>;
  holiday(date: string, state: 'suggested' | 'closed' | 'open', hours?: Pairs): Promise<void>;
  /** The week here, by weekday of the present set (or of a later one). */
  weekHere(owner: OwnerOf, appliesFrom?: string): Promise<Readonly<Record<number, Pairs>>>;
  dateHere(owner: OwnerOf, date: string): Promise<Pairs | null>;
  /** The same at Booksy. */
  weekThere(owner: OwnerOf, appliesFrom?: string): Promise<Readonly<Record<number, Pairs>>>;
  dateThere(owner: OwnerOf, date: string): Promise<Pairs | null>;
  /** As the salon does it at Booksy. */
  setWeekdayThere(owner: OwnerOf, day: number, hours: Pairs): Promise<void>;
  setDateThere(owner: OwnerOf, date: string, hours: Pairs): Promise<void>;
  removeDateThere(owner: OwnerOf, date: string): Promise<void>;
  /** Calls that wrote something at Booksy so far. */
  writes(): Promise<number>;
  process(scheduleId: string): ReturnType<OutboundRig['process']>;
  stop(): Promise<void>;
}

interface WireDay {
  readonly day_of_week: number;
  readonly hours: readonly { readonly hour_from: string; readonly hour_till: string }[];
  readonly hours_apply_from?: string | null;
}

export async function startHoursRig(options: TestEngineOptions = {}): Promise<HoursRig> {
  return hoursOn(await startRig(options));
}

/** The same on a salon that is there. */
export async function hoursOn(rig: OutboundRig): Promise<HoursRig> {
  const faults = underFaultsOf(() => rig);
  const { simulator } = rig.engine;
  const [room] = await rig.sql<{ id: string; external_id: string }>(
    'SELECT room_id AS id, external_id FROM external_rooms WHERE business_id = $1 ORDER BY external_id LIMIT 1',
    [rig.businessId],
  );
  if (room === undefined) throw new Error('The salon has no room.');
  const path = (owner: OwnerOf, rest: string) =>
    `/business/${rig.salon}/schedule/${owner.kind === 'business' ? '' : `resource/${owner.externalId}/`}${rest}`;
  const asSalon = (method: string, owner: OwnerOf, rest: string, body?: unknown) =>
    simulator.asSalon(method, path(owner, rest), body);
  const week = async (owner: OwnerOf) => (await asSalon('GET', owner, 'default/')) as WireDay[];

  return {
    ...faults,
    rig,
    salon: { kind: 'business', id: rig.businessId, externalId: rig.salon },
    staff: { kind: 'staff', ...rig.staff },
    room: { kind: 'room', id: room.id, externalId: room.external_id },
    weekOf: (owner) => scheduleId(owner.kind, owner.id, 'weekly'),
    daysOf: (owner) => scheduleId(owner.kind, owner.id, 'custom'),
    async rule(directions, policy) {
      await rig.sql('DELETE FROM sync_rules WHERE business_id = $1', [rig.businessId]);
      if (directions === null) return;
      await rig.sql(
        `INSERT INTO sync_rules (business_id, id, name, source_system, priority, conditions, actions, directions, policies)
         VALUES ($1, 'hours', 'Hours', 'both', 50, $2, $3, $4, $5)`,
        [
          rig.businessId,
          { bufferTimes: { before: 0, after: 0 }, maxAdvanceBooking: 365 },
          { syncAvailability: true, autoResolveConflicts: policy !== undefined, notifyAdmin: true },
          directions,
          policy === undefined ? {} : { 'hours.*': policy },
        ],
      );
    },
    async setWeekday(owner, day, hours, appliesFrom) {
      const at = [owner.kind, owner.id, day, appliesFrom ?? null];
      if (hours === null) {
        await rig.sql(
          `DELETE FROM working_hours WHERE owner_kind = $1 AND owner_id = $2 AND kind = 'weekly' AND day_of_week = $3
              AND applies_from IS NOT DISTINCT FROM $4::date`,
          at,
        );
        return;
      }
      await rig.sql(
        `INSERT INTO working_hours (id, business_id, owner_kind, owner_id, kind, day_of_week, applies_from, intervals)
         VALUES ($5, $6, $1, $2, 'weekly', $3, $4, $7)
         ON CONFLICT (owner_kind, owner_id, kind, day_of_week, date, applies_from) DO UPDATE SET intervals = excluded.intervals`,
        [...at, uuidv7(), rig.businessId, JSON.stringify(hours)],
      );
    },
    async setDate(owner, date, hours) {
      const at = [owner.kind, owner.id, date];
      if (hours === null) {
        await rig.sql(
          `DELETE FROM working_hours WHERE owner_kind = $1 AND owner_id = $2 AND kind = 'custom' AND date = $3`,
          at,
        );
        return;
      }
      await rig.sql(
        `INSERT INTO working_hours (id, business_id, owner_kind, owner_id, kind, date, intervals)
         VALUES ($4, $5, $1, $2, 'custom', $3, $6)
         ON CONFLICT (owner_kind, owner_id, kind, day_of_week, date, applies_from) DO UPDATE SET intervals = excluded.intervals`,
        [...at, uuidv7(), rig.businessId, JSON.stringify(hours)],
      );
    },
    async holiday(date, state, hours = []) {
      await rig.sql(
        `INSERT INTO holidays (id, business_id, date, code, name, state, intervals) VALUES ($1, $2, $3, 'test', 'Święto', $4, $5)
         ON CONFLICT (business_id, date, code) DO UPDATE SET state = excluded.state, intervals = excluded.intervals`,
        [uuidv7(), rig.businessId, date, state, JSON.stringify(hours)],
      );
    },
    async weekHere(owner, appliesFrom) {
      const rows = await rig.sql<{ day: number; intervals: Pairs }>(
        `SELECT day_of_week AS day, intervals FROM working_hours
          WHERE owner_kind = $1 AND owner_id = $2 AND kind = 'weekly' AND applies_from IS NOT DISTINCT FROM $3::date`,
        [owner.kind, owner.id, appliesFrom ?? null],
      );
      return Object.fromEntries(rows.map((row) => [row.day, row.intervals]));
    },
    async dateHere(owner, date) {
      const [row] = await rig.sql<{ intervals: Pairs }>(
        `SELECT intervals FROM working_hours WHERE owner_kind = $1 AND owner_id = $2 AND kind = 'custom' AND date = $3`,
        [owner.kind, owner.id, date],
      );
      return row?.intervals ?? null;
    },
    async weekThere(owner, appliesFrom) {
      const days = (await week(owner)).filter(
        (day) => (day.hours_apply_from ?? null) === (appliesFrom ?? null),
      );
      return Object.fromEntries(days.map((day) => [day.day_of_week, pairsOf(day.hours)]));
    },
    async dateThere(owner, date) {
      const list = (await asSalon(
        'GET',
        owner,
        `custom/?date_from=${date}&date_to=${date}`,
      )) as readonly Pick<WireDay, 'hours'>[];
      return list[0] === undefined ? null : pairsOf(list[0].hours);
    },
    async setWeekdayThere(owner, day, hours) {
      const others = (await week(owner)).filter(
        (each) => each.day_of_week !== day || (each.hours_apply_from ?? null) !== null,
      );
      await asSalon('PUT', owner, 'default/', [...others, { day_of_week: day, hours: wireOf(hours) }]);
    },
    async setDateThere(owner, date, hours) {
      await asSalon('PUT', owner, `custom/${date}/`, { hours: wireOf(hours) });
    },
    async removeDateThere(owner, date) {
      await asSalon('DELETE', owner, `custom/${date}/`);
    },
    async writes() {
      const { calls } = await simulator.counters();
      return Object.entries(calls.byRoute)
        .filter(([route]) => !route.startsWith('GET ') && !route.includes('/oauth/'))
        .reduce((sum, [, count]) => sum + count, 0);
    },
    process: (id) => rig.process('hours', id),
    stop: () => rig.stop(),
  };
}

function pairsOf(hours: WireDay['hours']): Pairs {
  return hours.map(({ hour_from: from, hour_till: till }) => [minuteOf(from), minuteOf(till)] as const);
}

function wireOf(hours: Pairs): WireDay['hours'] {
  return hours.map(([open, close]) => ({ hour_from: clockOf(open), hour_till: clockOf(close) }));
}

function minuteOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}

function clockOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
