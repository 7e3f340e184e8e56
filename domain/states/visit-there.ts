import type { Json } from '../canonical.ts';
import type { GroupStates } from '../merge.ts';
import type { VisitStep } from '../protocol/types.ts';
import { part, partText, ThereBuilder, type BaseSides, type LinksThere, type There } from './there.ts';
import { itemGroups, itemOfGroup } from './visit.ts';

/** How a visit is said at Booksy. */
export interface VisitWords {
  readonly links: LinksThere;
  /** Made by us there: of the client it says given name and initial only (R39). */
  readonly minimalContact: boolean;
  /** The business needs phone and e-mail with a visit (R39). */
  readonly contactNeeded: boolean;
  /** The status there, as last seen; undefined for a visit that is not there. */
  readonly statusThere: Json | undefined;
  readonly base: BaseSides | null;
}

/**
 * A visit of ours in Booksy's ids and words. What has no way out (status code, who booked) is left out; staff, room or
 * service without a counterpart make their group unsayable. A client without a card goes inline (R15).
 */
export function visitThere(ours: GroupStates, words: VisitWords): There {
  const { links } = words;
  const builder = new ThereBuilder(ours, words.base);
  builder.say('status', () => statusThere(ours.status, words.statusThere));
  builder.say('zone', () => ours.zone ?? null);
  builder.say('client', () =>
    typeof ours.client === 'string' ? (links.clients.get(ours.client) ?? null) : null,
  );
  builder.say('clientName', () => nameThere(ours.clientName, words.minimalContact));
  const contact = !words.minimalContact || words.contactNeeded;
  builder.say('clientPhone', () => (contact ? (ours.clientPhone ?? null) : null));
  builder.say('clientEmail', () => (contact ? (ours.clientEmail ?? null) : null));
  builder.say('clientNote', () => trimmed(ours.clientNote));
  builder.say('travel', () => ours.travel ?? null);
  for (const [group, value] of Object.entries(ours)) {
    const item = itemOfGroup(group);
    if (item?.part === 'time') builder.say(group, () => timeThere(group, value, links, builder));
    if (item?.part === 'service') builder.say(group, () => serviceThere(group, value, links, builder));
  }
  return builder.done();
}

function timeThere(group: string, time: Json, links: LinksThere, builder: ThereBuilder): Json {
  const anyStaff = part(time, 'anyStaff') === true;
  return {
    startsLocal: part(time, 'startsLocal'),
    endsLocal: part(time, 'endsLocal'),
    anyStaff,
    // Whoever it was given to here, there anybody will do (R24).
    staff: anyStaff ? null : builder.find(links.staff, part(time, 'staff'), group),
    room: builder.find(links.rooms, part(time, 'room'), group),
  };
}

function serviceThere(group: string, service: Json, links: LinksThere, builder: ThereBuilder): Json {
  const variantId = part(service, 'variant');
  // Without a service Booksy could not tell what the time is for.
  if (typeof variantId !== 'string') return builder.unsayable(group);
  const name = partText(service, 'name') ?? links.serviceNames.get(variantId) ?? null;
  return { variant: builder.find(links.variants, variantId, group), name };
}

/** Given name and initial (R39): what a visit needs to be told from another. */
export function givenAndInitial(name: string): string {
  const words = name.trim().split(/\s+/u);
  const [given = ''] = words;
  const last = words.length > 1 ? (words.at(-1) ?? '') : '';
  const initial = /^\p{L}/u.exec(last)?.[0];
  return initial === undefined ? given : `${given} ${initial.toLocaleUpperCase()}.`;
}

function nameThere(name: Json | undefined, minimal: boolean): Json {
  const text = trimmed(name);
  if (text === null || !minimal) return text;
  return givenAndInitial(text);
}

function trimmed(value: Json | undefined): string | null {
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' ? null : text;
}

/** The status as Booksy will show it once the step to it was taken: reasons are Booksy's to give. */
function statusThere(ours: Json | undefined, there: Json | undefined): Json {
  const status = partText(ours, 'status') ?? 'confirmed';
  if (status !== 'cancelled') return { status, reason: null };
  const declines = partText(ours, 'reason') === 'declined' && isUndecided(there);
  return { status, reason: declines ? 'declined' : 'cancelled' };
}

/** Nobody at the salon has said yes to what stands there. */
function isUndecided(there: Json | undefined): boolean {
  const status = partText(there, 'status');
  return status === 'pending' || status === 'proposed' || partText(there, 'reason') === 'changed_by_client';
}

/**
 * The step that leads from the status there to the wanted one; null where Booksy has none: that is for a person to see.
 * A visit that its client has changed is never confirmed by us (R23).
 */
export function stepFor(there: Json | undefined, wanted: Json | undefined): VisitStep | null {
  const from = partText(there, 'status');
  switch (partText(wanted, 'status')) {
    case 'confirmed':
      return from === 'pending' || from === 'proposed' ? 'confirm' : null;
    case 'cancelled':
      if (from !== 'confirmed' && from !== 'pending' && from !== 'proposed') return null;
      return partText(wanted, 'reason') === 'declined' && isUndecided(there) ? 'decline' : 'cancel';
    case 'completed':
      return from === 'confirmed' ? 'finish' : null;
    case 'no_show':
      return from === 'confirmed' || from === 'completed' ? 'no_show' : null;
    default:
      return null;
  }
}

/**
 * Names of one item on both sides: Booksy's own (by sub-booking) → ours, for items that no link tells yet. Matched by
 * variant, staff and start (R7); where one is left on either side of an object that we made, it is that one.
 *
 * @param seen groups as read, by Booksy's item keys
 * @param oursThere groups of ours in Booksy's ids, by our keys
 * @param madeByUs the object carries our import uid
 */
export function itemAliases(
  seen: GroupStates,
  oursThere: GroupStates,
  madeByUs: boolean,
): ReadonlyMap<string, string> {
  const theirKeys = keysOf(seen);
  const ourKeys = keysOf(oursThere);
  const unknown = theirKeys.filter((key) => !ourKeys.includes(key));
  const free = new Set(ourKeys.filter((key) => !theirKeys.includes(key)));
  const aliases = new Map<string, string>();
  const pair = (fits: (their: string, our: string) => boolean) => {
    for (const their of unknown.filter((key) => !aliases.has(key))) {
      const our = [...free].find((key) => fits(their, key));
      if (our === undefined) continue;
      aliases.set(their, our);
      free.delete(our);
    }
  };
  pair((their, our) => markOf(seen, their) === markOf(oursThere, our));
  const left = unknown.filter((key) => !aliases.has(key));
  if (madeByUs && left.length === 1 && free.size === 1) pair(() => true);
  return aliases;
}

/** Groups with their items renamed. */
export function renameItems<T>(
  groups: { readonly [group: string]: T },
  names: ReadonlyMap<string, string>,
): { readonly [group: string]: T } {
  if (names.size === 0) return groups;
  return Object.fromEntries(
    Object.entries(groups).map(([group, value]) => [renameGroup(group, names), value]),
  );
}

/** A group's name once its item is renamed. */
export function renameGroup(group: string, names: ReadonlyMap<string, string>): string {
  const item = itemOfGroup(group);
  const name = item === null ? undefined : names.get(item.key);
  return item === null || name === undefined ? group : itemGroups(name)[item.part];
}

function keysOf(groups: GroupStates): readonly string[] {
  const keys = Object.keys(groups).flatMap((group) => itemOfGroup(group)?.key ?? []);
  return [...new Set(keys)].sort();
}

function markOf(groups: GroupStates, key: string): string {
  const names = itemGroups(key);
  const time = groups[names.time];
  const variant = part(groups[names.service], 'variant');
  return JSON.stringify([variant, part(time, 'staff'), part(time, 'startsLocal')]);
}
