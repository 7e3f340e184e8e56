import type { SyncEntity } from '../entities.ts';
import type { Direction } from '../merge.ts';
import { entityOfKey, isBooksyOnly, isSealed, ruleKey, ruleKeys, WRITABLE_ENTITIES } from './groups.ts';

/**
 * Sync rules (SPEC 3.9): which way each group flows (R8), who wins where both sides changed it (R9), how far ahead is
 * pushed (R25). Pure data and functions: planner, activities and workflows read the same.
 */
export const SOURCE_SYSTEMS = ['platform', 'booksy', 'both'] as const;
export type SourceSystem = (typeof SOURCE_SYSTEMS)[number];

/** Who wins a group that both sides changed. `manual`: a person decides. */
export const POLICIES = ['platform', 'booksy', 'latest', 'manual'] as const;
export type Policy = (typeof POLICIES)[number];

export interface SyncRule {
  /** Unique within its business. */
  readonly id: string;
  readonly name: string;
  /** Changes of which side it speaks of. */
  readonly sourceSystem: SourceSystem;
  /** The highest that matches counts; of equal ones the lowest id (R25). */
  readonly priority: number;
  readonly conditions: {
    /** Minutes kept free around a visit when we offer time; no visit made at Booksy is refused by them (R22). */
    readonly bufferTimes: { readonly before: number; readonly after: number };
    /** Days ahead that we offer and push; what Booksy has is imported and blocks however far it lies (R25). */
    readonly maxAdvanceBooking: number;
  };
  readonly actions: {
    /** Whether time off made here goes to Booksy. Time that Booksy holds always comes in. */
    readonly syncAvailability: boolean;
    /** Whether policies decide conflicts without a person. */
    readonly autoResolveConflicts: boolean;
    readonly notifyAdmin: boolean;
  };
  /** By `<entity>.<group>` or `<entity>.*`. */
  readonly policies: { readonly [key: string]: Policy };
  readonly directions: { readonly [key: string]: Direction };
  readonly active: boolean;
}

/** What a new business gets, and what counts where it has no rule that matches: the literal of the original guide. */
export const DEFAULT_RULE: SyncRule = {
  id: 'default',
  name: 'Default Sync Rule',
  sourceSystem: 'both',
  priority: 5,
  conditions: { bufferTimes: { before: 15, after: 15 }, maxAdvanceBooking: 90 },
  actions: { syncAvailability: true, autoResolveConflicts: false, notifyAdmin: true },
  policies: {},
  directions: {},
  active: true,
};

/** R8: what flows where nobody has said otherwise. */
const DEFAULT_DIRECTIONS: Readonly<Record<SyncEntity, Direction>> = {
  booking: 'both',
  profile: 'both',
  time_off: 'both',
  category: 'in',
  service: 'in',
  variant: 'in',
  staff: 'in',
  room: 'in',
  hours: 'in',
};

/** Smaller comes first. Code points, not a locale: the same on every machine. */
function byRank(left: SyncRule, right: SyncRule): number {
  return right.priority - left.priority || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0);
}

/**
 * The rule that counts, whatever order they come in: active, speaking of that side, highest priority, then lowest id.
 * For `both` the two sides are asked one by one; where different rules answer, they are joined into one: what comes in
 * goes by the rule of Booksy's changes, what goes out by that of the platform's, and where their policies differ a
 * person decides. Its id names both.
 */
export function effectiveRule(rules: readonly SyncRule[], sourceSystem: SourceSystem): SyncRule {
  if (sourceSystem !== 'both') return firstFor(rules, sourceSystem);
  const platform = firstFor(rules, 'platform');
  const booksy = firstFor(rules, 'booksy');
  return platform === booksy ? platform : joined(platform, booksy);
}

function firstFor(rules: readonly SyncRule[], side: 'platform' | 'booksy'): SyncRule {
  const matching = rules.filter(
    (rule) => rule.active && (rule.sourceSystem === 'both' || rule.sourceSystem === side),
  );
  return [...matching].sort(byRank)[0] ?? DEFAULT_RULE;
}

function joined(platform: SyncRule, booksy: SyncRule): SyncRule {
  const keys = ruleKeys();
  return {
    id: `${platform.id}+${booksy.id}`,
    name: `${platform.name} + ${booksy.name}`,
    sourceSystem: 'both',
    priority: Math.max(platform.priority, booksy.priority),
    // Both conditions speak of what we offer and push.
    conditions: platform.conditions,
    actions: {
      syncAvailability: platform.actions.syncAvailability,
      autoResolveConflicts: platform.actions.autoResolveConflicts && booksy.actions.autoResolveConflicts,
      notifyAdmin: platform.actions.notifyAdmin || booksy.actions.notifyAdmin,
    },
    policies: Object.fromEntries(
      keys.map((key) => {
        const [left, right] = [stated(platform.policies, key), stated(booksy.policies, key)];
        return [key, left !== undefined && left === right ? left : 'manual'];
      }),
    ),
    directions: Object.fromEntries(
      keys.map((key) => [key, bothWays(flows(booksy, key) === 'in', flows(platform, key) === 'out')]),
    ),
    active: true,
  };

  function flows(rule: SyncRule, key: string): 'in' | 'out' | null {
    const wanted = rule === booksy ? 'in' : 'out';
    const direction = directionOfKey(rule, key);
    return direction === 'both' || direction === wanted ? wanted : null;
  }
}

function bothWays(comesIn: boolean, goesOut: boolean): Direction {
  if (comesIn) return goesOut ? 'both' : 'in';
  return goesOut ? 'out' : 'never';
}

/** What a table says of a key: its own line, else that of its entity's wildcard. */
function stated<T>(table: { readonly [key: string]: T }, key: string): T | undefined {
  if (Object.hasOwn(table, key)) return table[key];
  const wildcard = `${key.slice(0, key.indexOf('.'))}.*`;
  return Object.hasOwn(table, wildcard) ? table[wildcard] : undefined;
}

/**
 * Which way a group flows (R8). Health notes, private notes and birthday never do, and what Booksy alone knows only comes
 * in, whatever the rule says; a kind of record without a way out never goes out.
 *
 * @param group as planner and mirror name it, e.g. `item:42:time`
 */
export function directionFor(rule: SyncRule, entity: SyncEntity, group: string): Direction {
  return directionOfKey(rule, ruleKey(entity, group));
}

function directionOfKey(rule: SyncRule, key: string): Direction {
  if (isSealed(key)) return 'never';
  if (isBooksyOnly(key)) return 'in';
  const entity = entityOfKey(key);
  if (entity === null) return 'never';
  const said = stated(rule.directions, key);
  if (WRITABLE_ENTITIES.includes(entity)) {
    if (said !== undefined) return said;
    return entity === 'time_off' && !rule.actions.syncAvailability ? 'in' : DEFAULT_DIRECTIONS[entity];
  }
  return said === 'never' || said === 'out' ? 'never' : 'in';
}

/**
 * Who wins a group that both sides changed (R9). `manual` unless the rule lets policies decide and states one for it.
 */
export function policyFor(rule: SyncRule, entity: SyncEntity, group: string): Policy {
  if (!rule.actions.autoResolveConflicts) return 'manual';
  return stated(rule.policies, ruleKey(entity, group)) ?? 'manual';
}

const DAY_MS = 86_400_000;

/**
 * Whether a visit or block that begins at `startsAt` is near enough to be offered or pushed (R25).
 *
 * @param startsAt ISO instant
 * @param now ISO instant
 */
export function withinAdvance(rule: SyncRule, startsAt: string, now: string): boolean {
  return Date.parse(startsAt) - Date.parse(now) <= rule.conditions.maxAdvanceBooking * DAY_MS;
}
