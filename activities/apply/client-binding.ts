import { cardDirections } from '../matching/card-direction.ts';
import type { EntityBinding } from './binding.ts';
import { createFlatBinding, mirrorTable } from './flat-binding.ts';

/** The row of a client alone, without where its values came from. */
export const profileRows = createFlatBinding({
  entity: 'profile',
  table: 'profiles',
  mirror: mirrorTable('external_clients', 'profile_id', {
    // Of several cards of one client one speaks for it (R38): the first, until a person says otherwise.
    onInsert: {
      is_primary:
        'NOT EXISTS (SELECT FROM external_clients o WHERE o.profile_id = r.record_id AND o.is_primary)',
    },
  }),
  // Contact goes both ways within consent and basis (R8); the way out opens with the gate.
  directionOf: () => 'both',
  counters: { name: 'name_edits', email: 'email_edits', phone: 'phone_edits' },
  onInsert: {
    columns: { provenance: 'jsonb' },
    of: ({ seen }) => ({ provenance: provenanceOf(seen.externalId, Object.keys(seen.here)) }),
  },
  columns: [
    { column: 'given_name', sqlType: 'text', group: 'name', part: 'given' },
    { column: 'family_name', sqlType: 'text', group: 'name', part: 'family' },
    { column: 'email', sqlType: 'text', group: 'email' },
    { column: 'phone_e164', sqlType: 'text', group: 'phone' },
  ],
});

/** A client: the profile, and from which card each of its values came, so that an un-merge can split them again (R38). */
export const clientBinding: EntityBinding = {
  ...profileRows,
  directionsOf: cardDirections,

  async update(scope, records) {
    const counters = await profileRows.update(scope, records);
    await writeProvenance(
      scope.tx,
      records.map(({ recordId, seen, apply }) => ({
        id: recordId,
        provenance: provenanceOf(seen.externalId, apply),
      })),
    );
    return counters;
  },
};

interface Provenance {
  readonly id: string;
  readonly provenance: Readonly<Record<string, string>>;
}

/** Which card each of these groups came from. */
function provenanceOf(cardId: string, groups: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(groups.map((group) => [group, cardId]));
}

async function writeProvenance(
  tx: Parameters<EntityBinding['insert']>[0]['tx'],
  rows: readonly Provenance[],
): Promise<void> {
  await tx.$executeRaw`
    UPDATE profiles p SET provenance = p.provenance || r.provenance
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(id uuid, provenance jsonb)
     WHERE p.id = r.id AND NOT p.provenance @> r.provenance`;
}
