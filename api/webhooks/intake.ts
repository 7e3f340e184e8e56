/**
 * What is done with a webhook before it is answered: find whose it says it is, prove that, read the envelope, store it
 * (R4, R43, TRUST §2). Temporal has no part in it: the relay of the workers finds what is in the box (R28).
 */
import { readClaimedBusiness, readWebhookEnvelope, type WebhookEnvelope } from '../../booksy/webhook.ts';
import {
  KEYS_LIFE_MS,
  REFUSAL_LIFE_MS,
  type WebhookKeyRing,
  type WebhookKeys,
} from '../../infra/webhooks/keys.ts';
import {
  verifySignature,
  verifyToken,
  type Refusal,
  type SignatureHeaders,
  type Verdict,
} from '../../infra/webhooks/signature.ts';
import type { StoredAs, WebhookStore } from '../../infra/webhooks/store.ts';
import { Problem } from '../http/problem.ts';

/** A webhook as it came. */
export interface Incoming {
  readonly raw: Buffer;
  /** How it means to prove who sent it. */
  readonly proof:
    | { readonly by: 'signature'; readonly headers: SignatureHeaders }
    | { readonly by: 'path_token'; readonly token: string };
}

export type Taken =
  | { readonly kind: 'taken'; readonly as: StoredAs }
  | { readonly kind: 'refused'; readonly why: Refusal }
  | { readonly kind: 'malformed' };

export interface IntakeDeps {
  readonly keys: WebhookKeyRing;
  readonly store: WebhookStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Booksy waits for the answer; what takes longer than this is not acknowledged. */
const DEADLINE_MS = 8_000;

/** @throws {Problem} `database_unavailable` where it could not be stored: nothing is acknowledged then */
export async function takeWebhook(deps: IntakeDeps, incoming: Incoming): Promise<Taken> {
  const body = jsonOf(incoming.raw);
  const claimed = readClaimedBusiness(body);
  const proven = await prove(deps, incoming, claimed);
  if (!proven.verdict.ok) return { kind: 'refused', why: proven.verdict.why };
  const envelope = readWebhookEnvelope(body);
  const { businessId } = proven.keys;
  // Whoever may sign for the installation may be told that the body is wrong; but an unknown business is like a wrong secret.
  if (businessId === null && claimed !== null) return { kind: 'refused', why: 'unknown_business' };
  if (envelope === null || businessId === null) return { kind: 'malformed' };
  return { kind: 'taken', as: await store(deps, incoming, envelope, businessId, proven.verdict.deliveryId) };
}

async function prove(
  deps: IntakeDeps,
  incoming: Incoming,
  claimed: string | null,
): Promise<{ readonly verdict: Verdict; readonly keys: WebhookKeys }> {
  const judge = async (maxAgeMs: number) => {
    const keys = await deps.keys.of(claimed, maxAgeMs);
    return { verdict: verdictOf(incoming, keys, deps.now()), keys };
  };
  const first = await judge(KEYS_LIFE_MS);
  if (!first.verdict.ok) {
    // A secret of this very second may be the right one.
    return judge(REFUSAL_LIFE_MS);
  }
  // Proven by a secret of the installation, of a business that was perhaps connected just now.
  return claimed !== null && first.keys.businessId === null ? judge(0) : first;
}

function verdictOf({ raw, proof }: Incoming, keys: WebhookKeys, nowMs: number): Verdict {
  switch (proof.by) {
    case 'signature':
      return verifySignature(proof.headers, raw, keys.signing, nowMs);
    case 'path_token':
      return verifyToken(proof.token, keys.tokenDigests);
  }
}

async function store(
  deps: IntakeDeps,
  { raw, proof }: Incoming,
  envelope: WebhookEnvelope,
  businessId: string,
  deliveryId: string | null,
): Promise<StoredAs> {
  const stored = deps.store.store({
    businessId,
    deliveryId,
    action: envelope.action,
    appointmentId: envelope.appointmentId,
    raw,
    verifiedBy: proof.by,
  });
  // Who waits no longer must not bring the process down when it fails later.
  stored.catch(() => undefined);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), DEADLINE_MS);
  try {
    return await Promise.race([stored, tooLate(late.signal)]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () =>
      reject(
        new Problem('database_unavailable', {
          detail: 'The webhook could not be stored in time.',
          nextStep: 'Send it again.',
          headers: { 'Retry-After': '5' },
        }),
      ),
    );
  });
}

function jsonOf(raw: Buffer): unknown {
  try {
    const body: unknown = JSON.parse(raw.toString('utf8'));
    return body;
  } catch {
    return undefined;
  }
}
