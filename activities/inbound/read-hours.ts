import type {
  ObservedCustomDay,
  ObservedTimeOff,
  ObservedWeekday,
  WholeList,
} from '../../domain/observed.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { isBookable } from '../../domain/states/catalog.ts';
import type { DateWindow, HoursOwnerKind } from '../../domain/states/hours.ts';
import type { Links } from '../../domain/states/links.ts';
import type { BusinessRef, HoursOwner } from '../../booksy/index.ts';
import type { InboundDeps, RunBusiness } from './run.ts';

const LANE = 5;

export interface Owner {
  readonly kind: HoursOwnerKind;
  readonly externalId: string;
  readonly id: string;
}

export interface OwnerHours {
  readonly owner: Owner;
  /** Null where it was not asked for. */
  readonly weekly: WholeList<ObservedWeekday> | null;
  readonly custom: WholeList<ObservedCustomDay>;
  readonly timeOff: WholeList<ObservedTimeOff> | null;
}

/**
 * The salon itself, the staff that can be booked, and the rooms; receptionists keep no calendar.
 *
 * @param planned links of a dry run, in which nobody is linked yet; null in a real one
 */
export async function ownersOf(
  deps: InboundDeps,
  business: RunBusiness,
  planned: Links | null,
): Promise<readonly Owner[]> {
  const salon: Owner = { kind: 'business', externalId: business.externalId, id: business.id };
  return [
    salon,
    ...(planned === null ? await linkedOwners(deps, business) : await plannedOwners(deps, business, planned)),
  ];
}

async function plannedOwners(
  deps: InboundDeps,
  business: RunBusiness,
  links: Links,
): Promise<readonly Owner[]> {
  const { rows } = await deps.booksy.listResources(business, { lane: LANE });
  return rows.flatMap((resource): readonly Owner[] => {
    const { kind, externalId } = resource;
    const id = (kind === 'staff' ? links.staff : links.rooms).get(externalId);
    const keepsCalendar = kind === 'room' || isBookable(resource);
    return id === undefined || !keepsCalendar ? [] : [{ kind, externalId, id }];
  });
}

async function linkedOwners(deps: InboundDeps, business: RunBusiness): Promise<readonly Owner[]> {
  return deps.db.$queryRaw<Owner[]>`
    SELECT 'staff' AS kind, m.external_id AS "externalId", m.staff_id AS id
      FROM external_staff m JOIN staff s ON s.id = m.staff_id
     WHERE m.business_id = ${business.id}::uuid AND m.gone_at IS NULL AND s.bookable
    UNION ALL
    SELECT 'room', m.external_id, m.room_id FROM external_rooms m
     WHERE m.business_id = ${business.id}::uuid AND m.gone_at IS NULL
     ORDER BY 1 DESC, 2`;
}

/** Bookable staff with visits to come: their custom days and time off decide whether those can take place (R36). */
export async function soonOwners(deps: InboundDeps, business: RunBusiness): Promise<readonly Owner[]> {
  return deps.db.$queryRaw<Owner[]>`
    SELECT 'staff' AS kind, m.external_id AS "externalId", m.staff_id AS id
      FROM external_staff m JOIN staff s ON s.id = m.staff_id
     WHERE m.business_id = ${business.id}::uuid AND m.gone_at IS NULL AND s.bookable
       AND EXISTS (SELECT FROM booking_items i JOIN bookings b ON b.id = i.booking_id
                    WHERE i.staff_id = s.id AND i.starts_at > now()
                      AND b.status IN ('pending', 'proposed', 'confirmed'))
     ORDER BY 2`;
}

/**
 * Reads the hours and the time off of some owners, one after the other.
 *
 * @param weekly whether the weekly hours are read too
 */
export async function readHours(
  deps: InboundDeps,
  business: RunBusiness,
  owners: readonly Owner[],
  window: DateWindow,
  beat: () => void,
  weekly: boolean,
): Promise<readonly OwnerHours[]> {
  const known = await knownHours(deps, business.id);
  const read: OwnerHours[] = [];
  for (const owner of owners) {
    read.push(await readOwner(deps, business, owner, window, { known, weekly }));
    beat();
  }
  return read;
}

async function readOwner(
  deps: InboundDeps,
  business: BusinessRef,
  owner: Owner,
  window: DateWindow,
  { known, weekly }: { readonly known: ReadonlyMap<string, GroupStates>; readonly weekly: boolean },
): Promise<OwnerHours> {
  const call = { lane: LANE } as const;
  const of: HoursOwner =
    owner.kind === 'business' ? { kind: 'business' } : { kind: 'resource', externalId: owner.externalId };
  const { fromDate, tillDate } = window;
  const wasOpen = opensAt(known.get(knownKey(owner, 'weekly')) ?? {});
  const knewDays = Object.keys(known.get(knownKey(owner, 'custom')) ?? {}).some(
    (group) => group >= `date:${fromDate}` && group <= `date:${tillDate}`,
  );
  return {
    owner,
    weekly: weekly
      ? await twiceIf(
          (list) => wasOpen && list.rows.every((day) => day.intervals.length === 0),
          () => deps.booksy.getWeek(business, { owner: of }, call),
        )
      : null,
    custom: await twiceIf(
      (list) => knewDays && list.rows.length === 0,
      () => deps.booksy.listCustomDays(business, { owner: of, fromDate, toDate: tillDate }, call),
    ),
    timeOff:
      of.kind === 'business'
        ? null
        : await deps.booksy.listTimeOff(business, { resourceExternalId: of.externalId }, call),
  };
}

/**
 * A calendar that suddenly says nothing is read again before it is believed: these lists have no ids that could be read one
 * by one (R3), and an empty answer would close a salon.
 */
async function twiceIf<T>(suspicious: (list: T) => boolean, read: () => Promise<T>): Promise<T> {
  const first = await read();
  return suspicious(first) ? read() : first;
}

async function knownHours(deps: InboundDeps, businessId: string): Promise<ReadonlyMap<string, GroupStates>> {
  const rows = await deps.db.$queryRaw<{ key: string; remote: GroupStates }[]>`
    SELECT owner_kind || ':' || owner_external_id || ':' || part AS key, remote FROM external_hours
     WHERE business_id = ${businessId}::uuid`;
  return new Map(rows.map((row) => [row.key, row.remote]));
}

function knownKey(owner: Owner, part: 'weekly' | 'custom'): string {
  return `${owner.kind}:${owner.externalId}:${part}`;
}

function opensAt(groups: GroupStates): boolean {
  return Object.values(groups).some((intervals) => Array.isArray(intervals) && intervals.length > 0);
}
