/** What calendars of others and feeds of ours are changed by alike: one transaction, one line in the audit trail. */
import { appendAudit } from '../../infra/audit/index.ts';
import type { Tx } from '../../infra/database/index.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint, type Endpoint, type EndpointDocs } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { keyed, KEYED } from '../http/keyed.ts';
import { notFound, Problem } from '../http/problem.ts';
import { actorOf } from '../wire.ts';
import { goneAnswer, type calendarParams } from './schema.ts';

type Deps = Pick<ApiDeps, 'prisma'>;

export interface CalendarDeed {
  readonly businessId: string;
  readonly action: string;
  /** What of it was changed. */
  readonly groups?: readonly string[];
}

/** Changes something in a transaction that also writes it into the trail. Null: there was nothing to change, nor to tell. */
export function withTrail<T extends { readonly id: string }>(
  { prisma }: Deps,
  grant: TokenGrant,
  { businessId, action, groups = [] }: CalendarDeed,
  change: (tx: Tx) => Promise<T | null>,
): Promise<T | null> {
  return prisma.$transaction(async (tx) => {
    const changed = await change(tx);
    if (changed !== null) {
      const line = { actor: actorOf(grant), action, entity: 'calendar', recordId: changed.id, groups };
      await appendAudit(tx, { businessId }, [line]);
    }
    return changed;
  });
}

/** Whose it is. @throws {Problem} 404 where the business has nobody of this id */
export async function ownerOf(
  { prisma }: Deps,
  businessId: string,
  staffId: string | null,
): Promise<{ readonly ownerKind: 'staff' | 'business'; readonly ownerId: string }> {
  if (staffId === null) return { ownerKind: 'business', ownerId: businessId };
  const found = await prisma.staff.findFirst({ where: { id: staffId, businessId }, select: { id: true } });
  if (found === null) throw notFound('This member of staff');
  return { ownerKind: 'staff', ownerId: staffId };
}

export function tooMany(what: string, most: number): Problem {
  return new Problem('too_many_calendars', {
    detail: `The business has ${String(most)} ${what}, and may have no more.`,
    nextStep: 'Take away those that nobody needs any more.',
  });
}

interface Removal extends Pick<EndpointDocs, 'path' | 'summary' | 'description'> {
  readonly params: typeof calendarParams;
  /** In the trail, and part of what a key is good for. */
  readonly action: string;
  /** @throws {Problem} 404, the same whether it is not there or not the token's */
  readonly find: (grant: TokenGrant, id: string) => Promise<{ readonly businessId: string }>;
  /** False where it is gone meanwhile. */
  readonly remove: (tx: Tx, id: string) => Promise<boolean>;
}

/** An endpoint that takes something away. */
export function removalEndpoint(deps: Deps, { params, action, find, remove, ...docs }: Removal): Endpoint {
  return defineEndpoint({
    ...docs,
    method: 'DELETE',
    tag: 'Calendars',
    params,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'It is gone', schema: goneAnswer } },
    problems: ['not_found', ...KEYED],
    handler(call) {
      const { grant } = call;
      const { id } = call.params;
      return keyed(deps.prisma, call, [action, id], async () => {
        const { businessId } = await find(grant, id);
        const gone = await withTrail(deps, grant, { businessId, action }, async (tx) =>
          (await remove(tx, id)) ? { id } : null,
        );
        return { status: 200, json: { removed: true, changed: gone !== null } };
      });
    },
  });
}
