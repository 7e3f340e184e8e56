/**
 * API tokens: 256 random bits behind `bks_`, kept as a hash only, with the scopes and the businesses they are good for.
 * What a token may see is decided here once and handed on as a {@link TokenGrant} (R43).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { PrismaClient } from './database/index.ts';

/** Everything a token can be allowed. */
export const SCOPES = [
  'sync:read',
  'sync:run',
  'operations:read',
  'mappings:read',
  'mappings:decide',
  'push:allow',
  'conflicts:read',
  'conflicts:resolve',
  'webhooks:read',
  'webhooks:replay',
  'rules:read',
  'rules:write',
  'audit:read',
  'audit:values',
  'undo:run',
  'availability:read',
  'bookings:read',
  'bookings:write',
  'bookings:overbook',
  'calendars:manage',
  'hours:manage',
  'health:read',
  'metrics:read',
] as const;
export type Scope = (typeof SCOPES)[number];

export const TOKEN_PREFIX = 'bks_';
const TOKEN_BYTES = 32;
const TOKEN_FORM = /^bks_[\w-]{43}$/;

type TokenStore = Pick<PrismaClient, 'apiToken' | '$queryRaw' | '$executeRaw'>;

/** Which businesses a token reaches: a fixed list, or all there are at the time of each request. */
export type BusinessReach = 'all' | readonly string[];

/** What a request may do. */
export interface TokenGrant {
  readonly tokenId: string;
  readonly scopes: readonly Scope[];
  readonly businesses: BusinessReach;
}

export interface MintRequest {
  /** What it is for, for the list of tokens; not a person's name. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly businesses: BusinessReach;
  /** Null lives until it is revoked. */
  readonly expiresAt: Date | null;
}

/** A fresh token. `token` is shown this once and cannot be read again. */
export interface MintedToken {
  readonly tokenId: string;
  readonly token: string;
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

/** Makes a token and stores its hash. */
export async function mintToken(store: TokenStore, request: MintRequest): Promise<MintedToken> {
  const token = `${TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  const tokenId = uuidv7();
  await store.apiToken.create({
    data: {
      id: tokenId,
      tokenHash: new Uint8Array(hashOf(token)),
      name: request.name,
      scopes: [...request.scopes],
      allBusinesses: request.businesses === 'all',
      businessIds: request.businesses === 'all' ? [] : [...request.businesses],
      expiresAt: request.expiresAt,
    },
  });
  return { tokenId, token };
}

/** Ends a token at once. Returns false where there was none or it had ended. */
export async function revokeToken(store: TokenStore, tokenId: string): Promise<boolean> {
  const changed = await store.$executeRaw`
    UPDATE api_tokens SET revoked_at = now() WHERE id = ${tokenId}::uuid AND revoked_at IS NULL`;
  return changed > 0;
}

/** A token as an administrator sees it; never the token itself. */
export interface ListedToken {
  readonly tokenId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly businesses: BusinessReach;
  readonly state: 'alive' | 'expired' | 'revoked';
  /** ISO instants. */
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
}

/** All tokens, the newest first. */
export async function listTokens(store: TokenStore): Promise<readonly ListedToken[]> {
  const rows = await store.apiToken.findMany({ orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] });
  const now = Date.now();
  return rows.map((row) => ({
    tokenId: row.id,
    name: row.name,
    scopes: row.scopes,
    businesses: row.allBusinesses ? 'all' : row.businessIds,
    state: row.revokedAt !== null ? 'revoked' : (row.expiresAt?.getTime() ?? now) < now ? 'expired' : 'alive',
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  }));
}

interface TokenRow {
  readonly id: string;
  readonly token_hash: Uint8Array;
  readonly scopes: readonly string[];
  readonly all_businesses: boolean;
  readonly business_ids: readonly string[];
  /** Nobody noted a use of it within the last minute. */
  readonly idle: boolean;
}

/**
 * What a presented token is good for; null where it is unknown, malformed, revoked or expired (by the database's
 * clock). The row is found by the hash of what was presented, so the time taken tells nothing about stored tokens.
 */
export async function authenticateToken(store: TokenStore, presented: string): Promise<TokenGrant | null> {
  if (!TOKEN_FORM.test(presented)) return null;
  const hash = hashOf(presented);
  const rows = await store.$queryRaw<TokenRow[]>`
    SELECT /* prepared */ id, token_hash, scopes, all_businesses, business_ids,
           last_used_at IS NULL OR last_used_at < now() - interval '1 minute' AS idle
      FROM api_tokens
     WHERE token_hash = ${new Uint8Array(hash)} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`;
  const row = rows[0];
  if (row === undefined || !timingSafeEqual(Buffer.from(row.token_hash), hash)) return null;
  // Once a minute is enough to tell a token that nobody uses, and spares a write on each request.
  if (row.idle)
    await store.$executeRaw`
    UPDATE api_tokens SET last_used_at = now()
     WHERE id = ${row.id}::uuid AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`;
  return {
    tokenId: row.id,
    scopes: SCOPES.filter((scope) => row.scopes.includes(scope)),
    businesses: row.all_businesses ? 'all' : row.business_ids,
  };
}
