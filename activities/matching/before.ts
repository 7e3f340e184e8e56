import { z } from 'zod';
import type { GroupStates } from '../../domain/merge.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import { vaultContext } from '../../infra/crypto.ts';
import { isMappedEntity } from '../../infra/mappings.ts';
import type { ApplyScope } from '../apply/scope.ts';

const values = z.record(z.string(), z.json());

/** How a card stood before it was pointed at another profile. */
const previousStanding = z.object({
  profileId: z.string(),
  /** The profile's row where it was removed, null where it is still there. */
  row: values.nullable(),
  isPrimary: z.boolean(),
  baseTheirs: values,
  baseOurs: values,
  baseCounters: z.record(z.string(), z.number()),
  /** Of what was last observed then: where it differs now, the card is planned again. */
  remoteHash: z.string(),
});

/** What an un-merge needs to put things back; sealed in `mappings.sealed_before`. */
const beforeLink = z.object({
  /** Our values before the link. */
  groups: values,
  /** Of a profile: group → card that its value came from. */
  provenance: z.record(z.string(), z.string()),
  /** Null where the card had no record here before. */
  previous: previousStanding.nullable(),
});

export type PreviousStanding = z.output<typeof previousStanding>;
export type Before = z.output<typeof beforeLink>;

/** Remembers values of ours that a first contact may replace; one statement to find the rows, one to write them. */
export async function rememberBefore(
  scope: ApplyScope,
  entity: SyncEntity,
  before: readonly { readonly externalId: string; readonly recordId: string; readonly groups: GroupStates }[],
): Promise<void> {
  if (before.length === 0 || scope.plan !== null || !isMappedEntity(entity)) return;
  const rows = await scope.tx.$queryRaw<
    { id: string; external_id: string; provenance: Record<string, string> | null }[]
  >`
    SELECT m.id, m.external_id, p.provenance
      FROM mappings m LEFT JOIN profiles p ON m.entity = 'profile' AND p.id = m.record_id
     WHERE m.business_id = ${scope.businessId}::uuid AND m.entity = ${entity}
       AND m.external_id = ANY(${before.map(({ externalId }) => externalId)}::text[])`;
  const found = new Map(rows.map((row) => [row.external_id, row]));
  await sealBefore(
    scope,
    before.flatMap(({ externalId, groups }) => {
      const row = found.get(externalId);
      if (row === undefined) return [];
      return [{ mappingId: row.id, before: { groups, provenance: row.provenance ?? {}, previous: null } }];
    }),
  );
}

/** What is sealed, with groups as the pipeline has them. */
export type BeforeToSeal = Omit<Before, 'groups' | 'previous'> & {
  readonly groups: GroupStates;
  readonly previous:
    | (Omit<PreviousStanding, 'row' | 'baseTheirs' | 'baseOurs' | 'baseCounters'> & {
        readonly row: GroupStates | null;
        readonly baseTheirs: GroupStates;
        readonly baseOurs: GroupStates;
        readonly baseCounters: { readonly [group: string]: number };
      })
    | null;
};

/** Writes what was before into rows of the mapping list. */
export async function sealBefore(
  scope: ApplyScope,
  rows: readonly { readonly mappingId: string; readonly before: BeforeToSeal }[],
): Promise<void> {
  if (rows.length === 0) return;
  const payload = rows.map(({ mappingId, before }) => ({
    id: mappingId,
    sealed: scope.vault.seal(JSON.stringify(before), placeOf(scope, mappingId)).toString('base64'),
  }));
  await scope.tx.$executeRaw`
    UPDATE mappings m SET sealed_before = decode(r.sealed, 'base64')
      FROM jsonb_to_recordset(${JSON.stringify(payload)}::jsonb) AS r(id uuid, sealed text)
     WHERE m.id = r.id AND m.business_id = ${scope.businessId}::uuid`;
}

/** Opens what was before a link; null where the link replaced nothing. */
export function openBefore(scope: ApplyScope, mappingId: string, sealed: Uint8Array | null): Before | null {
  if (sealed === null) return null;
  const text = scope.vault.open(sealed, placeOf(scope, mappingId)).toString('utf8');
  return beforeLink.parse(JSON.parse(text));
}

function placeOf(scope: ApplyScope, mappingId: string): string {
  return vaultContext({
    tenant: scope.businessId,
    table: 'mappings',
    column: 'sealed_before',
    row: mappingId,
  });
}
