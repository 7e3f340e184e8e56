/**
 * `Idempotency-Key`: a write that is sent again with its key gets the first answer and acts no second time. Keys
 * belong to a token and live 24 hours.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { PrismaClient } from '../../infra/database/index.ts';
import type { Reply } from './endpoint.ts';
import { Problem } from './problem.ts';

/** Header of writes. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1–255 visible ASCII characters')
    .optional()
    .meta({
      description: 'Sent again with the same key within 24 hours, the request returns its first answer',
    }),
});

export interface IdempotentRequest {
  readonly tokenId: string;
  readonly key: string | undefined;
  /** Route and parsed body: a key is good for one request only. */
  readonly request: unknown;
}

type JsonReply = Extract<Reply, { json: unknown }>;

interface StoredRow {
  readonly request_hash: Uint8Array;
  readonly status_code: number | null;
  readonly response: unknown;
}

/**
 * Runs `act` unless this key was answered before. Where `act` throws, the key is free again: nothing was promised.
 *
 * @throws {Problem} 409 while the first request runs, 422 where the key belongs to another request.
 */
export async function idempotent(
  sql: Pick<PrismaClient, '$queryRaw' | '$executeRaw'>,
  { tokenId, key, request }: IdempotentRequest,
  act: () => Promise<JsonReply>,
): Promise<JsonReply> {
  if (key === undefined) return act();
  const hash = new Uint8Array(createHash('sha256').update(JSON.stringify(request)).digest());
  await sql.$executeRaw`DELETE FROM api_idempotency_keys WHERE created_at < now() - interval '24 hours'`;
  // A row without an answer that is a minute old belongs to a process that died: its key is taken over.
  const claimed = await sql.$executeRaw`
    INSERT INTO api_idempotency_keys AS k (token_id, key, request_hash) VALUES (${tokenId}::uuid, ${key}, ${hash})
    ON CONFLICT (token_id, key) DO UPDATE SET created_at = now()
     WHERE k.status_code IS NULL AND k.request_hash = excluded.request_hash AND k.created_at < now() - interval '1 minute'`;
  if (claimed === 0) return stored(sql, tokenId, key, hash);
  try {
    const reply = await act();
    await sql.$executeRaw`
      UPDATE api_idempotency_keys SET status_code = ${reply.status}, response = ${JSON.stringify(reply.json)}::jsonb
       WHERE token_id = ${tokenId}::uuid AND key = ${key}`;
    return reply;
  } catch (error) {
    await sql.$executeRaw`DELETE FROM api_idempotency_keys WHERE token_id = ${tokenId}::uuid AND key = ${key}`;
    throw error;
  }
}

async function stored(
  sql: Pick<PrismaClient, '$queryRaw'>,
  tokenId: string,
  key: string,
  hash: Uint8Array,
): Promise<JsonReply> {
  const rows = await sql.$queryRaw<StoredRow[]>`
    SELECT request_hash, status_code, response FROM api_idempotency_keys WHERE token_id = ${tokenId}::uuid AND key = ${key}`;
  const row = rows[0];
  if (row !== undefined && !Buffer.from(row.request_hash).equals(hash)) {
    throw new Problem('idempotency_key_reused', {
      detail: 'This Idempotency-Key was sent before with another request.',
      nextStep: 'Use a new key for a new request.',
    });
  }
  if (row === undefined || row.status_code === null) {
    throw new Problem('idempotency_in_progress', {
      detail: 'The first request with this Idempotency-Key has not been answered yet.',
      nextStep: 'Send it again with the same key in a moment.',
      headers: { 'Retry-After': '1' },
    });
  }
  return { status: row.status_code, json: row.response, headers: { 'Idempotency-Replayed': 'true' } };
}

/** The id that a repeated request with this key makes again, so that it makes one thing also where its first answer was lost. */
export function repeatableId(tokenId: string, key: string, request: unknown): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([tokenId, key, request]))
    .digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
