/** The list of what is wrong and not mended: quarantine, failed runs and failing steps as one, urgent ones first. */
import type { PrismaClient } from '../../infra/database/index.ts';
import type { BusinessRef } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { TEMPORAL_SILENT, type Note } from '../wire.ts';
import { openErrors } from './open.ts';
import {
  compareErrors,
  parseErrorId,
  placeOf,
  type ErrorKind,
  type ErrorPlace,
  type SyncError,
} from './schema.ts';
import { storedErrors } from './stored.ts';

type Deps = Pick<ApiDeps, 'launcher' | 'logger'> & { readonly db: PrismaClient };

export interface ErrorPage {
  readonly errors: readonly SyncError[];
  /** Place of the last one shown; null on the last page. */
  readonly next: ErrorPlace | null;
  readonly notes: readonly Note[];
}

/** One page. Without Temporal it still answers, with what the database knows and a note. */
export async function listErrors(
  deps: Deps,
  businesses: readonly BusinessRef[],
  kind: ErrorKind | undefined,
  page: { readonly after: ErrorPlace | undefined; readonly limit: number },
): Promise<ErrorPage> {
  const ids = businesses.map(({ id }) => id);
  const wantsOpen = kind === undefined || kind === 'open';
  const [stored, open] = await Promise.all([
    storedErrors(deps.db, ids, { kind, after: page.after, limit: page.limit + 1 }),
    wantsOpen ? openErrors(deps, businesses) : [],
  ]);
  const { after } = page;
  // A record that failed alone is shown as such, not as its workflow's step besides.
  const alone = new Set(stored.map(({ id }) => id.replace(/^record:/, 'open:')));
  const rest = (open ?? []).filter(
    (error) => !alone.has(error.id) && (after === undefined || compareErrors(after, placeOf(error)) < 0),
  );
  const sorted = [...stored, ...rest].sort((a, b) => compareErrors(placeOf(a), placeOf(b)));
  const errors = sorted.slice(0, page.limit);
  const last = errors.at(-1);
  return {
    errors,
    next: sorted.length > errors.length && last !== undefined ? placeOf(last) : null,
    notes: open === null ? [TEMPORAL_SILENT] : [],
  };
}

/** One error of these businesses; null where it is not there, or mended. */
export async function findError(
  deps: Deps,
  businesses: readonly BusinessRef[],
  id: string,
): Promise<SyncError | null> {
  const parsed = parseErrorId(id);
  if (parsed === null) return null;
  const { kind, key } = parsed;
  const wanted = `${kind}:${key}`;
  if (kind === 'open') {
    const open = await openErrors(deps, businesses);
    return open?.find((error) => error.id === wanted) ?? null;
  }
  const ids = businesses.map((business) => business.id);
  const [found] = await storedErrors(deps.db, ids, { kind, id: wanted, after: undefined, limit: 1 });
  return found ?? null;
}
