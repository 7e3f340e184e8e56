/** Writes that may be sent again with their `Idempotency-Key`. */
import type { TokenGrant } from '../../infra/tokens.ts';
import { idempotent } from './idempotency.ts';
import type { ProblemCode } from './problem.ts';

/** What any of them can answer with. */
export const KEYED = [
  'idempotency_in_progress',
  'idempotency_key_reused',
] as const satisfies readonly ProblemCode[];

/** Of a call to an endpoint with `idempotencyHeaders`. */
export interface KeyedCall {
  readonly grant: TokenGrant;
  readonly headers: { readonly 'idempotency-key'?: string | undefined };
}

/**
 * Runs `act` unless the call's key was answered before (see `idempotent`).
 *
 * @param request what is asked for: a key is good for that only
 */
export function keyed(
  prisma: Parameters<typeof idempotent>[0],
  { grant, headers }: KeyedCall,
  request: readonly unknown[],
  act: Parameters<typeof idempotent>[2],
): ReturnType<typeof idempotent> {
  return idempotent(prisma, { tokenId: grant.tokenId, key: headers['idempotency-key'], request }, act);
}
