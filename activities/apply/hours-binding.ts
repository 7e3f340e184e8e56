import type { Json } from '../../domain/canonical.ts';
import { localOf } from '../../domain/local-time.ts';
import type { Direction } from '../../domain/merge.ts';
import { hoursKeyOf, isTellable, scheduleId, weekOn } from '../../domain/states/hours.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import type { ChangedRecord, EntityBinding, NewRecord } from './binding.ts';
import { inboundOnly, mirrorTable } from './flat-binding.ts';
import { loadSchedules, lockSchedules } from '../../infra/schedules/load.ts';
import {
  countersOf,
  dayWrite,
  makeSchedules,
  statedSchedules,
  writeDays,
  type DayWrite,
} from './hours-rows.ts';
import type { ApplyScope } from './scope.ts';

/** Where schedules are mirrored. The owner's id here is put in by a trigger. */
const hoursMirror = mirrorTable('external_hours', 'schedule_id', {
  extra: { owner_kind: 'text', owner_external_id: 'text', part: 'text' },
});

/**
 * Weekly hours and custom days of all owners. One record is a schedule, its groups are days, and a day is a row.
 *
 * @param owners the platform's id of each owner, by `kind:external id`; needed only for schedules that are seen first
 */
export function hoursBinding(owners: ReadonlyMap<string, string> = new Map()): EntityBinding {
  const ownerOf = (seen: SeenRecord) => {
    const { ownerKind, ownerExternalId, part } = hoursKeyOf(seen.externalId);
    const ownerId = owners.get(`${ownerKind}:${ownerExternalId}`);
    if (ownerId === undefined) throw new Error('A schedule that is seen first needs its owner.');
    return { id: scheduleId(ownerKind, ownerId, part), ownerKind, ownerId, part };
  };
  const keyed = async (
    scope: ApplyScope,
    fresh: readonly SeenRecord[],
  ): Promise<ReadonlyMap<string, string>> => {
    if (fresh.length === 0) return new Map();
    const ids = new Map(fresh.map((seen) => [seen.externalId, ownerOf(seen).id]));
    const stated = await statedSchedules(scope, [...ids.values()]);
    return new Map([...ids].filter(([, id]) => stated.has(id)));
  };
  return {
    entity: 'hours',
    mirror: hoursMirror,
    directionOf: inboundOnly,
    required: [],
    // Closed is something that a side says.
    saysNothing: (value) => value === undefined || value === null,
    keyed,
    newRecordId: (seen) => ownerOf(seen).id,

    mirrorExtra(seen): Readonly<Record<string, Json>> {
      const { ownerKind, ownerExternalId, part } = hoursKeyOf(seen.externalId);
      return { owner_kind: ownerKind, owner_external_id: ownerExternalId, part };
    },

    directionsOf(scope, changes) {
      const today = localOf(scope.now, scope.zone).slice(0, 10);
      const direction = (group: string): Direction => (isTellable(group, today) ? 'both' : 'in');
      return Promise.resolve(new Map(changes.map(({ seen }) => [seen.externalId, direction])));
    },

    async loadOurs(scope, recordIds) {
      if (recordIds.length === 0) return new Map();
      if (scope.readOnly !== true) await lockSchedules(scope.tx, scope.businessId, recordIds);
      const loaded = await loadSchedules(scope.tx, scope.businessId, recordIds);
      return new Map([...loaded].map(([id, { ours }]) => [id, ours]));
    },

    async insert(scope, records: readonly NewRecord[]) {
      const schedules = records.map(({ seen }) => ownerOf(seen));
      await makeSchedules(scope, schedules);
      await writeDays(
        scope,
        records.flatMap(({ recordId, seen }) =>
          Object.entries(seen.here).map(([group, value]) => dayWrite(recordId, group, value)),
        ),
      );
      // Their days were counted: what was just taken in is the base.
      await makeSchedules(scope, schedules);
    },

    async update(scope, records) {
      const days = await daysOf(scope, records);
      await writeDays(scope, days);
      return countersOf(
        scope,
        records.map(({ recordId }) => recordId),
      );
    },
  };
}

/**
 * Days to be written. A date that is as the week there again: where a holiday states it here, the week is stated over it. Where
 * the salon's week is followed, a day of one's own needs a week of one's own beside it: without one all other days were closed.
 */
async function daysOf(scope: ApplyScope, records: readonly ChangedRecord[]): Promise<readonly DayWrite[]> {
  const changing = records.filter(({ apply }) => apply.length > 0).map(({ recordId }) => recordId);
  const loaded = changing.length === 0 ? null : await loadSchedules(scope.tx, scope.businessId, changing);
  return records.flatMap(({ recordId, seen, apply }) => {
    const own = loaded?.get(recordId);
    const changed = apply.map((group) => {
      const stated =
        own?.holidays.has(group) === true ? weekOn(own.week, group.slice('date:'.length)) : undefined;
      return dayWrite(recordId, group, seen.here[group] ?? stated);
    });
    if (own?.followsSalon !== true || apply.length === 0) return changed;
    const week = Object.entries(own.week).filter(([group]) => !apply.includes(group));
    return [...changed, ...week.map(([group, intervals]) => dayWrite(own.weekId, group, intervals))];
  });
}
