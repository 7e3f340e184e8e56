/** A person, having seen the plan of a dry run, allows that Booksy is written to (R18). */
import type { TokenGrant } from '../../infra/tokens.ts';
import { auditDeed } from '../audit.ts';
import { reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { Problem } from '../http/problem.ts';
import { actorOf } from '../wire.ts';
import { blockOf, planNotFound, readPlan, summaryOf } from './plan.ts';
import type { PlanSummary } from './schema.ts';

/**
 * Approves the version of the plan that was shown. Approving it once more changes nothing.
 *
 * @throws {Problem} 404, `plan_unfinished`, `plan_changed`, `plan_outdated`
 */
export async function approvePlan(
  { prisma }: Pick<ApiDeps, 'prisma'>,
  grant: TokenGrant,
  runId: string,
  version: number,
): Promise<PlanSummary> {
  const businesses = await reachableBusinesses(prisma, grant, undefined);
  const ids = businesses.map(({ id }) => id);
  const actor = actorOf(grant);
  return prisma.$transaction(async (tx) => {
    const seen = await readPlan(tx, ids, runId);
    if (seen === null) throw planNotFound();
    // One approval of a business at a time: the row of the business is what they would both write.
    await tx.$executeRaw`SELECT FROM businesses WHERE id = ${seen.business_id}::uuid FOR UPDATE`;
    const plan = await readPlan(tx, ids, runId);
    if (plan === null) throw planNotFound();
    const block = plan.approved_at === null ? blockOf(plan) : null;
    if (block?.code === 'plan_unfinished') throw refusal(block);
    if (plan.version !== version) {
      throw new Problem('plan_changed', {
        detail: `The plan has version ${plan.version ?? 0}, and ${version} was approved.`,
        nextStep: `Look at it again: GET /api/admin/booksy/operations/${runId}/plan.`,
      });
    }
    if (block !== null) throw refusal(block);
    if (plan.approved_at !== null) return summaryOf(plan);
    const approved = await tx.$executeRaw`
      UPDATE sync_plans SET approved_at = now(), approved_by = ${actor}
       WHERE run_id = ${runId}::uuid AND version = ${version} AND approved_at IS NULL`;
    if (approved !== 1) throw new Error('A plan changed under the lock of its business.');
    await tx.$executeRaw`
      UPDATE businesses
         SET push_allowed_at = now(), push_allowed_by = ${actor}, push_allowed_run_id = ${runId}::uuid, updated_at = now()
       WHERE id = ${plan.business_id}::uuid`;
    // What changed here while nothing could go out has left the boxes: it is found again by comparing (R18).
    await tx.$executeRaw`
      INSERT INTO sync_outbox (business_id, entity, operation, origin)
      VALUES (${plan.business_id}::uuid, 'business', 'compare', 'api')`;
    await auditDeed(tx, {
      businessId: plan.business_id,
      actor,
      action: 'approved',
      reasonCode: 'push_allowed',
      runId,
    });
    const after = await readPlan(tx, ids, runId);
    return summaryOf(after ?? plan);
  });
}

function refusal(block: NonNullable<ReturnType<typeof blockOf>>): Problem {
  return new Problem(block.code, { detail: block.message, nextStep: block.nextStep });
}
