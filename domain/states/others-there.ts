import type { Json } from '../canonical.ts';
import type { GroupStates } from '../merge.ts';
import { part, ThereBuilder, type BaseSides, type LinksThere, type There } from './there.ts';

/** Clients, catalog and time off of ours in Booksy's ids and words. */

const CLIENT_GROUPS = ['name', 'email', 'phone'] as const;

/** A client card: name, e-mail, phone. Nothing else of a profile has a way out (R8, R40). */
export function clientThere(ours: GroupStates, base: BaseSides | null): There {
  return plain(ours, base, CLIENT_GROUPS);
}

const SERVICE_GROUPS = [
  'name',
  'description',
  'priceType',
  'padding',
  'gap',
  'parallelClients',
  'active',
  'position',
] as const;

/** A service; its category must be known there. */
export function serviceThere(ours: GroupStates, links: LinksThere, base: BaseSides | null): There {
  const builder = new ThereBuilder(ours, base);
  for (const group of SERVICE_GROUPS) builder.say(group, () => ours[group] ?? null);
  builder.say('category', () => builder.find(links.categories, ours.category, 'category'));
  return builder.done();
}

const VARIANT_GROUPS = ['label', 'price', 'durationMinutes', 'slotStepMinutes'] as const;

/** A variant; its service must be known there, and so must all who carry it out. */
export function variantThere(ours: GroupStates, links: LinksThere, base: BaseSides | null): There {
  const builder = new ThereBuilder(ours, base);
  for (const group of VARIANT_GROUPS) {
    // Combinations are priced by their parts: Booksy takes no such price.
    if (group === 'price' && part(ours.price, 'type') === 'combo')
      builder.say(group, () => builder.unsayable(group));
    else builder.say(group, () => ours[group] ?? null);
  }
  builder.say('service', () => builder.find(links.services, ours.service, 'service'));
  builder.say('staff', () => {
    const staff: readonly Json[] = Array.isArray(ours.staff) ? ours.staff : [];
    return staff.flatMap((id: Json) => builder.find(links.staff, id, 'staff') ?? []).sort();
  });
  return builder.done();
}

/** Time off: whose, when, why. Its owner is its address there: it cannot be given to somebody else. */
export function timeOffThere(ours: GroupStates, links: LinksThere, base: BaseSides | null): There {
  const builder = new ThereBuilder(ours, base);
  builder.say('time', () => ours.time ?? null);
  builder.say('reason', () => ours.reason ?? null);
  builder.say('approved', () => ours.approved ?? null);
  builder.say('owner', () => {
    const map = part(ours.owner, 'kind') === 'room' ? links.rooms : links.staff;
    const owner = builder.find(map, part(ours.owner, 'id'), 'owner');
    const before = base?.theirs.owner;
    return before === undefined || before === owner ? owner : builder.unsayable('owner');
  });
  return builder.done();
}

function plain(ours: GroupStates, base: BaseSides | null, groups: readonly string[]): There {
  const builder = new ThereBuilder(ours, base);
  for (const group of groups) builder.say(group, () => ours[group] ?? null);
  return builder.done();
}
