/** Leaving a record that failed alone as it is, until it changes again. */
import type { TokenGrant } from '../../infra/tokens.ts';
import { auditDeed } from '../audit.ts';
import { reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { notFound, Problem } from '../http/problem.ts';
import { OUTCOME_WAIT_MS } from '../runs/record.ts';
import { actorOf, operationPath } from '../wire.ts';
import { aloneOf, tellAlone, type AloneRow } from './alone.ts';
import { findError } from './list.ts';
import { parseErrorId } from './schema.ts';

export interface Skipped {
  readonly state: 'skipped' | 'already_skipped' | 'asked';
  readonly operation: string | null;
}

type Deps = Pick<ApiDeps, 'prisma' | 'launcher' | 'logger' | 'outcomeWait'>;

const LOOK_MS = 50;

/**
 * Tells the record's workflow to leave it alone (R29), and waits up to two seconds for that to be written (R33). What waits
 * for the record goes; the row stays, and goes with the record's next change that works. Also while its business is paused:
 * nothing is applied or sent by it.
 *
 * @throws {Problem} 404, `not_skippable`, `error_closed`, `temporal_unavailable`
 */
export async function skipError(deps: Deps, grant: TokenGrant, id: string): Promise<Skipped> {
  const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
  const ids = businesses.map((business) => business.id);
  const parsed = parseErrorId(id);
  if (parsed === null) throw notFound('This error');
  if (parsed.kind !== 'record') {
    if ((await findError({ ...deps, db: deps.prisma }, businesses, id)) === null)
      throw notFound('This error');
    throw new Problem('not_skippable', {
      detail: 'Only a record that failed alone waits for somebody and can be left.',
      nextStep: 'GET /api/admin/booksy/errors says in `actions` what can be done about each.',
    });
  }
  const operation = operationPath(parsed.key);
  const row = await aloneOf(deps, ids, parsed.key);
  if (row === null) throw await whyGone(deps, ids, parsed.key);
  if (row.state === 'skipped') return { state: 'already_skipped', operation };
  const actor = actorOf(grant);
  await tellAlone(deps, row, { actor, wish: 'skip' });
  await auditDeed(deps.prisma, {
    businessId: row.businessId,
    actor,
    action: 'skipped',
    reasonCode: row.errorCode,
    entity: row.entity,
    ...(row.externalId === null ? {} : { externalId: row.externalId }),
  });
  const state = await outcomeOf(deps, row);
  if (state === 'closed') throw closed();
  return { state, operation };
}

async function outcomeOf(
  { prisma, outcomeWait }: Deps,
  row: AloneRow,
): Promise<'skipped' | 'asked' | 'closed'> {
  const { businessId, entity, key: recordKey } = row;
  for (const until = performance.now() + (outcomeWait?.ms ?? OUTCOME_WAIT_MS); ;) {
    const now = await prisma.syncFailure.findFirst({
      where: { businessId, entity, recordKey },
      select: { state: true },
    });
    if (now === null) return 'closed';
    if (now.state === 'skipped') return 'skipped';
    if (performance.now() > until) return 'asked';
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** The ledger still knows the run of a record that came in step by itself. */
async function whyGone({ prisma }: Deps, businessIds: readonly string[], runId: string): Promise<Problem> {
  const run = await prisma.syncRun.findFirst({
    where: { id: runId, businessId: { in: [...businessIds] }, kind: 'record_sync' },
    select: { id: true },
  });
  return run === null ? notFound('This error') : closed();
}

function closed(): Problem {
  return new Problem('error_closed', {
    detail: 'The record came in step, or failed again under a new id.',
    nextStep: 'GET /api/admin/booksy/errors?kind=record lists what still fails.',
  });
}
