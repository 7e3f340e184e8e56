/** Runs under way whose step fails and is tried again by Temporal. */
import type { ApiDeps, OpenOperation } from '../deps.ts';
import type { BusinessRef } from '../businesses.ts';
import { FULL_SYNC_KIND } from '../sync/counts.ts';
import { operationPath, within } from '../wire.ts';
import { explainRun } from './reasons.ts';
import type { SyncError } from './schema.ts';

/** Open full syncs that are asked one by one; an installation that has more of them failing at once has one cause. */
const MOST_ASKED = 100;
const TIMEOUT_MS = 3000;

/** Null where Temporal does not answer. */
export async function openErrors(
  { launcher, logger }: Pick<ApiDeps, 'launcher' | 'logger'>,
  businesses: readonly BusinessRef[],
): Promise<readonly SyncError[] | null> {
  if (businesses.length === 0) return [];
  const nameOf = new Map(businesses.map(({ id, name }) => [id, name]));
  const work = async () => {
    const open = await launcher.listOpen({ businessIds: [...nameOf.keys()] });
    const asked = open.filter(isFullSync).slice(0, MOST_ASKED);
    const found = await Promise.all(asked.map(({ businessId }) => launcher.openFullSync(businessId)));
    return found.flatMap((run): SyncError[] => {
      const businessName = nameOf.get(run?.businessId ?? '');
      if (run?.failing == null || run.businessId === null || businessName === undefined) return [];
      const { failing } = run;
      const id = run.runId ?? run.temporalRunId;
      const { reason, nextStep } = explainRun(failing.code, null);
      return [
        {
          id: `open:${id}`,
          kind: 'open',
          businessId: run.businessId,
          businessName,
          entity: null,
          externalId: null,
          reasonCode: failing.code,
          reason: `${reason} The step ${failing.name} is tried again, for the ${failing.attempt}. time.`,
          nextStep,
          field: null,
          firstSeenAt: iso(run.startedAt),
          lastSeenAt: iso(run.startedAt),
          urgent: false,
          urgentAt: null,
          affected: null,
          attempt: failing.attempt,
          nextAttemptAt: failing.nextAttemptAt === null ? null : iso(failing.nextAttemptAt),
          operation: operationPath(id),
          actions: [],
        },
      ];
    });
  };
  try {
    return await within(TIMEOUT_MS, work());
  } catch (error) {
    logger.warn({ err: error }, 'open runs could not be asked for failing steps');
    return null;
  }
}

function isFullSync(open: OpenOperation): open is OpenOperation & { readonly businessId: string } {
  return open.kind === FULL_SYNC_KIND && open.businessId !== null;
}

function iso(instant: string): string {
  return new Date(instant).toISOString();
}
