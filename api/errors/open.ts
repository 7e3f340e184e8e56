/** Runs under way whose step fails and is tried again by Temporal. */
import { recordOfSync } from '../../infra/temporal/launch.ts';
import type { ApiDeps, FailingStep, OpenOperation } from '../deps.ts';
import type { BusinessRef } from '../businesses.ts';
import { operationPath, within } from '../wire.ts';
import { explainRun } from './reasons.ts';
import type { SyncError } from './schema.ts';

/** Open runs that are asked one by one; an installation that has more of them failing at once has one cause. */
const MOST_ASKED = 100;
const TIMEOUT_MS = 3000;

/** Null where Temporal does not answer. */
export async function openErrors(
  { launcher, logger }: Pick<ApiDeps, 'launcher' | 'logger'>,
  businesses: readonly BusinessRef[],
): Promise<readonly SyncError[] | null> {
  if (businesses.length === 0) return [];
  const nameOf = new Map(businesses.map(({ id, name }) => [id, name]));
  const failing = async (run: OpenOperation) => {
    const step = await launcher.failingStep(run.workflowId);
    return step === null ? null : { run, step };
  };
  const work = async () => {
    const open = await launcher.listOpen({ businessIds: [...nameOf.keys()] });
    const found = await Promise.all(open.slice(0, MOST_ASKED).map(failing));
    return found.flatMap((each): SyncError[] => {
      const businessName = nameOf.get(each?.run.businessId ?? '');
      return each === null || businessName === undefined ? [] : [present(each.run, each.step, businessName)];
    });
  };
  try {
    return await within(TIMEOUT_MS, work());
  } catch (error) {
    logger.warn({ err: error }, 'open runs could not be asked for failing steps');
    return null;
  }
}

function present(run: OpenOperation, step: FailingStep, businessName: string): SyncError {
  const id = run.runId ?? run.temporalRunId;
  const { reason, nextStep } = explainRun(step.code, null);
  const record = recordOfSync(run.workflowId);
  return {
    id: `open:${id}`,
    kind: 'open',
    businessId: run.businessId ?? '',
    businessName,
    entity: record?.entity ?? null,
    externalId: record?.externalId ?? null,
    reasonCode: step.code,
    reason: `${reason} The step ${step.name} is tried again: attempt ${step.attempt}.`,
    nextStep,
    field: null,
    firstSeenAt: iso(run.startedAt),
    lastSeenAt: iso(step.lastFailedAt ?? run.startedAt),
    urgent: false,
    urgentAt: null,
    affected: null,
    attempt: step.attempt,
    nextAttemptAt: step.nextAttemptAt === null ? null : iso(step.nextAttemptAt),
    operation: operationPath(id),
    actions: [],
  };
}

function iso(instant: string): string {
  return new Date(instant).toISOString();
}
