import { SALE_DAY } from './bookings.ts';
import { DEFAULT_RULE } from '../../../../domain/rules/rules.ts';

/** A request to any endpoint of the document that is well formed and names the given things. */
export interface Things {
  readonly business: string;
  /** A run of it; where a plan is asked for, a dry one. */
  readonly run: string;
  readonly mapping: string;
  readonly conflict: string;
  readonly quarantine: string;
  /** The run of a record that failed alone, and was left. */
  readonly failure: string;
  /** Of its audit trail, with values. */
  readonly entry: string;
  /** An undo that waits for its plan. */
  readonly undo: string;
  readonly webhook: string;
  readonly variant: string;
  readonly staff: string;
  /** A visit to come, one that has begun, a hold of the token that is sent. */
  readonly booking: string;
  readonly begun: string;
  readonly hold: string;
  /** A calendar of others, a feed of ours, and the secret of its address. */
  readonly calendar: string;
  readonly feed: string;
  readonly feedToken: string;
  /** Of its member of staff. */
  readonly timeOff: string;
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** `path` as the document writes it, with `{id}`. */
export function requestOf(method: string, path: string, things: Things): Request {
  if (path === '/api/availability') return { method, path: availabilityOf(things) };
  const filled = path
    .replace('{id}', idOf(path, things))
    .replace('{ruleId}', 'default')
    .replace('{date}', SALE_DAY)
    .replace('{token}', path.startsWith('/api/calendars/') ? things.feedToken : 'not-the-token')
    .replace('{file}', path.includes('/docs/') ? 'docs-init.js' : 'site.css');
  const body = bodyOf(`${method} ${path.replace('/api/admin/booksy', '')}`, things);
  if (method === 'DELETE' && path.endsWith('/hours/week'))
    return { method, path: `${filled}?appliesFrom=${SALE_DAY}` };
  if (path.endsWith('/hours/own')) return { method, path: `${filled}?staff=${things.staff}` };
  return { method, path: filled, ...(body === undefined ? {} : { body }) };
}

function availabilityOf({ business, variant }: Things): string {
  return `/api/availability?businessId=${business}&items=${variant}@any&from=${SALE_DAY}&explain=${SALE_DAY}T10:00`;
}

function idOf(path: string, things: Things): string {
  if (path.includes('/holds/')) return things.hold;
  if (path.includes('/bookings/') && /(complete|no-show)$/.test(path)) return things.begun;
  if (path.includes('/bookings/')) return things.booking;
  if (path.includes('/businesses/')) return things.business;
  if (path.includes('/time-off/')) return things.timeOff;
  if (path.includes('/calendars/')) return things.calendar;
  if (path.includes('/calendar-feeds/')) return things.feed;
  if (path.includes('/mappings/')) return things.mapping;
  if (path.includes('/conflicts/')) return things.conflict;
  if (path.includes('/audit/')) return things.entry;
  if (path.includes('/undo/')) return things.undo;
  if (path.includes('/errors/') && path.endsWith('/skip')) return `record:${things.failure}`;
  if (path.includes('/errors/')) return `quarantine:${things.quarantine}`;
  if (path.includes('/webhooks/')) return things.webhook;
  return things.run;
}

const WEEK = [0, 1, 2, 3, 4, 5, 6].map((dayOfWeek) => ({ dayOfWeek, intervals: [[540, 1020]] }));

function bodyOf(key: string, { business, run, variant, staff }: Things): unknown {
  switch (key) {
    case 'POST /api/holds':
      return { businessId: business, items: [{ variantId: variant }], startsLocal: `${SALE_DAY}T08:00` };
    case 'POST /api/bookings':
      return { businessId: business, items: [{ variantId: variant }], startsLocal: `${SALE_DAY}T10:00` };
    case 'PATCH /api/bookings/{id}':
      return { startsLocal: `${SALE_DAY}T12:00`, note: 'Proszę o ciszę' };
    case 'POST /api/bookings/{id}/cancel':
    case 'POST /api/bookings/{id}/complete':
    case 'POST /api/bookings/{id}/no-show':
      return {};
    case 'POST /businesses/{id}/calendars':
      return { name: 'Prywatny', url: 'https://calendar.example/private/basic.ics' };
    case 'PATCH /calendars/{id}':
      return { intervalSeconds: 1800 };
    case 'POST /businesses/{id}/calendar-feeds':
      return { name: 'Moje wizyty' };
    case 'POST /businesses/{id}/holidays':
      return { date: '2026-12-24', state: 'closed', name: 'Wigilia' };
    case 'POST /businesses/{id}/holidays/suggest':
      return { country: 'PL' };
    case 'PUT /businesses/{id}/hours/week':
      return { owner: { kind: 'business' }, days: WEEK };
    case 'PUT /businesses/{id}/hours/days/{date}':
      return { owner: { kind: 'business' }, intervals: [] };
    case 'POST /businesses/{id}/time-off':
      return { owner: { kind: 'staff', id: staff }, fromDate: SALE_DAY, reasonCode: 'vacation' };
    case 'PATCH /time-off/{id}':
      return { reasonCode: 'training' };
    case 'POST /full-sync':
      return { businessIds: [business] };
    case 'POST /mappings':
      return { businessId: business, entity: 'profile', externalId: '1', decision: 'separate', version: 1 };
    case 'POST /conflicts/{id}/resolve':
      return { version: 1, choice: 'ignore' };
    case 'POST /undo':
      return { runId: run };
    case 'POST /audit-chains/verify':
      return { businessId: business };
    case 'POST /operations/{id}/plan/approve':
      return { version: 1 };
    case 'POST /webhooks/replay':
      return { businessId: business };
    case 'POST /errors/{id}/release':
      return { affected: 7 };
    case 'POST /businesses/{id}/rules/{ruleId}':
      return { version: 1, rule: DEFAULT_RULE };
    case 'POST /businesses/{id}/rules/{ruleId}/delete':
      return { version: 1 };
    case 'POST /businesses/{id}/rules-file':
      return { rules: [DEFAULT_RULE] };
    default:
      return undefined;
  }
}
