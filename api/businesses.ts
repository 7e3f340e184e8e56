/** Which businesses a request may touch (R43): every query of the API takes its businesses from here. */
import type { PrismaClient } from '../infra/database/index.ts';
import type { TokenGrant } from '../infra/tokens.ts';
import { notFound } from './http/problem.ts';

export interface BusinessRef {
  readonly id: string;
  readonly name: string;
  readonly pausedAt: Date | null;
}

/**
 * The businesses of the token, or those of them that were asked for; ordered by id.
 *
 * @throws {Problem} 404 where one that was asked for does not exist or is not the token's: both look the same.
 */
export async function reachableBusinesses(
  prisma: Pick<PrismaClient, 'business'>,
  grant: TokenGrant,
  asked: readonly string[] | undefined,
): Promise<BusinessRef[]> {
  const wanted = asked === undefined ? undefined : [...new Set(asked)];
  if (wanted !== undefined && !within(grant, wanted)) throw notFound('A business of the request');
  const ids = wanted ?? (grant.businesses === 'all' ? undefined : [...grant.businesses]);
  const rows = await prisma.business.findMany({
    ...(ids === undefined ? {} : { where: { id: { in: ids } } }),
    select: { id: true, name: true, pausedAt: true },
    orderBy: { id: 'asc' },
  });
  if (wanted !== undefined && rows.length < wanted.length) throw notFound('A business of the request');
  return rows;
}

function within(grant: TokenGrant, ids: readonly string[]): boolean {
  return grant.businesses === 'all' || ids.every((id) => grant.businesses.includes(id));
}
