import { Prisma } from '../../infra/database/index.ts';
import { sameValue } from '../../domain/canonical.ts';
import { noteAudit } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { isEmptyGroup, PROFILE_GROUPS, type CardState, type ProfileState } from './profiles.ts';

/**
 * Removes a profile that existed for one card only, once that card is another profile's. Kept where anything else speaks
 * for it: another card, a visit, a value that somebody wrote here, or a row of the platform's own tables.
 *
 * @returns whether it was removed
 */
export async function removeIfSpare(
  scope: ApplyScope,
  profile: ProfileState,
  card: CardState,
  actor: string,
): Promise<boolean> {
  if (!cameFrom(profile, card) || (await isUsed(scope, profile.id, card.externalId))) return false;
  await scope.tx.$executeRaw`
    UPDATE booksy_sync_conflicts SET status = 'closed', resolution = 'merged', resolved_at = now(), updated_at = now()
     WHERE business_id = ${scope.businessId}::uuid AND entity = 'profile' AND record_id = ${profile.id}::uuid
       AND status = 'open'`;
  await scope.tx.$executeRaw`
    DELETE FROM profiles WHERE business_id = ${scope.businessId}::uuid AND id = ${profile.id}::uuid`;
  noteAudit(scope, [
    {
      action: 'removed',
      entity: 'profile',
      recordId: profile.id,
      externalId: card.externalId,
      reasonCode: 'merged_into_other_profile',
      groups: [],
      actor,
    },
  ]);
  return true;
}

/** Whether every value of the profile came from the card and nobody has edited it here since. */
function cameFrom(profile: ProfileState, card: CardState): boolean {
  const sources = PROFILE_GROUPS.map((group) => profile.provenance[group]);
  if (!sources.includes(card.externalId)) return false;
  return PROFILE_GROUPS.every((group) => {
    const value = profile.groups[group];
    const edited = (profile.counters[group] ?? 0) !== (card.baseCounters[group] ?? 0);
    if (isEmptyGroup(value) && !edited) return true;
    return profile.provenance[group] === card.externalId && !edited && sameValue(value, card.baseOurs[group]);
  });
}

async function isUsed(scope: ApplyScope, profileId: string, externalId: string): Promise<boolean> {
  const rows = await scope.tx.$queryRaw<{ used: boolean }[]>`
    SELECT EXISTS (SELECT FROM external_clients WHERE profile_id = ${profileId}::uuid AND external_id <> ${externalId})
        OR EXISTS (SELECT FROM bookings WHERE profile_id = ${profileId}::uuid)
        OR EXISTS (SELECT FROM sync_intents WHERE entity = 'profile' AND record_id = ${profileId}::uuid
                      AND business_id = ${scope.businessId}::uuid)
        OR EXISTS (SELECT FROM mappings WHERE business_id = ${scope.businessId}::uuid AND entity = 'profile'
                      AND external_id <> ${externalId} AND decision_record_id = ${profileId}::uuid
                      AND applied_at IS NULL) AS used`;
  return rows[0]?.used === true || (await isReferenced(scope, profileId));
}

interface Reference {
  relation: string;
  column_name: string;
  readable: boolean;
}

/** Whether a table that this product does not know refers to the profile: an existing platform has its own. */
async function isReferenced(scope: ApplyScope, profileId: string): Promise<boolean> {
  const references = await scope.tx.$queryRaw<Reference[]>`
    SELECT c.conrelid::regclass::text AS relation, quote_ident(a.attname) AS column_name,
           has_table_privilege(c.conrelid, 'SELECT') AS readable
      FROM pg_constraint c
      JOIN pg_attribute k ON k.attrelid = c.confrelid AND k.attname = 'id'
      JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[array_position(c.confkey, k.attnum)]
     WHERE c.contype = 'f' AND c.confrelid = 'profiles'::regclass AND c.conrelid <> 'bookings'::regclass`;
  for (const { relation, column_name: column, readable } of references) {
    // What cannot be looked into may well refer to it.
    if (!readable) return true;
    const rows = await scope.tx.$queryRaw<{ used: boolean }[]>`
      SELECT EXISTS (SELECT FROM ${Prisma.raw(relation)} WHERE ${Prisma.raw(column)} = ${profileId}::uuid) AS used`;
    if (rows[0]?.used === true) return true;
  }
  return false;
}

/** Puts a removed profile back as it was, under the same id; its version moves on, so that nobody takes it for the old one. */
export async function restoreProfile(
  scope: ApplyScope,
  row: { readonly [column: string]: unknown },
): Promise<void> {
  const columns = await scope.tx.$queryRaw<{ names: string }[]>`
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS names FROM pg_attribute
     WHERE attrelid = 'profiles'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
       AND attname = ANY(${Object.keys(row)}::text[])`;
  const names = Prisma.raw(columns[0]?.names ?? 'id');
  await scope.tx.$executeRaw`
    INSERT INTO profiles (${names}) OVERRIDING SYSTEM VALUE
    SELECT ${names} FROM jsonb_populate_record(NULL::profiles, ${JSON.stringify(row)}::jsonb)`;
}
