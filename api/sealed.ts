/** Opening what is sealed for people to see. What does not open is shown as missing, with a note: the rest of the answer holds. */
import type { z } from 'zod';
import { VaultError, vaultContext, type VaultPlace } from '../infra/crypto.ts';
import type { ApiDeps } from './deps.ts';
import type { Note } from './wire.ts';

export const SEALED_UNREADABLE: Note = {
  code: 'sealed_unreadable',
  message: 'Some of what is shown here is sealed with a key that this process does not have, or is damaged.',
  nextStep:
    'Start the API with the ENCRYPTION_KEY under which it was sealed, or run a sync: it writes them anew.',
};

/** The JSON that was sealed for this place; null where there is none or it does not open. */
export function openSealed<T>(
  { vault, logger }: Pick<ApiDeps, 'vault' | 'logger'>,
  sealed: Uint8Array | null,
  place: VaultPlace,
  schema: z.ZodType<T>,
): T | null {
  if (sealed === null) return null;
  try {
    const json: unknown = JSON.parse(vault.open(sealed, vaultContext(place)).toString('utf8'));
    return schema.parse(json);
  } catch (error) {
    // Neither the content nor an error that could quote it is logged.
    logger.warn(
      {
        code: error instanceof VaultError ? error.code : 'sealed_not_understood',
        table: place.table,
        row: place.row,
      },
      'a sealed value could not be shown',
    );
    return null;
  }
}
