import type { SeedParameters } from '../generate/index.ts';
import { DEFAULT_SETTINGS, patchSettings } from '../settings.ts';
import type { Settings } from '../settings.ts';
import type { EntityKind, Put } from './salon.ts';

/** What a line of the journal says once read. */
export type ReplayEntry =
  | { readonly t: 'put'; readonly salon: number; readonly change: Put }
  | { readonly t: 'remove'; readonly salon: number; readonly kind: EntityKind; readonly key: string }
  | { readonly t: 'settings'; readonly settings: Settings }
  | { readonly t: 'clock'; readonly offsetMs: number }
  | { readonly t: 'ids'; readonly salon: number; readonly lastId: number };

const KINDS: ReadonlySet<string> = new Set<EntityKind>([
  'business',
  'resource',
  'category',
  'service',
  'variant',
  'customer',
  'timeOff',
  'visit',
  'schedule',
  'customDay',
]);

/**
 * The journal is written by this program only, line by line, and a torn line is cut off before: its records are
 * trusted, its frame is checked.
 */
export function readEntry(raw: unknown): ReplayEntry {
  if (!isObject(raw)) throw damaged();
  const { t, salon, kind, key } = raw;
  if (t === 'clock' && typeof raw['offsetMs'] === 'number') return { t, offsetMs: raw['offsetMs'] };
  if (t === 'ids' && typeof salon === 'number' && typeof raw['lastId'] === 'number')
    return { t, salon, lastId: raw['lastId'] };
  if (t === 'settings') return { t, settings: readSettings(raw['settings']) };
  if (typeof salon !== 'number' || typeof key !== 'string' || typeof kind !== 'string' || !KINDS.has(kind)) {
    throw damaged();
  }
  // Before unknown fields were kept, the record of a date was its hours.
  if (kind === 'customDay' && Array.isArray(raw['record']))
    return readEntry({ ...raw, record: { hours: raw['record'] } });
  if (t === 'put' && isPut(raw)) return { t, salon, change: raw };
  if (t === 'remove' && isKind(kind)) return { t, salon, kind, key };
  throw damaged();
}

export function readSettings(raw: unknown): Settings {
  return isObject(raw) ? patchSettings(DEFAULT_SETTINGS, raw) : DEFAULT_SETTINGS;
}

export function readParameters(raw: unknown): SeedParameters {
  if (!isObject(raw)) throw damaged();
  const { seed, salons, visits, clients, today, staff, overbooked } = raw;
  if (
    typeof seed !== 'string' ||
    typeof salons !== 'number' ||
    typeof visits !== 'number' ||
    typeof clients !== 'number' ||
    typeof today !== 'string'
  ) {
    throw damaged();
  }
  return {
    seed,
    salons,
    visits,
    clients,
    today,
    staff: typeof staff === 'number' ? staff : null,
    overbooked: typeof overbooked === 'number' ? overbooked : null,
  };
}

function isKind(kind: string): kind is EntityKind {
  return KINDS.has(kind);
}

function isPut(raw: Record<string, unknown>): raw is Record<string, unknown> & Put {
  return typeof raw['kind'] === 'string' && typeof raw['key'] === 'string' && 'record' in raw;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function damaged(): Error {
  return new Error('The data file of the simulator cannot be read: remove its folder to start anew');
}
