import { v7 as uuidv7 } from 'uuid';
import { vaultContext } from '../../../../infra/crypto.ts';
import type { Card, ConflictRig } from './rig.ts';

/** A conflict's row as whoever found it would have written it. */
export interface Laid {
  readonly kind: string;
  readonly recordId: string | null;
  readonly entity?: string;
  readonly externalId?: string | null;
  readonly groups?: readonly string[];
  readonly detail?: object;
  readonly values?: object;
}

/** Lays down the row of a conflict that needs rare luck to happen, and gives its card. */
export async function layConflict(rig: ConflictRig, found: Laid): Promise<Card> {
  const id = uuidv7();
  const place = { tenant: rig.businessId, table: 'booksy_sync_conflicts', column: 'sealed_values', row: id };
  const sealed =
    found.values === undefined
      ? null
      : rig.engine.deps.vault.seal(JSON.stringify(found.values), vaultContext(place));
  await rig.sql(
    `INSERT INTO booksy_sync_conflicts (id, business_id, kind, entity, record_id, external_id, groups, detail, sealed_values)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      id,
      rig.businessId,
      found.kind,
      found.entity ?? 'booking',
      found.recordId,
      found.externalId ?? null,
      found.groups ?? [],
      JSON.stringify(found.detail ?? {}),
      sealed,
    ],
  );
  return rig.card(id);
}
