/**
 * Who may call what, as data: `METHOD path` → the scope a token needs, or `public`. A route that is missing here
 * stops the start of the API, and so does a line here without a route.
 */
import type { Scope } from '../infra/tokens.ts';

export type Permission = Scope | 'public';

export const PERMISSIONS: Readonly<Record<string, Permission>> = {
  'GET /api/admin/booksy/sync-status': 'sync:read',
  'POST /api/admin/booksy/full-sync': 'sync:run',
  'GET /api/admin/booksy/operations': 'operations:read',
  'GET /api/admin/booksy/operations/:id': 'operations:read',
  'GET /api/admin/booksy/operations/:id/plan': 'operations:read',
  'POST /api/admin/booksy/operations/:id/plan/approve': 'push:allow',
  'POST /api/admin/booksy/operations/:id/pause': 'sync:run',
  'POST /api/admin/booksy/operations/:id/resume': 'sync:run',
  'POST /api/admin/booksy/operations/:id/cancel': 'sync:run',
  'POST /api/admin/booksy/businesses/:id/pause': 'sync:run',
  'POST /api/admin/booksy/businesses/:id/resume': 'sync:run',
  'GET /api/admin/booksy/mappings': 'mappings:read',
  'GET /api/admin/booksy/mappings/:id': 'mappings:read',
  'POST /api/admin/booksy/mappings': 'mappings:decide',
  'GET /api/admin/booksy/conflicts': 'conflicts:read',
  'GET /api/admin/booksy/conflicts/:id': 'conflicts:read',
  'POST /api/admin/booksy/conflicts/:id/resolve': 'conflicts:resolve',
  'GET /api/admin/booksy/errors': 'operations:read',
  'GET /api/admin/booksy/errors/:id': 'operations:read',
  'POST /api/admin/booksy/errors/:id/retry': 'sync:run',
  'POST /api/admin/booksy/errors/:id/skip': 'sync:run',
  'POST /api/admin/booksy/errors/:id/release': 'sync:run',
  'GET /api/admin/booksy/rules': 'rules:read',
  'GET /api/admin/booksy/businesses/:id/rules/:ruleId': 'rules:read',
  'POST /api/admin/booksy/businesses/:id/rules/:ruleId': 'rules:write',
  'POST /api/admin/booksy/businesses/:id/rules/:ruleId/delete': 'rules:write',
  'GET /api/admin/booksy/businesses/:id/rules-file': 'rules:read',
  'POST /api/admin/booksy/businesses/:id/rules-file': 'rules:write',
  'POST /api/admin/booksy/undo': 'undo:run',
  'GET /api/admin/booksy/undo/:id': 'undo:run',
  'POST /api/admin/booksy/undo/:id/confirm': 'undo:run',
  'GET /api/admin/booksy/audit': 'audit:read',
  'GET /api/admin/booksy/audit/:id': 'audit:values',
  'GET /api/admin/booksy/audit-chains': 'audit:read',
  'POST /api/admin/booksy/audit-chains/verify': 'audit:read',
  'GET /api/availability': 'availability:read',
  'POST /api/holds': 'bookings:write',
  'POST /api/holds/:id/release': 'bookings:write',
  'DELETE /api/holds/:id': 'bookings:write',
  'POST /api/bookings': 'bookings:write',
  'GET /api/bookings/:id': 'bookings:read',
  'PATCH /api/bookings/:id': 'bookings:write',
  'POST /api/bookings/:id/cancel': 'bookings:write',
  'POST /api/bookings/:id/complete': 'bookings:write',
  'POST /api/bookings/:id/no-show': 'bookings:write',

  'GET /api/admin/booksy/businesses/:id/calendars': 'calendars:manage',
  'POST /api/admin/booksy/businesses/:id/calendars': 'calendars:manage',
  'PATCH /api/admin/booksy/calendars/:id': 'calendars:manage',
  'DELETE /api/admin/booksy/calendars/:id': 'calendars:manage',
  'POST /api/admin/booksy/calendars/:id/poll': 'calendars:manage',
  'GET /api/admin/booksy/businesses/:id/calendar-feeds': 'calendars:manage',
  'POST /api/admin/booksy/businesses/:id/calendar-feeds': 'calendars:manage',
  'DELETE /api/admin/booksy/calendar-feeds/:id': 'calendars:manage',
  'GET /api/admin/booksy/businesses/:id/holidays': 'hours:manage',
  'POST /api/admin/booksy/businesses/:id/holidays': 'hours:manage',
  'POST /api/admin/booksy/businesses/:id/holidays/suggest': 'hours:manage',
  // The address is the key.
  'GET /api/calendars/:token.ics': 'public',
  'GET /api/admin/booksy/health': 'health:read',
  'GET /metrics': 'metrics:read',

  'GET /api/admin/booksy/webhooks': 'webhooks:read',
  'POST /api/admin/booksy/webhooks/replay': 'webhooks:replay',
  'POST /api/admin/booksy/webhooks/:id/replay': 'webhooks:replay',

  // Whoever sends a webhook proves it by its signature, or by the token in the address.
  'POST /api/webhooks/booksy': 'public',
  'POST /api/webhooks/booksy/:token': 'public',

  // Probes and pages that show nothing of any business.
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /api/openapi.json': 'public',
  'GET /api/docs': 'public',
  'GET /api/docs/assets/:file': 'public',
  'GET /': 'public',
  'GET /assets/:file': 'public',
};
