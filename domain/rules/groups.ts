import type { SyncEntity } from '../entities.ts';

/**
 * What a rule can speak of: `<entity>.<group>`, by the names that planner, conflicts and audit trail use (R7). The groups
 * of a visit's items go by their kind, `booking.time` and `booking.service`, because a rule outlives any item; hours by
 * `hours.weekday` and `hours.date`. `<entity>.*` means every group of that kind of record that has no line of its own.
 */
export const RULE_GROUPS = {
  booking: [
    'status',
    'time',
    'service',
    'client',
    'clientName',
    'clientPhone',
    'clientEmail',
    'clientNote',
    'travel',
    'zone',
  ],
  profile: ['name', 'email', 'phone'],
  category: ['name', 'position'],
  service: [
    'name',
    'description',
    'priceType',
    'padding',
    'gap',
    'parallelClients',
    'active',
    'position',
    'category',
  ],
  variant: ['label', 'price', 'durationMinutes', 'slotStepMinutes', 'service', 'staff'],
  staff: ['name', 'email', 'role', 'active', 'position'],
  room: ['name', 'active', 'position', 'services'],
  hours: ['weekday', 'date'],
  time_off: ['time', 'reason', 'approved', 'owner'],
} as const satisfies Readonly<Record<SyncEntity, readonly string[]>>;

/** Health notes, private notes and birthday: whatever a rule says, they go nowhere (R8). */
export const SEALED_GROUPS: readonly string[] = [
  'profile.healthNotes',
  'profile.privateNotes',
  'profile.birthday',
  'booking.healthNotes',
  'booking.privateNotes',
];

/** Kinds of record for which there is a way out to Booksy; of the others a rule may only say `in` or `never`. */
export const WRITABLE_ENTITIES: readonly SyncEntity[] = [
  'booking',
  'profile',
  'service',
  'variant',
  'time_off',
  'hours',
];

/** Groups of a visit that Booksy alone knows. They come in, and no rule changes that. */
const BOOKSY_ONLY: readonly string[] = ['booking.statusCode', 'booking.bookedBy', 'booking.importUid'];

const ITEM_GROUP = /^item:.+:(time|service)$/;

/** The name under which a rule speaks of a group. */
export function ruleKey(entity: SyncEntity, group: string): string {
  const [, part] = ITEM_GROUP.exec(group) ?? [];
  if (entity === 'booking' && part !== undefined) return `booking.${part}`;
  if (entity === 'hours')
    return `hours.${group.startsWith('date:') ? 'date' : group.startsWith('weekday:') ? 'weekday' : group}`;
  return `${entity}.${group}`;
}

/** Every name that a rule may use for a group, without the wildcards and the sealed ones. */
export function ruleKeys(): readonly string[] {
  return Object.entries(RULE_GROUPS).flatMap(([entity, groups]) =>
    groups.map((group) => `${entity}.${group}`),
  );
}

/** The entity of such a name, or null where it names none. */
export function entityOfKey(key: string): SyncEntity | null {
  const name = key.slice(0, Math.max(0, key.indexOf('.')));
  return isRuleEntity(name) ? name : null;
}

/** Whether a rule may name this: a known group, a wildcard of a known entity, or a sealed group. */
export function isRuleKey(key: string): boolean {
  if (SEALED_GROUPS.includes(key)) return true;
  const entity = entityOfKey(key);
  if (entity === null) return false;
  const group = key.slice(entity.length + 1);
  const known: readonly string[] = RULE_GROUPS[entity];
  return group === '*' || known.includes(group);
}

/** Whether no rule can make this group flow. */
export function isSealed(key: string): boolean {
  return SEALED_GROUPS.includes(key);
}

/** Whether this group only ever comes in. */
export function isBooksyOnly(key: string): boolean {
  return BOOKSY_ONLY.includes(key);
}

function isRuleEntity(name: string): name is SyncEntity {
  return Object.hasOwn(RULE_GROUPS, name);
}
