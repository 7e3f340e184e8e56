import { invalid } from '../http/problem.ts';
import type { ApiRequest } from '../http/request.ts';

const DEFAULT_LIMIT = 20;

/** `offset` and `limit` of a list call; a limit above the largest page is refused. */
export function pageQuery(request: ApiRequest): { offset: number; limit: number } {
  const { maxLimit } = request.sandbox.store.settings.flags;
  const offset = whole(request.query.get('offset') ?? '0', 'offset', 0, Number.MAX_SAFE_INTEGER);
  const limit = whole(
    request.query.get('limit') ?? String(Math.min(DEFAULT_LIMIT, maxLimit)),
    'limit',
    1,
    maxLimit,
  );
  return { offset, limit };
}

function whole(text: string, name: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw invalid(name, `Must be a whole number from ${String(min)} to ${String(max)}`);
  return value;
}

/** The envelope of a paged list. */
export function envelope(
  request: ApiRequest,
  count: number,
  offset: number,
  limit: number,
  results: unknown[],
): object {
  const address = (at: number): string => {
    const query = new URLSearchParams(request.query);
    query.set('limit', String(limit));
    if (at === 0) query.delete('offset');
    else query.set('offset', String(at));
    return `${request.address}?${query.toString()}`;
  };
  return {
    count,
    next: offset + limit < count ? address(offset + limit) : null,
    previous: offset > 0 ? address(Math.max(0, offset - limit)) : null,
    results,
  };
}
