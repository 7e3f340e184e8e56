/** Which businesses a request may touch (R43): every query of the API takes its businesses from here. */
import type { PrismaClient } from '../infra/database/index.ts';
import type { TokenGrant } from '../infra/tokens.ts';
import { notFound } from './http/problem.ts';

export interface BusinessRef {
  readonly id: string;
  readonly name: string;
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
  /** Since when a person allows that Booksy is written to, and the dry run that person saw (R18). */
  readonly pushAllowedAt: Date | null;
  readonly pushAllowedBy: string | null;
  readonly pushAllowedRunId: string | null;
}

const COLUMNS = {
  id: true,
  name: true,
  pausedAt: true,
  pausedBy: true,
  pushAllowedAt: true,
  pushAllowedBy: true,
  pushAllowedRunId: true,
} as const;

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
    select: COLUMNS,
    orderBy: { id: 'asc' },
  });
  if (wanted !== undefined && rows.length < wanted.length) throw notFound('A business of the request');
  return rows;
}

function within(grant: TokenGrant, ids: readonly string[]): boolean {
  return grant.businesses === 'all' || ids.every((id) => grant.businesses.includes(id));
}

/** One business of the token. @throws {Problem} 404, the same whether it is not there or not the token's. */
export async function reachableBusiness(
  prisma: Pick<PrismaClient, 'business'>,
  grant: TokenGrant,
  id: string,
): Promise<BusinessRef> {
  const [business] = await reachableBusinesses(prisma, grant, [id]);
  if (business === undefined) throw notFound('A business of the request');
  return business;
}
