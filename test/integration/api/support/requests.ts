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
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** `path` as the document writes it, with `{id}`. */
export function requestOf(method: string, path: string, things: Things): Request {
  const filled = path
    .replace('{id}', idOf(path, things))
    .replace('{ruleId}', 'default')
    .replace('{token}', 'not-the-token')
    .replace('{file}', path.includes('/docs/') ? 'docs-init.js' : 'site.css');
  const body = bodyOf(`${method} ${path.replace('/api/admin/booksy', '')}`, things);
  return { method, path: filled, ...(body === undefined ? {} : { body }) };
}

function idOf(path: string, things: Things): string {
  if (path.includes('/businesses/')) return things.business;
  if (path.includes('/mappings/')) return things.mapping;
  if (path.includes('/conflicts/')) return things.conflict;
  if (path.includes('/audit/')) return things.entry;
  if (path.includes('/undo/')) return things.undo;
  if (path.includes('/errors/') && path.endsWith('/skip')) return `record:${things.failure}`;
  if (path.includes('/errors/')) return `quarantine:${things.quarantine}`;
  if (path.includes('/webhooks/')) return things.webhook;
  return things.run;
}

function bodyOf(key: string, { business, run }: Things): unknown {
  switch (key) {
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
