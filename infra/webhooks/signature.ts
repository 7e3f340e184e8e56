/**
 * Who sent it: the Standard Webhooks signature (`webhook-id`, `webhook-timestamp`, `webhook-signature: v1,<base64>` over
 * `id.timestamp.raw body`), or a token in the address. Both are compared without telling by the time taken how much was right.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** How far the sender's clock may be from ours, either way. */
export const TOLERANCE_SECONDS = 300;
/** A sender that rotates signs with two or three; more than this is none. */
const MOST_SIGNATURES = 16;
const SIGNATURE = /^v1,([A-Za-z\d+/]{43}=)$/;
/** No dot: the parts of what is signed are separated by dots, and two messages must never sign alike. */
const DELIVERY_ID = /^[\w:=+/~-]{1,200}$/;
const TIMESTAMP = /^\d{1,12}$/;

/** The three headers, as they came. */
export interface SignatureHeaders {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

/** Why something was not taken: for counters and the log, never for the sender. */
export type Refusal =
  | 'not_signed'
  | 'malformed_headers'
  | 'too_old_or_early'
  | 'wrong_signature'
  | 'wrong_token'
  | 'unknown_business';

export type Verdict =
  { readonly ok: true; readonly deliveryId: string | null } | { readonly ok: false; readonly why: Refusal };

/** The key that a secret stands for: `whsec_` + base64, any other text as it is. */
export function signingKey(secret: string): Buffer {
  return secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret, 'utf8');
}

/** What a token is compared by: all digests are of one length. */
export function tokenDigest(token: string): Buffer {
  return createHash('sha256').update('booksy-sync/webhook-token/').update(token, 'utf8').digest();
}

/**
 * Is one of the signatures made with one of the keys, lately?
 * @param raw the body as it came: what was parsed and written again is not what was signed
 */
export function verifySignature(
  { id, timestamp, signature }: SignatureHeaders,
  raw: Buffer,
  keys: readonly Buffer[],
  nowMs: number,
): Verdict {
  if (id === undefined || timestamp === undefined || signature === undefined)
    return { ok: false, why: 'not_signed' };
  const signatures = signature.split(' ');
  if (!DELIVERY_ID.test(id) || !TIMESTAMP.test(timestamp) || signatures.length > MOST_SIGNATURES)
    return { ok: false, why: 'malformed_headers' };
  const given = signatures.flatMap((one) => {
    const found = SIGNATURE.exec(one)?.[1];
    return found === undefined ? [] : [Buffer.from(found, 'base64')];
  });
  let right = false;
  for (const key of keys) {
    const made = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(raw).digest();
    // Every pair is compared, also after one was right.
    for (const one of given) right = timingSafeEqual(made, one) || right;
  }
  if (!right) return { ok: false, why: 'wrong_signature' };
  // Looked at last: a wrong signature and a wrong time take as long as each other.
  if (Math.abs(Math.floor(nowMs / 1000) - Number(timestamp)) > TOLERANCE_SECONDS)
    return { ok: false, why: 'too_old_or_early' };
  return { ok: true, deliveryId: id };
}

/** Is it one of the tokens? `digests` are those of {@link tokenDigest}. */
export function verifyToken(token: string, digests: readonly Buffer[]): Verdict {
  const given = tokenDigest(token);
  let right = false;
  for (const one of digests) right = timingSafeEqual(given, one) || right;
  return right ? { ok: true, deliveryId: null } : { ok: false, why: 'wrong_token' };
}
