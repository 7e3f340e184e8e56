import { canonicalJson, sameValue, type Json } from '../canonical.ts';
import type { Direction, GroupStates } from '../merge.ts';
import type { Interval, ObservedTravel, ObservedVisit, ObservedVisitItem } from '../observed.ts';
import { Unresolved, type Links } from './links.ts';
import type { SeenRecord } from './seen.ts';

/**
 * A visit as atomic groups (R7): {status, reason}; per item {start, end, staff, room} and {variant, name}; each other
 * field alone. Items are told apart by the other side's item id, else by variant, staff and start, never by position.
 */
export const ITEM_GROUP_PATTERN = /^item:(.+):(time|service)$/;

/** The group names of one item. */
export function itemGroups(itemKey: string): { readonly time: string; readonly service: string } {
  return { time: `item:${itemKey}:time`, service: `item:${itemKey}:service` };
}

/** The item key and part that a group name speaks of, or null where it is not an item's. */
export function itemOfGroup(
  group: string,
): { readonly key: string; readonly part: 'time' | 'service' } | null {
  const match = ITEM_GROUP_PATTERN.exec(group);
  const [, key, part] = match ?? [];
  if (key === undefined || (part !== 'time' && part !== 'service')) return null;
  return { key, part };
}

/** What is told of a client and of the way there: no time, nobody's work and no link hangs on it. */
const WORDS: ReadonlySet<string> = new Set([
  'clientName',
  'clientPhone',
  'clientEmail',
  'clientNote',
  'travel',
]);

/** Whether groups of a visit are such that nothing it holds or stands for can be another one because of them. */
export function areWords(groups: readonly string[]): boolean {
  return groups.every((group) => WORDS.has(group));
}

/** Key of an item within its visit. */
export function itemKey(item: ObservedVisitItem): string {
  if (item.externalId !== null) return item.externalId;
  return `${item.variantExternalId ?? ''}|${item.staffExternalId ?? ''}|${item.startsLocal}`;
}

/** Groups that a thin list row does not show (R5); a read by id does. */
export const LISTS_MAY_OMIT: readonly string[] = ['travel'];

/** A visit as seen at Booksy, in both vocabularies. */
export function seenVisit(visit: ObservedVisit, links: Links, interval: Interval): SeenRecord {
  const unresolved = new Unresolved();
  const theirs: Record<string, Json> = ownGroups(visit);
  const here: Record<string, Json> = { ...theirs };

  // Who booked is Booksy's to know: the mirror keeps it, the platform has no counterpart.
  theirs.bookedBy = visit.bookedBy;
  theirs.importUid = visit.importUid;
  theirs.client = visit.clientExternalId;
  here.client = unresolved.find(links.clients, visit.clientExternalId, 'client');

  const unread: string[] = [];
  if (visit.travel === undefined) unread.push('travel');
  else theirs.travel = here.travel = travelGroup(visit.travel);

  const items = visit.items.length > 0 ? visit.items : [wholeVisit(visit)];
  for (const [key, item] of keyedItems(items)) addItem(key, item, links, unresolved, theirs, here);
  return {
    externalId: visit.externalId,
    theirs,
    here,
    unread,
    unresolved: unresolved.list(),
    unknown: visit.unknown,
    importUid: visit.importUid,
    interval,
  };
}

function ownGroups(visit: ObservedVisit): Record<string, Json> {
  return {
    status: { status: visit.status, reason: visit.statusReason },
    statusCode: visit.statusCode,
    zone: visit.zone,
    clientName: visit.clientName,
    clientPhone: visit.clientPhone,
    clientEmail: visit.clientEmail,
    clientNote: visit.clientNote,
  };
}

/**
 * Items by their keys. Where one key fits several (two seats booked at once, without ids), their content puts them in an
 * order, never their position: none may hide another, because each holds time.
 */
function keyedItems(items: readonly ObservedVisitItem[]): readonly (readonly [string, ObservedVisitItem])[] {
  const alike = new Map<string, ObservedVisitItem[]>();
  for (const item of items) alike.set(itemKey(item), [...(alike.get(itemKey(item)) ?? []), item]);
  return [...alike].flatMap(([key, same]) =>
    same
      .map((item): [string, ObservedVisitItem] => [canonicalJson({ ...item }), item])
      .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
      .map(([, item], index) => [index === 0 ? key : `${key}#${String(index + 1)}`, item] as const),
  );
}

function addItem(
  key: string,
  item: ObservedVisitItem,
  links: Links,
  unresolved: Unresolved,
  theirs: Record<string, Json>,
  here: Record<string, Json>,
): void {
  const groups = itemGroups(key);
  const time = { startsLocal: item.startsLocal, endsLocal: item.endsLocal, anyStaff: item.anyStaff };
  theirs[groups.time] = { ...time, staff: item.staffExternalId, room: item.roomExternalId };
  here[groups.time] = {
    ...time,
    staff: unresolved.find(links.staff, item.staffExternalId, groups.time),
    room: unresolved.find(links.rooms, item.roomExternalId, groups.time),
  };
  theirs[groups.service] = { variant: item.variantExternalId, name: item.serviceName };
  const variant = item.variantExternalId === null ? undefined : links.variants.get(item.variantExternalId);
  if (item.variantExternalId !== null && variant === undefined) unresolved.note(groups.service);
  here[groups.service] = { variant: variant?.variantId ?? null, name: item.serviceName };
}

/** A visit without parts still takes its time. */
function wholeVisit(visit: ObservedVisit): ObservedVisitItem {
  return {
    externalId: 'whole',
    startsLocal: visit.startsLocal,
    endsLocal: visit.endsLocal,
    staffExternalId: null,
    anyStaff: false,
    roomExternalId: null,
    variantExternalId: null,
    serviceName: null,
  };
}

/** Which groups of a visit go which way (R8): what Booksy alone knows comes in only. */
export function visitDirection(group: string): Direction {
  return group === 'statusCode' || group === 'bookedBy' || group === 'importUid' ? 'in' : 'both';
}

/** Two cancels are one cancel, whatever the reasons given. */
export function equivalentInVisit(
  group: string,
  theirsHere: Json | undefined,
  ours: Json | undefined,
): boolean {
  if (group === 'status' && isEnded({ status: theirsHere ?? null }) && isEnded({ status: ours ?? null }))
    return true;
  return sameValue(theirsHere, ours);
}

/** Whether a visit's groups say that it is cancelled. */
export function isEnded(groups: GroupStates): boolean {
  const status = groups.status;
  return typeof status === 'object' && status !== null && 'status' in status && status.status === 'cancelled';
}

function travelGroup(travel: ObservedTravel | null): Json {
  if (travel === null) return null;
  return {
    addressLine1: travel.addressLine1,
    addressLine2: travel.addressLine2,
    apartmentNumber: travel.apartmentNumber,
    city: travel.city,
    postcode: travel.postcode,
    latitude: travel.latitude,
    longitude: travel.longitude,
    priceMinor: travel.priceMinor,
  };
}
