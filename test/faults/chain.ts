import { verifyChain as verify } from '../../infra/audit/verify.ts';
import type { Rig } from './rig.ts';
import type { Salon } from './salons.ts';

/** What is wrong with the audit chain of a salon, in words. */
export async function verifyChain(rig: Rig, salon: Salon): Promise<readonly string[]> {
  const report = await verify(rig.database.prisma, rig.vault, { businessId: salon.businessId });
  return report.faults.map(({ code, seq }) => `audit chain: ${code} at ${seq ?? 'no place'}`);
}
