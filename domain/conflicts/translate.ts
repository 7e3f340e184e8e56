import type { Json } from '../canonical.ts';
import type { GroupStates } from '../merge.ts';
import { itemOfGroup } from '../states/visit.ts';

/** Booksy's ids → the platform's, for turning stored groups into our words. */
export interface GroupLinks {
  readonly staff: ReadonlyMap<string, string>;
  readonly rooms: ReadonlyMap<string, string>;
  readonly clients: ReadonlyMap<string, string>;
  readonly categories: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<string, string>;
  /** Variant's id there → variant's id here. */
  readonly variants: ReadonlyMap<string, string>;
}

/**
 * Groups in Booksy's ids as groups in ours: what a fresh read of the same record would be translated to. A group that names
 * something unknown here is left out; so are those that have no counterpart here.
 */
export function groupsHere(theirs: GroupStates, links: GroupLinks): GroupStates {
  const here: Record<string, Json> = {};
  for (const [group, value] of Object.entries(theirs)) {
    const translated = groupHere(group, value, links);
    if (translated !== undefined) here[group] = translated;
  }
  return here;
}

function groupHere(group: string, value: Json, links: GroupLinks): Json | undefined {
  const item = itemOfGroup(group);
  if (item?.part === 'time') return withIds(value, { staff: links.staff, room: links.rooms });
  if (item?.part === 'service') return withIds(value, { variant: links.variants });
  switch (group) {
    case 'bookedBy':
    case 'importUid':
      return undefined;
    case 'client':
      return idHere(value, links.clients);
    case 'category':
      return idHere(value, links.categories);
    case 'service':
      return idHere(value, links.services);
    case 'staff':
      return Array.isArray(value) ? staffHere(value, links) : idHere(value, links.staff);
    case 'owner':
      return ownerHere(value, links);
    default:
      return value;
  }
}

function staffHere(ids: readonly Json[], links: GroupLinks): Json | undefined {
  const found = ids.map((id) => (typeof id === 'string' ? links.staff.get(id) : undefined));
  return found.includes(undefined) ? undefined : found.flatMap((id) => (id === undefined ? [] : [id])).sort();
}

function ownerHere(value: Json, links: GroupLinks): Json | undefined {
  if (typeof value !== 'string') return undefined;
  const staff = links.staff.get(value);
  if (staff !== undefined) return { kind: 'staff', id: staff };
  const room = links.rooms.get(value);
  return room === undefined ? undefined : { kind: 'room', id: room };
}

function idHere(value: Json, links: ReadonlyMap<string, string>): Json | undefined {
  if (value === null) return null;
  return typeof value === 'string' ? links.get(value) : undefined;
}

function withIds(
  value: Json,
  parts: Readonly<Record<string, ReadonlyMap<string, string>>>,
): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const here: Record<string, Json> = { ...(value as { readonly [key: string]: Json }) };
  for (const [part, links] of Object.entries(parts)) {
    const id = idHere(here[part] ?? null, links);
    if (id === undefined) return undefined;
    here[part] = id;
  }
  return here;
}

/**
 * The same, for making a record anew: what names something unknown here is taken without it, as a first read would take it.
 */
export function groupsHereWhole(theirs: GroupStates, links: GroupLinks): GroupStates {
  const here: Record<string, Json> = { ...groupsHere(theirs, links) };
  for (const [group, value] of Object.entries(theirs)) {
    if (group in here || group === 'bookedBy' || group === 'importUid') continue;
    const item = itemOfGroup(group);
    if (item === null) here[group] = Array.isArray(value) ? [] : null;
    else here[group] = withoutIds(value, item.part === 'time' ? ['staff', 'room'] : ['variant'], links);
  }
  return here;
}

function withoutIds(value: Json, parts: readonly string[], links: GroupLinks): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const known: Readonly<Record<string, ReadonlyMap<string, string>>> = {
    staff: links.staff,
    room: links.rooms,
    variant: links.variants,
  };
  const here: Record<string, Json> = { ...(value as { readonly [key: string]: Json }) };
  for (const part of parts) here[part] = idHere(here[part] ?? null, known[part] ?? new Map()) ?? null;
  return here;
}
