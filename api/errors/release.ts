/** A person releases what a window holds back (R3): so many removals are permitted, once. */
import { closeQuarantined } from '../../infra/conflicts/quarantined.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { auditDeed } from '../audit.ts';
import { reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { notFound, Problem } from '../http/problem.ts';
import { startRun } from '../runs/start.ts';
import { actorOf, type Note } from '../wire.ts';
import { parseErrorId } from './schema.ts';
import { BLAST_RADIUS } from './stored.ts';

export interface Released {
  readonly released: { readonly affected: number };
  /** The full sync that makes use of it; null where none could be started. */
  readonly operation: string | null;
  readonly notes: readonly Note[];
}

/**
 * Releases an entry for the number of records that was shown, and starts the full sync that looks at them.
 *
 * @throws {Problem} 404, `not_releasable`, `release_changed`
 */
export async function releaseError(
  deps: Pick<ApiDeps, 'prisma' | 'launcher' | 'logger'>,
  grant: TokenGrant,
  id: string,
  affected: number,
): Promise<Released> {
  const parsed = parseErrorId(id);
  const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
  if (parsed === null) throw notFound('This error');
  if (parsed.kind !== 'quarantine') throw notReleasable();
  const actor = actorOf(grant);
  const businessId = await deps.prisma.$transaction(async (tx) => {
    const rows = await tx.$queryRaw<
      {
        business_id: string;
        entity: string;
        external_id: string;
        reason_code: string;
        affected: number | null;
      }[]
    >`
      SELECT business_id::text AS business_id, entity, external_id, reason_code, affected FROM quarantine
       WHERE id = ${parsed.key}::uuid AND business_id = ANY (${businesses.map((each) => each.id)}::uuid[])
         AND released_at IS NULL
         FOR UPDATE`;
    const entry = rows[0];
    if (entry === undefined) throw notFound('This error');
    if (entry.reason_code !== BLAST_RADIUS) throw notReleasable();
    if (entry.affected !== affected) throw releaseChanged(entry.affected, affected);
    await tx.$executeRaw`
      UPDATE quarantine SET released_at = now(), released_by = ${actor}, permits_left = ${affected}
       WHERE id = ${parsed.key}::uuid`;
    const closed = await closeQuarantined(tx, entry.business_id, entry.entity, [entry.external_id]);
    await auditDeed(tx, {
      businessId: entry.business_id,
      actor,
      action: 'released',
      reasonCode: BLAST_RADIUS,
      entity: entry.entity,
      externalId: entry.external_id,
    });
    if (closed.length > 0)
      await auditDeed(tx, {
        businessId: entry.business_id,
        actor,
        action: 'conflict_closed',
        reasonCode: 'cause_gone',
        entity: entry.entity,
        externalId: entry.external_id,
      });
    return entry.business_id;
  });
  const business = businesses.find((each) => each.id === businessId);
  if (business === undefined) throw notFound('This error');
  const { operation, notes } = await startAfter(deps, business, actor);
  return { released: { affected }, operation, notes };
}

const START_LATER = 'Start it: POST /api/admin/booksy/full-sync. The release holds for a day.';

/** The release counts whatever becomes of the start. */
async function startAfter(
  deps: Pick<ApiDeps, 'launcher' | 'logger'>,
  business: Parameters<typeof startRun>[1],
  actor: string,
): Promise<{ readonly operation: string | null; readonly notes: readonly Note[] }> {
  try {
    const { state, operation } = await startRun(deps, business, { actor, mode: 'apply' });
    return { operation, notes: noteOf(state) };
  } catch (error) {
    deps.logger.warn(
      { err: error, businessId: business.id },
      'the full sync after a release could not be started',
    );
    return {
      operation: null,
      notes: [
        {
          code: 'temporal_unavailable',
          message: 'It is released, but the full sync could not be started: Temporal does not answer.',
          nextStep: START_LATER,
        },
      ],
    };
  }
}

function noteOf(state: 'started' | 'alreadyRunning' | 'paused'): readonly Note[] {
  switch (state) {
    case 'started':
      return [];
    case 'paused':
      return [
        {
          code: 'business_paused',
          message: 'It is released, but the business is paused, so no full sync was started.',
          nextStep: `Resume the business. ${START_LATER}`,
        },
      ];
    case 'alreadyRunning':
      return [
        {
          code: 'already_running',
          message:
            'A full sync was under way already. If it is past this list, or a dry run, it makes no use of the release.',
          nextStep: `Watch it to its end. If the entry is still there, start another. ${START_LATER}`,
        },
      ];
  }
}

function notReleasable(): Problem {
  return new Problem('not_releasable', {
    detail: 'Only an entry about too many removals at once can be released.',
    nextStep: 'Mend what its reason names, then try it again: POST /api/admin/booksy/errors/:id/retry.',
  });
}

function releaseChanged(now: number | null, asked: number): Problem {
  return new Problem('release_changed', {
    detail: `The entry is about ${now === null ? 'an unknown number of' : String(now)} records now, and ${asked} were to be released.`,
    nextStep:
      'Load the list again, look in Booksy whether they are really gone, and release the number that it shows.',
  });
}
