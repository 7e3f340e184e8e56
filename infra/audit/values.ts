import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { vaultContext, type Vault } from '../crypto.ts';
import { commitmentOf, type AuditValues } from './links.ts';

/** An entry's values as they go into the database: bound to their entry, and committed to by its link. */
export interface SealedValues {
  readonly entryId: string;
  readonly commitment: Buffer;
  readonly sealed: Buffer;
}

const SALT_BYTES = 16;

/** Seals the values of one entry for its row. */
export function sealValues(vault: Vault, businessId: string | null, values: AuditValues): SealedValues {
  const entryId = uuidv7();
  // Without a salt a commitment to a phone number could be guessed after its erasure.
  const salt = randomBytes(SALT_BYTES);
  const content = JSON.stringify({ salt: salt.toString('base64'), ...values });
  return {
    entryId,
    commitment: commitmentOf(salt, values),
    sealed: vault.seal(content, contextOf(businessId, entryId)),
  };
}

/** What was sealed for an entry, and the salt that its commitment was made with. */
export interface OpenedValues {
  readonly salt: Buffer;
  readonly values: AuditValues;
}

/**
 * Opens the values of an entry.
 * @throws {VaultError} where they were sealed for another entry, by an unknown key, or were changed
 */
export function openValues(
  vault: Vault,
  businessId: string | null,
  entryId: string,
  sealed: Uint8Array,
): OpenedValues {
  const content = JSON.parse(vault.open(sealed, contextOf(businessId, entryId)).toString('utf8')) as {
    readonly salt: string;
  } & AuditValues;
  const { salt, before, after, counters } = content;
  return {
    salt: Buffer.from(salt, 'base64'),
    values: {
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(counters === undefined ? {} : { counters }),
    },
  };
}

function contextOf(businessId: string | null, entryId: string): string {
  return vaultContext({
    tenant: businessId ?? 'installation',
    table: 'booksy_audit_values',
    column: 'sealed_values',
    row: entryId,
  });
}
