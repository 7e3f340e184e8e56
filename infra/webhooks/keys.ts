/**
 * Which secrets prove that a webhook is of a business (R43): those of the installation and the business's own. Kept in the
 * process for some seconds, all businesses at once: what strangers send can cause one look at the database a second, and
 * no more.
 */
import { z } from 'zod';
import type { WebhookConfig } from '../config.ts';
import { vaultContext, type Vault } from '../crypto.ts';
import type { PrismaClient } from '../database/index.ts';
import { accountKeyOf, KINDS, nameOf, type SecretKind } from './secret-rows.ts';
import { signingKey, tokenDigest } from './signature.ts';

/** A secret that was set or taken away counts after this long at the latest. */
export const KEYS_LIFE_MS = 5_000;
/** What strangers send is refused on what is at most this old: they can make us look once in that time. */
export const REFUSAL_LIFE_MS = 1_000;

/** What a webhook that speaks of a business may be proven with. */
export interface WebhookKeys {
  /** Our id; null where no such business is connected. */
  readonly businessId: string | null;
  readonly signing: readonly Buffer[];
  readonly tokenDigests: readonly Buffer[];
}

export interface WebhookKeyRing {
  /**
   * @param externalBusinessId Booksy's id of the business; null where the body names none
   * @param maxAgeMs how old what is known may be; 0 looks at the database now
   * @throws where the database is away: then nobody can be known, and nobody is refused
   */
  of(externalBusinessId: string | null, maxAgeMs: number): Promise<WebhookKeys>;
}

interface Known {
  readonly atMs: number;
  readonly byExternalId: ReadonlyMap<string, WebhookKeys>;
}

export interface KeyRingOptions {
  readonly prisma: Pick<PrismaClient, '$queryRaw'>;
  readonly vault: Vault;
  /** Secrets of the installation. */
  readonly installation: WebhookConfig;
  /** Told of a secret that cannot be opened; it proves nothing then, the others still do. */
  readonly onUnreadable: (businessId: string) => void;
  /** Monotonic milliseconds. */
  readonly monotonic?: () => number;
}

/** Makes the key ring of a process. */
export function createKeyRing(options: KeyRingOptions): WebhookKeyRing {
  const monotonic = options.monotonic ?? (() => performance.now());
  const signing = options.installation.secrets.map(signingKey);
  const tokenDigests = options.installation.tokens.map(tokenDigest);
  const nobody: WebhookKeys = { businessId: null, signing, tokenDigests };
  let known: Known | null = null;
  let looking: Promise<Known> | null = null;

  const look = async (): Promise<Known> => {
    // Dated by when it was asked: what changed while the answer was under way is looked for again in time.
    const atMs = monotonic();
    const byExternalId = await readAll(options, nobody);
    return (known = { atMs, byExternalId });
  };

  return {
    async of(externalBusinessId, maxAgeMs) {
      const since = monotonic() - maxAgeMs;
      let current = known;
      while (current === null || current.atMs < since) {
        looking ??= look().finally(() => (looking = null));
        current = await looking;
      }
      const keys = externalBusinessId === null ? undefined : current.byExternalId.get(externalBusinessId);
      return keys ?? nobody;
    },
  };
}

const rowShape = z.object({
  id: z.string(),
  external_id: z.string(),
  name: z.string().nullable(),
  sealed: z.instanceof(Uint8Array).nullable(),
});

async function readAll(
  { prisma, vault, onUnreadable }: KeyRingOptions,
  nobody: WebhookKeys,
): Promise<ReadonlyMap<string, WebhookKeys>> {
  const answer = await prisma.$queryRaw`
    SELECT b.id::text AS id, b.booksy_business_id AS external_id, s.name, s.sealed
      FROM businesses b
      LEFT JOIN integration_secrets s
        ON s.account_key = ${accountKeyOf('')} || b.id::text AND s.name LIKE 'webhook\\_%'
       AND (s.expires_at IS NULL OR s.expires_at > now())
     WHERE b.booksy_business_id IS NOT NULL
     ORDER BY b.id, s.updated_at DESC, s.name`;
  const found = new Map<string, WebhookKeys>();
  for (const row of z.array(rowShape).parse(answer)) {
    const before = found.get(row.external_id) ?? { ...nobody, businessId: row.id };
    found.set(row.external_id, { ...before, ...ownKey(row, before) });
  }
  return found;

  function ownKey(row: z.output<typeof rowShape>, before: WebhookKeys): Partial<WebhookKeys> {
    const kind = KINDS.find((one) => row.name?.startsWith(nameOf(one, '')) === true);
    if (kind === undefined || row.name === null || row.sealed === null) return {};
    const text = opened(vault, row.sealed, row.id, row.name);
    if (text === null) {
      onUnreadable(row.id);
      return {};
    }
    return withSecret(kind, text, before);
  }
}

function withSecret(kind: SecretKind, text: string, before: WebhookKeys): Partial<WebhookKeys> {
  switch (kind) {
    case 'signature':
      return { signing: [...before.signing, signingKey(text)] };
    case 'path_token':
      return { tokenDigests: [...before.tokenDigests, tokenDigest(text)] };
  }
}

function opened(vault: Vault, sealed: Uint8Array, businessId: string, name: string): string | null {
  try {
    return vault.open(sealed, secretContext(businessId, name)).toString('utf8');
  } catch {
    return null;
  }
}

/** Where a business's webhook secret is sealed for. */
export function secretContext(businessId: string, name: string): string {
  return vaultContext({ tenant: businessId, table: 'integration_secrets', column: 'sealed', row: name });
}
