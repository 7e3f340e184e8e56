/** Changing hours and time off: in one transaction, with its line in the audit trail. */
import { HoursError } from '../../infra/hours/words.ts';
import type { HoursContext } from '../../infra/hours/write.ts';
import { StoredRuleError } from '../../infra/rules/load.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { reachableBusiness } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { notFound, Problem } from '../http/problem.ts';
import { asProblem } from '../rules/change.ts';
import { actorOf } from '../wire.ts';

export interface HoursDeps extends Pick<ApiDeps, 'prisma' | 'vault'> {
  /** Told after each change of a salon's time. */
  readonly changed: (businessId: string) => void;
}

export const HOURS_PROBLEMS = ['not_found', 'time_past', 'time_too_far', 'hours_changed'] as const;

type Part = 'body' | 'query' | 'path';

/**
 * Runs a change of hours in a transaction.
 *
 * @param part where the request names what may be refused
 * @throws {Problem} then nothing is written
 */
export async function writing<T>(
  { prisma, vault, changed }: HoursDeps,
  grant: TokenGrant,
  businessId: string,
  part: Part,
  change: (context: Omit<HoursContext, 'owner'>) => Promise<T>,
): Promise<T> {
  await reachableBusiness(prisma, grant, businessId);
  const done = await told(
    () =>
      prisma.$transaction((tx) => change({ tx, vault, actor: actorOf(grant), businessId }), {
        timeout: 20_000,
        maxWait: 10_000,
      }),
    part,
  );
  changed(businessId);
  return done;
}

/** Runs what reads or writes hours, with its refusals as problems. @throws {Problem} */
export async function told<T>(work: () => Promise<T>, part: Part = 'body'): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoredRuleError) throw asProblem(error);
    throw error instanceof HoursError ? problemOf(error, part) : error;
  }
}

function problemOf(error: HoursError, part: Part): Problem {
  const { message, next, field } = error.details;
  switch (error.code) {
    case 'unknown_owner':
    case 'unknown_schedule':
    case 'unknown_time_off':
      return notFound(message);
    default:
      return new Problem(error.code === 'bad_value' ? 'bad_request' : error.code, {
        detail: message,
        nextStep: next,
        ...(field === undefined
          ? {}
          : { errors: [{ path: `${part}.${field.name}`, message: field.message }] }),
        cause: error,
      });
  }
}
