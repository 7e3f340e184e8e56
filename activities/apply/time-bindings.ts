import { v7 as uuidv7 } from 'uuid';
import { Prisma } from '../../infra/database/index.ts';
import type { Json } from '../../domain/canonical.ts';
import { resolveLocal } from '../../domain/local-time.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { OursState } from '../../domain/plan.ts';
import type { EntityBinding } from './binding.ts';
import { createFlatBinding, inboundOnly, mirrorTable, textOf } from './flat-binding.ts';
import type { ApplyScope } from './scope.ts';

/** Time off of one source: the resource's own list, or reservations found among the visits (R19). */
export function timeOffBinding(source: 'time_off' | 'reservation'): EntityBinding {
  return createFlatBinding({
    entity: 'time_off',
    table: 'time_off',
    mirror: mirrorTable('external_time_off', 'time_off_id', {
      fixed: { source },
      extra: { resource_external_id: 'text' },
    }),
    directionOf: inboundOnly,
    required: ['owner'],
    constants: { source },
    columns: [
      { column: 'owner_kind', sqlType: 'text', group: 'owner', part: 'kind' },
      { column: 'owner_id', sqlType: 'uuid', group: 'owner', part: 'id' },
      { column: 'starts_local', sqlType: 'timestamp', group: 'time', part: 'startsLocal' },
      { column: 'ends_local', sqlType: 'timestamp', group: 'time', part: 'endsLocal' },
      { column: 'all_day', sqlType: 'boolean', group: 'time', part: 'allDay' },
      { column: 'zone', sqlType: 'text', group: 'time', part: 'zone' },
      { column: 'reason_code', sqlType: 'text', group: 'reason' },
      { column: 'approved', sqlType: 'boolean', group: 'approved' },
    ],
    derived: { columns: { starts_at: 'timestamptz', ends_at: 'timestamptz' }, of: instantsOfTimeOff },
    mirrorExtra: (seen) => ({ resource_external_id: seen.theirs.owner ?? null }),
  });
}

function instantsOfTimeOff(groups: GroupStates): Readonly<Record<string, Json>> {
  const zone = textOf(groups.time, 'zone');
  return {
    starts_at: resolveLocal(textOf(groups.time, 'startsLocal'), zone, 'earlier').instant,
    ends_at: resolveLocal(textOf(groups.time, 'endsLocal'), zone, 'later').instant,
  };
}

export type HoursOwnerKind = 'business' | 'staff' | 'room';
export type HoursPart = 'weekly' | 'custom';

interface HoursRow {
  owner_id: string;
  day_of_week: number | null;
  date: string | null;
  applies_from: string | null;
  intervals: Json;
}

/**
 * Weekly hours or custom days of one kind of owner. One record is one owner: its groups are days, and a day is a row.
 *
 * @param ownerIds other side's owner ids → the platform's
 */
export function hoursBinding(
  ownerKind: HoursOwnerKind,
  part: HoursPart,
  ownerIds: ReadonlyMap<string, string>,
): EntityBinding {
  return {
    entity: 'hours',
    mirror: mirrorTable('external_hours', 'owner_id', {
      idColumn: 'owner_external_id',
      fixed: { owner_kind: ownerKind, part },
    }),
    directionOf: inboundOnly,
    required: [],
    mirrorExtra: () => ({}),
    newRecordId: (seen) => ownerIds.get(seen.externalId) ?? uuidv7(),

    async loadOurs(scope, recordIds) {
      const rows = await scope.tx.$queryRaw<HoursRow[]>`
        SELECT owner_id, day_of_week, date::text, applies_from::text, intervals FROM working_hours
         WHERE business_id = ${scope.businessId}::uuid AND owner_kind = ${ownerKind} AND kind = ${part}
           AND owner_id = ANY(${recordIds}::uuid[])
         ORDER BY id FOR UPDATE`;
      const found = new Map<string, OursState>(
        recordIds.map((id) => [id, { groups: {}, counters: {}, ended: false }]),
      );
      for (const row of rows) {
        const before = found.get(row.owner_id)?.groups ?? {};
        found.set(row.owner_id, {
          groups: { ...before, [groupOfRow(row)]: row.intervals },
          counters: {},
          ended: false,
        });
      }
      return found;
    },

    async insert(scope, records) {
      const rows = records.flatMap(({ recordId, seen }) =>
        rowsOf(recordId, seen.here, Object.keys(seen.here)),
      );
      await writeHours(scope, ownerKind, part, rows);
    },

    async update(scope, records) {
      const rows = records.flatMap(({ recordId, seen, apply }) => rowsOf(recordId, seen.here, apply));
      await writeHours(scope, ownerKind, part, rows);
      return new Map();
    },
  };
}

interface HoursWrite {
  readonly id: string;
  readonly owner_id: string;
  readonly day_of_week: number | null;
  readonly date: string | null;
  readonly applies_from: string | null;
  /** Null = the day is no longer stated. */
  readonly intervals: Json;
}

function rowsOf(ownerId: string, groups: GroupStates, names: readonly string[]): readonly HoursWrite[] {
  return names.map((name) => ({
    id: uuidv7(),
    owner_id: ownerId,
    ...dayOfGroup(name),
    intervals: groups[name] ?? null,
  }));
}

function dayOfGroup(group: string): Pick<HoursWrite, 'day_of_week' | 'date' | 'applies_from'> {
  const [kind, first, second] = group.split(':');
  if (kind === 'date') return { day_of_week: null, date: first ?? null, applies_from: null };
  return { day_of_week: Number(second), date: null, applies_from: first === 'now' ? null : (first ?? null) };
}

function groupOfRow(row: HoursRow): string {
  if (row.date !== null) return `date:${row.date}`;
  return `weekday:${row.applies_from ?? 'now'}:${String(row.day_of_week)}`;
}

async function writeHours(
  scope: ApplyScope,
  ownerKind: HoursOwnerKind,
  part: HoursPart,
  rows: readonly HoursWrite[],
): Promise<void> {
  if (rows.length === 0) return;
  const recordset = Prisma.sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
    AS r(id uuid, owner_id uuid, day_of_week int, date date, applies_from date, intervals jsonb)`;
  await scope.tx.$executeRaw`
    WITH wanted AS (SELECT * FROM ${recordset}), gone AS (
      DELETE FROM working_hours h USING wanted w
       WHERE w.intervals IS NULL AND h.business_id = ${scope.businessId}::uuid AND h.owner_kind = ${ownerKind}
         AND h.kind = ${part} AND h.owner_id = w.owner_id
         AND (h.day_of_week, h.date, h.applies_from) IS NOT DISTINCT FROM (w.day_of_week, w.date, w.applies_from)
    )
    INSERT INTO working_hours AS h
      (id, business_id, owner_kind, owner_id, kind, day_of_week, date, applies_from, intervals)
    SELECT id, ${scope.businessId}::uuid, ${ownerKind}, owner_id, ${part}, day_of_week, date, applies_from, intervals
      FROM wanted WHERE intervals IS NOT NULL
    ON CONFLICT (owner_kind, owner_id, kind, day_of_week, date, applies_from) DO UPDATE
       SET intervals = excluded.intervals WHERE h.intervals IS DISTINCT FROM excluded.intervals`;
}
