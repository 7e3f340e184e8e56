/** Who is asking, and may they: bearer token, then the permission table. */
import type { Request } from 'express';
import type { TokenGrant } from '../../infra/tokens.ts';
import type { Permission } from '../permissions.ts';
import { Problem } from './problem.ts';

/** Nobody: sees no business and may do nothing. What public endpoints run with. */
export const NOBODY: TokenGrant = { tokenId: '', scopes: [], businesses: [] };

export type Authenticate = (token: string) => Promise<TokenGrant | null>;

const REALM = 'Bearer realm="booksy-sync"';

/** @throws {Problem} 401 without a valid token, 403 where its scopes do not reach. */
export function authorise(
  request: Request,
  permission: Permission,
  authenticate: Authenticate,
): Promise<TokenGrant> {
  return authoriseBy(request.get('authorization'), permission, authenticate);
}

/** @param header `Authorization`, as it came */
export async function authoriseBy(
  header: string | undefined,
  permission: Permission,
  authenticate: Authenticate,
): Promise<TokenGrant> {
  if (permission === 'public') return NOBODY;
  const token = header === undefined ? undefined : /^Bearer +(\S+)$/i.exec(header)?.[1];
  const grant = token === undefined ? null : await authenticate(token);
  if (grant === null) {
    throw new Problem('unauthenticated', {
      detail:
        header === undefined ? 'The request carries no token.' : 'The token is unknown, expired or revoked.',
      nextStep: 'Send Authorization: Bearer <token> with a token of this installation.',
      headers: { 'WWW-Authenticate': header === undefined ? REALM : `${REALM}, error="invalid_token"` },
    });
  }
  if (!grant.scopes.includes(permission)) {
    throw new Problem('forbidden', {
      detail: `The token lacks the scope ${permission}.`,
      nextStep: 'Use a token that has it.',
      headers: { 'WWW-Authenticate': `${REALM}, error="insufficient_scope", scope="${permission}"` },
    });
  }
  return grant;
}
