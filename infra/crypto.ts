/**
 * Sealing of what must not lie in clear in the database: credentials, unknown remote fields, intents' bodies.
 *
 * AES-256-GCM. The installation's key never encrypts by itself: each tenant has its own data key, derived by HKDF
 * from it. The layout is
 *
 *     1 byte version | 1 byte length n | n bytes key id | 12 bytes nonce | 16 bytes tag | ciphertext
 *
 * Version, key id and context are authenticated, so a ciphertext that was moved to another row, column, table or
 * tenant does not open, nor one whose head was changed.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const VERSION = 1;
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** Derived keys kept in memory; an installation rarely has more tenants than this. */
const MAX_CACHED_KEYS = 1000;

export type VaultErrorCode =
  'vault_bad_key' | 'vault_bad_context' | 'vault_unknown_key' | 'vault_unknown_version' | 'vault_damaged';

/** Thrown when something cannot be sealed or opened. Says what to do, holds neither key nor content. */
export class VaultError extends Error {
  readonly code: VaultErrorCode;

  constructor(code: VaultErrorCode, message: string) {
    super(message);
    this.name = 'VaultError';
    this.code = code;
  }
}

export interface VaultKey {
  /** 32 bytes. */
  readonly key: Buffer;
  /** 1–32 characters of A–Z, a–z, 0–9, dot, dash, underscore. */
  readonly keyId: string;
}

export interface Vault {
  /** Encrypts for one place. `context` is `tenant|table|column|row`: build it with {@link vaultContext}. */
  seal(plain: string | Buffer, context: string): Buffer;
  /**
   * Decrypts what was sealed for the same place.
   * @throws {VaultError} where the key is not known, or the content is damaged or belongs elsewhere.
   */
  open(sealed: Uint8Array, context: string): Buffer;
  /** Which key sealed it: rotation looks for the ones that are not `keyId`. */
  keyIdOf(sealed: Uint8Array): string;
  /** The key that seals now. */
  readonly keyId: string;
}

/** The place a ciphertext belongs to. `tenant` is the business id, or a word for what belongs to no business. */
export interface VaultPlace {
  readonly tenant: string;
  readonly table: string;
  readonly column: string;
  readonly row: string;
}

/** Writes a place as the context string of {@link Vault}. */
export function vaultContext({ tenant, table, column, row }: VaultPlace): string {
  const parts = [tenant, table, column, row];
  if (parts.some((part) => part === '' || part.includes('|'))) {
    throw new VaultError(
      'vault_bad_context',
      'A part of the context is empty or holds "|": two places could look alike.',
    );
  }
  return parts.join('|');
}

/**
 * Opens with any of its keys, seals with the first.
 *
 * @param options.previous keys that may still have sealed something (rotation).
 * @throws {VaultError} `vault_bad_key`
 */
export function createVault(options: VaultKey & { readonly previous?: readonly VaultKey[] }): Vault {
  const current: VaultKey = { key: options.key, keyId: options.keyId };
  const keys = new Map<string, Buffer>();
  for (const each of [current, ...(options.previous ?? [])]) {
    checkKey(each);
    if (keys.has(each.keyId)) throw new VaultError('vault_bad_key', `Two keys have the id ${each.keyId}.`);
    keys.set(each.keyId, each.key);
  }
  const derived = new Map<string, Buffer>();

  function dataKey(keyId: string, master: Buffer, context: string): Buffer {
    const tenant = tenantOf(context);
    const slot = `${keyId}|${tenant}`;
    const cached = derived.get(slot);
    if (cached !== undefined) return cached;
    const key = Buffer.from(hkdfSync('sha256', master, '', `booksy-sync/v${VERSION}/${tenant}`, KEY_BYTES));
    const oldest = derived.size >= MAX_CACHED_KEYS ? derived.keys().next() : undefined;
    if (oldest?.done === false) derived.delete(oldest.value);
    derived.set(slot, key);
    return key;
  }

  return {
    keyId: current.keyId,

    seal(plain, context) {
      const head = Buffer.concat([
        Buffer.from([VERSION, current.keyId.length]),
        Buffer.from(current.keyId, 'latin1'),
      ]);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, dataKey(current.keyId, current.key, context), nonce);
      cipher.setAAD(additional(head, context));
      const body = Buffer.concat([
        typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain),
        cipher.final(),
      ]);
      return Buffer.concat([head, nonce, cipher.getAuthTag(), body]);
    },

    open(sealed, context) {
      const parts = split(sealed);
      const master = keys.get(parts.keyId);
      if (master === undefined) {
        throw new VaultError(
          'vault_unknown_key',
          `Sealed with key ${parts.keyId}, which this process does not have. Set the ENCRYPTION_KEY it was sealed with.`,
        );
      }
      const decipher = createDecipheriv(ALGORITHM, dataKey(parts.keyId, master, context), parts.nonce);
      decipher.setAAD(additional(parts.head, context));
      decipher.setAuthTag(parts.tag);
      try {
        return Buffer.concat([decipher.update(parts.body), decipher.final()]);
      } catch {
        throw new VaultError(
          'vault_damaged',
          'A sealed value does not open: it was changed, or belongs to another place or key. Restore that row from a backup.',
        );
      }
    },

    keyIdOf: (sealed) => split(sealed).keyId,
  };
}

function checkKey({ key, keyId }: VaultKey): void {
  if (key.length !== KEY_BYTES) throw new VaultError('vault_bad_key', 'An encryption key has 32 bytes.');
  if (!/^[\w.-]{1,32}$/.test(keyId)) {
    throw new VaultError('vault_bad_key', 'A key id has 1–32 letters, digits, dots, dashes, underscores.');
  }
}

function tenantOf(context: string): string {
  const parts = context.split('|');
  if (parts.length !== 4 || parts.includes('')) {
    throw new VaultError('vault_bad_context', 'The context must be tenant|table|column|row.');
  }
  return parts[0] ?? '';
}

function additional(head: Buffer, context: string): Buffer {
  return Buffer.concat([head, Buffer.from(context, 'utf8')]);
}

function split(sealed: Uint8Array) {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const version = bytes[0];
  if (version !== VERSION) {
    throw new VaultError(
      'vault_unknown_version',
      'A sealed value has a version that this release does not know. Run the release that wrote it, or a newer one.',
    );
  }
  const bodyAt = 2 + (bytes[1] ?? 0) + NONCE_BYTES + TAG_BYTES;
  if (bytes.length < bodyAt)
    throw new VaultError('vault_damaged', 'A sealed value is cut short. Restore it from a backup.');
  const nonceAt = bodyAt - TAG_BYTES - NONCE_BYTES;
  return {
    head: bytes.subarray(0, nonceAt),
    keyId: bytes.toString('latin1', 2, nonceAt),
    nonce: bytes.subarray(nonceAt, nonceAt + NONCE_BYTES),
    tag: bytes.subarray(nonceAt + NONCE_BYTES, bodyAt),
    body: bytes.subarray(bodyAt),
  };
}
