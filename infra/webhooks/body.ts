/** The body of a webhook in the box: sealed, and emptied after some days (R4a; the nightly sweep does it). */
import { vaultContext } from '../crypto.ts';

/** Where a body is sealed for. The row's id is not known before it is stored; the same news has the same place. */
export function bodyContext(businessId: string, bodyHash: string): string {
  return vaultContext({
    tenant: businessId,
    table: 'webhook_logs',
    column: 'sealed_body',
    row: `${businessId}:${bodyHash}`,
  });
}
