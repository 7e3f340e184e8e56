/**
 * Webhook secrets of one business, sealed in `integration_secrets`. A new one and those before it hold side by side until a
 * date, so that the sender can change over; nothing of a secret is ever shown again.
 */
import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { appendAudit } from '../audit/index.ts';
import type { Vault } from '../crypto.ts';
import type { PrismaClient } from '../database/index.ts';
import { secretContext } from './keys.ts';
import { accountKeyOf, idIn, KINDS, nameOf, type SecretKind } from './secret-rows.ts';

export { KINDS as WEBHOOK_SECRET_KINDS, type SecretKind as WebhookSecretKind } from './secret-rows.ts';

type Store = Pick<PrismaClient, 'business' | '$queryRaw' | '$transaction'>;

/** Rules of a secret that a person brings along: the same as those of the environment. */
const FORM: Readonly<Record<SecretKind, RegExp>> = {
  signature: /^(whsec_[A-Za-z\d+/]{22,}={0,2}|(?!whsec_)[\x21-\x7e]{16,500})$/,
  path_token: /^[\w-]{22,200}$/,
};

export class WebhookSecretError extends Error {
  readonly code: 'webhook_secret_weak' | 'business_unknown';

  constructor(code: WebhookSecretError['code'], message: string) {
    super(message);
    this.name = 'WebhookSecretError';
    this.code = code;
  }
}

/** 256 random bits in the form that Standard Webhooks gives secrets, or as a word of an address. */
export function makeSecret(kind: SecretKind): string {
  switch (kind) {
    case 'signature':
      return `whsec_${randomBytes(32).toString('base64')}`;
    case 'path_token':
      return randomBytes(32).toString('base64url');
  }
}

export interface NewSecret {
  readonly businessId: string;
  readonly kind: SecretKind;
  readonly secret: string;
  /** How long those before it still hold. */
  readonly overlapHours: number;
  readonly actor: string;
}

/**
 * Stores a secret; it counts within seconds in every process. Those of its kind before it end after the overlap.
 *
 * @returns its id, and when the last of those before it ends; null where there was none
 * @throws {WebhookSecretError}
 */
export async function setWebhookSecret(
  store: Store,
  vault: Vault,
  { businessId, kind, secret, overlapHours, actor }: NewSecret,
): Promise<{ readonly secretId: string; readonly olderUntil: Date | null }> {
  if (!FORM[kind].test(secret)) {
    throw new WebhookSecretError(
      'webhook_secret_weak',
      kind === 'signature'
        ? 'A secret that signs has 16 visible characters or more; what begins with whsec_ goes on in base64.'
        : 'A token for the address has 22 to 200 letters, digits, dashes and underscores.',
    );
  }
  const secretId = uuidv7();
  const name = nameOf(kind, secretId);
  const accountKey = accountKeyOf(businessId);
  const sealed = vault.seal(secret, secretContext(businessId, name));
  return store.$transaction(async (tx) => {
    if ((await tx.business.findUnique({ where: { id: businessId }, select: { id: true } })) === null)
      throw new WebhookSecretError('business_unknown', 'There is no business with this id.');
    const older = await tx.$queryRaw`
      UPDATE integration_secrets
         SET expires_at = least(expires_at, now() + ${overlapHours}::double precision * interval '1 hour'),
             version = version + 1
       WHERE account_key = ${accountKey} AND name LIKE ${likeOf(kind)} AND (expires_at IS NULL OR expires_at > now())
      RETURNING expires_at`;
    await tx.$executeRaw`
      INSERT INTO integration_secrets (id, account_key, name, sealed)
      VALUES (${secretId}::uuid, ${accountKey}, ${name}, ${new Uint8Array(sealed)}::bytea)`;
    await appendAudit(tx, { businessId }, [{ actor, action: 'webhook_secret_set', reasonCode: kind }]);
    const ends = z.array(z.object({ expires_at: z.date() })).parse(older);
    const last = ends.map(({ expires_at }) => expires_at.getTime()).sort((a, b) => b - a)[0];
    return { secretId, olderUntil: last === undefined ? null : new Date(last) };
  });
}

/** A secret as it is listed: never the secret. */
export interface ListedSecret {
  readonly secretId: string;
  readonly businessId: string;
  readonly kind: SecretKind;
  readonly setAt: Date;
  /** Null holds until it is removed or a newer one is set. */
  readonly until: Date | null;
}

const listedShape = z.array(
  z.object({
    business_id: z.string(),
    name: z.string(),
    updated_at: z.date(),
    expires_at: z.date().nullable(),
  }),
);

/** The secrets that hold now, of one business or of all; the newest first. */
export async function listWebhookSecrets(
  store: Pick<Store, '$queryRaw'>,
  businessId?: string,
): Promise<readonly ListedSecret[]> {
  const rows = await store.$queryRaw`
    SELECT substr(account_key, ${accountKeyOf('').length + 1}::int) AS business_id, name, updated_at, expires_at
      FROM integration_secrets
     WHERE account_key LIKE ${`${accountKeyOf(businessId ?? '')}%`}
       AND (name LIKE ${likeOf('signature')} OR name LIKE ${likeOf('path_token')})
       AND (expires_at IS NULL OR expires_at > now())
     ORDER BY account_key, name DESC`;
  return listedShape.parse(rows).flatMap((row) => {
    const kind = KINDS.find((one) => idIn(row.name, one) !== null);
    const secretId = kind === undefined ? null : idIn(row.name, kind);
    if (kind === undefined || secretId === null) return [];
    const { business_id, updated_at, expires_at } = row;
    return [{ secretId, businessId: business_id, kind, setAt: updated_at, until: expires_at }];
  });
}

/** Ends a secret; every process knows within seconds. Returns false where none with this id holds. */
export async function removeWebhookSecret(store: Store, secretId: string, actor: string): Promise<boolean> {
  return store.$transaction(async (tx) => {
    const rows = await tx.$queryRaw`
      DELETE FROM integration_secrets
       WHERE name IN (${nameOf('signature', secretId)}, ${nameOf('path_token', secretId)})
      RETURNING substr(account_key, ${accountKeyOf('').length + 1}::int) AS business_id, name`;
    const removed = z.array(z.object({ business_id: z.string(), name: z.string() })).parse(rows)[0];
    if (removed === undefined) return false;
    const kind = KINDS.find((one) => idIn(removed.name, one) !== null);
    await appendAudit(tx, { businessId: removed.business_id }, [
      { actor, action: 'webhook_secret_removed', reasonCode: kind ?? null },
    ]);
    return true;
  });
}

function likeOf(kind: SecretKind): string {
  return `${nameOf(kind, '').replaceAll('_', '\\_')}%`;
}
