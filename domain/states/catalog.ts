import type {
  Interval,
  ObservedCategory,
  ObservedResource,
  ObservedService,
  ObservedVariant,
} from '../observed.ts';
import { Unresolved, type Links } from './links.ts';
import type { SeenRecord } from './seen.ts';

/** Catalog and resources as groups. Each comes in only, until the owner opens the way out (R8). */

/** A service category: `name`, `position`. */
export function seenCategory(category: ObservedCategory, interval: Interval): SeenRecord {
  const groups = { name: category.name, position: category.position };
  return plain(category.externalId, groups, category.unknown, interval);
}

/** A service: name, description, category, price type, padding, processing gap, seats, active, position. */
export function seenService(service: ObservedService, links: Links, interval: Interval): SeenRecord {
  const unresolved = new Unresolved();
  const own = {
    name: service.name,
    description: service.description,
    priceType: service.priceType,
    padding: { kind: service.paddingKind, minutes: service.paddingMinutes },
    gap: { afterMinutes: service.gapAfterMinutes, minutes: service.gapMinutes },
    parallelClients: service.parallelClients,
    active: service.active,
    position: service.position,
  };
  return {
    externalId: service.externalId,
    theirs: { ...own, category: service.categoryExternalId },
    here: { ...own, category: unresolved.find(links.categories, service.categoryExternalId, 'category') },
    unread: [],
    unresolved: unresolved.list(),
    unknown: service.unknown,
    importUid: service.importUid,
    interval,
  };
}

/** A variant: its service, label, price, duration, slot step and who serves it. */
export function seenVariant(variant: ObservedVariant, links: Links, interval: Interval): SeenRecord {
  const unresolved = new Unresolved();
  const own = {
    label: variant.label,
    price: { type: variant.price.type, minor: variant.price.minor, currency: variant.price.currency },
    durationMinutes: variant.durationMinutes,
    slotStepMinutes: variant.slotStepMinutes,
  };
  const staff = variant.staffExternalIds.map((id) => unresolved.find(links.staff, id, 'staff'));
  return {
    externalId: variant.externalId,
    theirs: { ...own, service: variant.serviceExternalId, staff: [...variant.staffExternalIds].sort() },
    here: {
      ...own,
      service: unresolved.find(links.services, variant.serviceExternalId, 'service'),
      staff: staff.filter((id) => id !== null).sort(),
    },
    unread: [],
    unresolved: unresolved.list(),
    unknown: variant.unknown,
    importUid: variant.importUid,
    interval,
  };
}

/** A member of staff. Receptionists are people of the salon, but nobody books them. */
export function seenStaff(resource: ObservedResource, interval: Interval): SeenRecord {
  const groups = {
    name: resource.name,
    email: resource.email,
    role: { accessLevel: resource.accessLevel, bookable: isBookable(resource) },
    active: resource.active,
    position: resource.position,
  };
  return plain(resource.externalId, groups, resource.unknown, interval);
}

/**
 * A room or appliance: name, active, position and the services that are given in it. A service that has no counterpart here
 * yet is left out until it has one; a read that does not name services says nothing of them.
 */
export function seenRoom(resource: ObservedResource, links: Links, interval: Interval): SeenRecord {
  const own = { name: resource.name, active: resource.active, position: resource.position };
  const room = plain(resource.externalId, own, resource.unknown, interval);
  const stated = resource.serviceExternalIds;
  if (stated === null) return { ...room, unread: ['services'] };
  const unresolved = new Unresolved();
  const services = stated.map((id) => unresolved.find(links.services, id, 'services'));
  return {
    ...room,
    theirs: { ...own, services: [...stated].sort() },
    here: { ...own, services: services.filter((id) => id !== null).sort() },
    unresolved: unresolved.list(),
  };
}

/** Whether clients may be booked with this resource. */
export function isBookable(resource: ObservedResource): boolean {
  return resource.accessLevel !== 'reception';
}

function plain(
  externalId: string,
  groups: SeenRecord['theirs'],
  unknown: SeenRecord['unknown'],
  interval: Interval,
): SeenRecord {
  return { externalId, theirs: groups, here: groups, unread: [], unresolved: [], unknown, interval };
}
