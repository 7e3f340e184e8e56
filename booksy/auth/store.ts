/**
 * Where the current token lies, sealed, for all processes (`integration_secrets`), and the lease under which one
 * process at a time fetches a new one (the account's `/token` row of the pacer). Judged by the database clock.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { vaultContext, type Vault } from '../../infra/crypto.ts';
import { rowsOf, type SqlRunner } from '../sql.ts';
import type { AccessToken } from './strategies.ts';

const NAME = 'booksy_access_token';

export interface StoredToken {
  readonly token: AccessToken;
  readonly version: number;
  /** What is left of its life; not positive once it is over. */
  readonly remainingMs: number;
}

export interface TokenStore {
  read(): Promise<StoredToken | null>;
  /** Replaces the token; returns its version. `ageMs` = time since it was asked for. */
  write(token: AccessToken, ageMs: number): Promise<number>;
  /** Takes or prolongs the lease; false while another process holds it. */
  takeLease(owner: string, forMs: number): Promise<boolean>;
  dropLease(owner: string): Promise<void>;
}

const tokenJson = z.object({
  access: z.string(),
  lifetimeMs: z.number(),
  refresh: z.object({ token: z.string(), untilMs: z.number() }).nullable(),
});
const storedRow = z.object({
  sealed: z.instanceof(Uint8Array),
  version: z.number().int(),
  remaining_ms: z.number().nullable(),
});

export function createTokenStore(sql: SqlRunner, vault: Vault, accountKey: string): TokenStore {
  const context = vaultContext({
    tenant: `account:${accountKey}`,
    table: 'integration_secrets',
    column: 'sealed',
    row: NAME,
  });
  const leaseKey = tokenPacerKey(accountKey);
  return {
    async read() {
      const answer = await sql.$queryRaw`SELECT /* token */ sealed, version::int AS version,
          (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::double precision AS remaining_ms
        FROM integration_secrets WHERE account_key = ${accountKey}::text AND name = ${NAME}::text`;
      const row = rowsOf(storedRow, answer)[0];
      if (row === undefined) return null;
      const token = opened(vault, row.sealed, context);
      return token === null ? null : { token, version: row.version, remainingMs: row.remaining_ms ?? 0 };
    },
    async write(token, ageMs) {
      const sealed = vault.seal(JSON.stringify(token), context);
      const answer = await sql.$queryRaw`INSERT /* token */ INTO integration_secrets AS s
          (id, account_key, name, sealed, expires_at, version, updated_at)
        VALUES (${randomUUID()}::uuid, ${accountKey}::text, ${NAME}::text, ${sealed}::bytea,
          clock_timestamp() + ${token.lifetimeMs - ageMs}::double precision * interval '1 millisecond', 1, clock_timestamp())
        ON CONFLICT (account_key, name) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at,
          version = s.version + 1, updated_at = excluded.updated_at
        RETURNING version::int AS version`;
      return rowsOf(z.object({ version: z.number().int() }), answer)[0]?.version ?? 0;
    },
    async takeLease(owner, forMs) {
      const answer =
        await sql.$queryRaw`INSERT /* token */ INTO booksy_pacer AS p (account_key, lease_owner, lease_until)
        VALUES (${leaseKey}::text, ${owner}::text, clock_timestamp() + ${forMs}::double precision * interval '1 millisecond')
        ON CONFLICT (account_key) DO UPDATE SET lease_owner = excluded.lease_owner, lease_until = excluded.lease_until
          WHERE p.lease_owner IS NULL OR p.lease_owner = excluded.lease_owner OR p.lease_until < clock_timestamp()
        RETURNING account_key`;
      return rowsOf(z.object({ account_key: z.string() }), answer).length === 1;
    },
    async dropLease(owner) {
      await sql.$queryRaw`UPDATE /* token */ booksy_pacer SET lease_owner = NULL, lease_until = NULL
        WHERE account_key = ${leaseKey}::text AND lease_owner = ${owner}::text`;
    },
  };
}

/** The pacer row of token calls: they have their own, much smaller allowance. */
export function tokenPacerKey(accountKey: string): string {
  return `${accountKey}/token`;
}

/** A token sealed under a key that is gone, or damaged, is simply fetched anew. */
function opened(vault: Vault, sealed: Uint8Array, context: string): AccessToken | null {
  try {
    return tokenJson.parse(JSON.parse(vault.open(sealed, context).toString('utf8')));
  } catch {
    return null;
  }
}
