/** A person decides which record is which; the record's sync carries it out. */
import { v7 as uuidv7 } from 'uuid';
import { decideMapping, MappingError, type MappingRequest } from '../../infra/mappings.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { reachableBusiness, reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { notFound, Problem } from '../http/problem.ts';
import { startRecord } from '../runs/record.ts';
import { actorOf, operationPath, type Note } from '../wire.ts';
import { labelsOf } from './labels.ts';

export interface Decided {
  /** `applied`: carried out; `recorded`: it will be. */
  readonly state: 'applied' | 'recorded';
  readonly businessId: string;
  readonly entity: string;
  readonly externalId: string;
  /** Of the mapping now. */
  readonly version: number;
  readonly operation: string | null;
  readonly notes: readonly Note[];
}

type Deps = Pick<ApiDeps, 'prisma' | 'launcher' | 'logger' | 'outcomeWait'>;

/**
 * Records a decision, has it carried out, and waits a little for that (R33).
 *
 * @throws {Problem} 404 and `mapping_…`; then nothing is written
 */
export async function decide(
  deps: Deps,
  grant: TokenGrant,
  asked: Omit<MappingRequest, 'actor'>,
): Promise<Decided> {
  const business = await reachableBusiness(deps.prisma, grant, asked.businessId);
  const actor = actorOf(grant);
  const { mappingId, version, parentExternalId } = await recordDecision(deps, grant, { ...asked, actor });
  const { businessId, entity, externalId } = asked;
  const recorded = { state: 'recorded', businessId, entity, externalId, version } as const;
  if (business.pausedAt !== null) return { ...recorded, operation: null, notes: [WAITS_FOR_RESUME] };
  const request = { businessId, runId: uuidv7(), actor, entity, externalId, parentExternalId };
  const outcome = await startRecord(deps, request).catch((error: unknown) => {
    // The decision stands whatever becomes of the start: the next full sync carries it out.
    if (error instanceof Problem && error.code === 'temporal_unavailable') return null;
    throw error;
  });
  if (outcome === null) return { ...recorded, operation: null, notes: [CARRIED_OUT_LATER] };
  const operation = operationPath(outcome.runId);
  const now = await deps.prisma.mapping.findUnique({
    where: { id: mappingId },
    select: { appliedAt: true, version: true, decision: true, reason: true },
  });
  if (now?.appliedAt != null) {
    return { ...recorded, state: 'applied', version: now.version, operation, notes: [] };
  }
  return { ...recorded, version: now?.version ?? version, operation, notes: notesOf(outcome.ended, now) };
}

const WAITS_FOR_RESUME: Note = {
  code: 'business_paused',
  message: 'The decision is recorded, but the business is paused, so it is not carried out yet.',
  nextStep: 'Resume the business and start a full sync.',
};

const CARRIED_OUT_LATER: Note = {
  code: 'temporal_unavailable',
  message: 'The decision is recorded, but could not be carried out now: Temporal does not answer.',
  nextStep: 'Nothing: the next full sync carries it out.',
};

function notesOf(
  ended: 'done' | 'running' | 'failed',
  now: { readonly decision: string | null } | null,
): Note[] {
  if (ended === 'running') return [];
  if (ended === 'done' && now?.decision === null) {
    return [
      {
        code: 'decision_taken_back',
        message:
          'The decision could not be carried out any more: the records have changed meanwhile. It waits again.',
        nextStep: 'Look at the mapping again: its reason says why.',
      },
    ];
  }
  return [
    {
      code: 'not_carried_out',
      message: 'The decision is recorded, but reading the record again did not carry it out.',
      nextStep:
        'Look at the operation and at GET /api/admin/booksy/errors; the next full sync tries it again.',
    },
  ];
}

async function recordDecision({ prisma }: Deps, grant: TokenGrant, request: MappingRequest) {
  try {
    return await decideMapping(prisma, request);
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    if (error.code === 'mapping_not_found') throw notFound('This mapping');
    const { nextStep } = error;
    if (error.code === 'mapping_other_business' && !(await seesTarget(prisma, grant, request))) {
      // Whoever cannot see the other business must not learn that the record is there.
      const missing = new MappingError('mapping_target_missing');
      throw new Problem('mapping_target_missing', { detail: missing.message, nextStep: missing.nextStep });
    }
    throw new Problem(error.code, { detail: error.message, nextStep });
  }
}

async function seesTarget(prisma: Deps['prisma'], grant: TokenGrant, request: MappingRequest) {
  if (request.recordId === null) return false;
  const businesses = await reachableBusinesses(prisma, grant, undefined);
  const ids = businesses.map(({ id }) => id);
  const found = await labelsOf(prisma, ids, request.entity, [request.recordId]);
  return found.size > 0;
}
