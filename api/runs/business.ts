/** Holding a whole business and letting it go (R30): intake goes on, applying and pushing stop. */
import { z } from 'zod';
import { askAfterResume } from '../../infra/sweep/ask.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { auditDeed } from '../audit.ts';
import { reachableBusiness } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { actorOf, operationPath, pause, pauseOf, within, type Note } from '../wire.ts';
import { wake } from './control.ts';

export const heldBusinessSchema = z
  .object({
    businessId: z.guid(),
    name: z.string(),
    paused: pause.nullable().meta({ description: 'Held by a person since when' }),
  })
  .meta({ id: 'HeldBusiness' });

export interface HeldBusiness {
  readonly business: z.output<typeof heldBusinessSchema>;
  /** False where it was so already. */
  readonly changed: boolean;
  readonly notes: readonly Note[];
}

type Deps = Pick<ApiDeps, 'prisma' | 'launcher' | 'schedules' | 'logger'>;

/** Holds a business: nothing of it is applied or started until it is resumed. */
export async function pauseBusiness(deps: Deps, grant: TokenGrant, id: string): Promise<HeldBusiness> {
  await reachableBusiness(deps.prisma, grant, id);
  const actor = actorOf(grant);
  const changed = await deps.prisma.$transaction(async (tx) => {
    const rows = await tx.$executeRaw`
      UPDATE businesses SET paused_at = now(), paused_by = ${actor}, updated_at = now()
       WHERE id = ${id}::uuid AND paused_at IS NULL`;
    if (rows > 0) await auditDeed(tx, { businessId: id, actor, action: 'paused', reasonCode: 'business' });
    return rows > 0;
  });
  return answer(deps, grant, id, changed, []);
}

/** Lets a held business go on. A run that is held by itself stays so, and a note says it. */
export async function resumeBusiness(deps: Deps, grant: TokenGrant, id: string): Promise<HeldBusiness> {
  await reachableBusiness(deps.prisma, grant, id);
  const actor = actorOf(grant);
  const changed = await deps.prisma.$transaction(async (tx) => {
    const rows = await tx.$executeRaw`
      UPDATE businesses SET paused_at = NULL, paused_by = NULL, updated_at = now()
       WHERE id = ${id}::uuid AND paused_at IS NOT NULL`;
    // Booksy is looked at first; only then is anything pushed.
    if (rows > 0) await askAfterResume(tx, id);
    if (rows > 0) await auditDeed(tx, { businessId: id, actor, action: 'resumed', reasonCode: 'business' });
    return rows > 0;
  });
  const held = await deps.prisma.syncRun.findFirst({
    where: { businessId: id, status: 'running', pausedAt: { not: null } },
    select: { id: true },
  });
  return answer(deps, grant, id, changed, held === null ? [] : [runStillPaused(held.id)]);
}

async function answer(
  deps: Deps,
  grant: TokenGrant,
  id: string,
  changed: boolean,
  notes: readonly Note[],
): Promise<HeldBusiness> {
  // Woken also where nothing changed: the wake of the first time may have been lost.
  const woken = await wake(deps, id, []);
  await settleSchedules(deps, id);
  const business = await reachableBusiness(deps.prisma, grant, id);
  return {
    business: { businessId: id, name: business.name, paused: pauseOf(business) },
    changed,
    notes: [...notes, ...woken],
  };
}

/**
 * The schedules say who is paused and rest when all are; whoever was resumed is swept at once. A Temporal that is away does
 * no harm: the rows say it, and the schedules are set right every five minutes.
 */
async function settleSchedules({ schedules, logger }: Deps, id: string): Promise<void> {
  try {
    await within(
      TEMPORAL_TIMEOUT_MS,
      schedules.settle().then(() => schedules.sweepNow()),
    );
  } catch (error) {
    logger.warn({ err: error, businessId: id }, 'the schedules could not be set right yet');
  }
}

const TEMPORAL_TIMEOUT_MS = 3000;

function runStillPaused(id: string): Note {
  return {
    code: 'run_paused',
    message: 'Its full sync is held by itself and stays so.',
    nextStep: `Resume it: POST ${operationPath(id)}/resume.`,
  };
}
