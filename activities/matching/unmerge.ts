import { sameValue, type Json } from '../../domain/canonical.ts';
import { createRecords } from '../apply/create-records.ts';
import { clientBinding } from '../apply/client-binding.ts';
import { partOf } from '../apply/flat-binding.ts';
import { noteAudit } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import type { Before, PreviousStanding } from './before.ts';
import {
  emptyGroup,
  isEmptyGroup,
  lockProfile,
  otherCards,
  PROFILE_GROUPS,
  settlePrimary,
  type CardState,
  type ProfileGroup,
  type ProfileState,
} from './profiles.ts';
import { repointVisits } from './repoint-visits.ts';
import { reopenMirror, seenCard } from './seen-card.ts';
import { restoreProfile } from './spare-profile.ts';

export interface Unmerge {
  readonly card: CardState;
  /** The profile that it was taken for. */
  readonly profile: ProfileState;
  /** What was there before; null where the link replaced nothing. */
  readonly before: Before | null;
  readonly actor: string;
}

/**
 * Takes a card apart from a profile that it was taken for (R38): what the profile holds from this card goes back to what
 * was there before, the card gets its former profile back or a new one, and the visits that came with it go along. What a
 * person wrote into the profile here stays there.
 *
 * @returns the card's own profile and how many visits moved
 */
export async function unmergeCard(
  scope: ApplyScope,
  unmerge: Unmerge,
): Promise<{ readonly profileId: string; readonly visits: number }> {
  const { card, profile, before, actor } = unmerge;
  const others = await otherCards(scope, profile.id, card.externalId);
  const restored = PROFILE_GROUPS.flatMap((group) => restoredGroup(group, unmerge, others));
  await writeRestored(scope, profile, others, restored);
  await closeDisputes(scope, profile.id, card.externalId);
  const profileId =
    (before?.previous == null ? null : await backToPrevious(scope, card, before.previous)) ??
    (await newProfile(scope, card));
  const visits = await repointVisits(scope, {
    externalId: card.externalId,
    from: profile.id,
    to: profileId,
    whose: 'source',
    reasonCode: 'decided_unmerge',
    actor,
  });
  await settlePrimary(scope, profile.id);
  await settlePrimary(scope, profileId);
  noteAudit(scope, [
    {
      action: 'unmerged',
      entity: 'profile',
      recordId: profile.id,
      externalId: card.externalId,
      reasonCode: 'decided_unmerge',
      groups: restored.filter(({ replaced }) => replaced).map(({ group }) => group),
      actor,
    },
  ]);
  return { profileId, visits };
}

interface RestoredGroup {
  readonly group: ProfileGroup;
  readonly value: Json;
  /** The card that it comes from now; null where it is the platform's own. */
  readonly source: string | null;
  /** False where a person wrote something else meanwhile: only the mark of where it came from goes. */
  readonly replaced: boolean;
}

/** What becomes of one group of the profile; nothing where it does not come from this card. */
function restoredGroup(
  group: ProfileGroup,
  { card, profile, before }: Unmerge,
  others: readonly CardState[],
): readonly RestoredGroup[] {
  if (profile.provenance[group] !== card.externalId) return [];
  const value = profile.groups[group];
  if (!sameValue(value, card.baseOurs[group])) return [{ group, value, source: null, replaced: false }];
  const earlier = before?.groups[group];
  const earlierSource = before?.provenance[group] ?? null;
  // A card that has left this profile since has taken its values along.
  const mayReturn = earlierSource === null || others.some(({ externalId }) => externalId === earlierSource);
  const live = others.filter((other) => other.live && !isEmptyGroup(other.remote[group]));
  const speaker = live.find(({ externalId }) => externalId === earlierSource) ?? live[0];
  if (earlier !== undefined && !isEmptyGroup(earlier) && mayReturn && earlierSource === null)
    return [{ group, value: earlier, source: null, replaced: true }];
  if (speaker !== undefined)
    return [{ group, value: speaker.remote[group] ?? null, source: speaker.externalId, replaced: true }];
  if (earlier !== undefined && mayReturn)
    return [{ group, value: earlier, source: earlierSource, replaced: true }];
  return [{ group, value: emptyGroup(group), source: null, replaced: true }];
}

async function writeRestored(
  scope: ApplyScope,
  profile: ProfileState,
  others: readonly CardState[],
  restored: readonly RestoredGroup[],
): Promise<void> {
  if (restored.length === 0) return;
  const groups: Record<string, Json> = { ...profile.groups };
  const provenance: Record<string, string> = {};
  for (const [group, source] of Object.entries(profile.provenance)) {
    if (source !== undefined) provenance[group] = source;
  }
  for (const { group, value, source } of restored) {
    groups[group] = value;
    if (source === null) Reflect.deleteProperty(provenance, group);
    else provenance[group] = source;
  }
  await scope.tx.$executeRaw`
    UPDATE profiles
       SET given_name = ${partOf(groups.name, 'given')}, family_name = ${partOf(groups.name, 'family')},
           email = ${groups.email}, phone_e164 = ${groups.phone}, provenance = ${JSON.stringify(provenance)}::jsonb
     WHERE business_id = ${scope.businessId}::uuid AND id = ${profile.id}::uuid`;
  await settleOthers(scope, profile.id, others, restored);
}

/** The cards that stay are in step with what was put back: nobody has edited it (R7a). */
async function settleOthers(
  scope: ApplyScope,
  profileId: string,
  others: readonly CardState[],
  restored: readonly RestoredGroup[],
): Promise<void> {
  const after = await lockProfile(scope, profileId);
  if (after === null) return;
  for (const other of others) {
    const inStep = restored.filter(
      ({ group, value, source }) =>
        source === other.externalId || sameValue(other.baseOurs[group] ?? null, value),
    );
    if (inStep.length === 0) continue;
    const ours = Object.fromEntries(inStep.map(({ group, value }) => [group, value]));
    const theirs = Object.fromEntries(
      inStep
        .filter(({ source }) => source === other.externalId)
        .map(({ group }) => [group, other.remote[group] ?? null]),
    );
    const counters = Object.fromEntries(inStep.map(({ group }) => [group, after.counters[group] ?? 0]));
    await scope.tx.$executeRaw`
      UPDATE external_clients
         SET base_ours = base_ours || ${JSON.stringify(ours)}::jsonb,
             base_theirs = base_theirs || ${JSON.stringify(theirs)}::jsonb,
             base_counters = base_counters || ${JSON.stringify(counters)}::jsonb, updated_at = now()
       WHERE business_id = ${scope.businessId}::uuid AND external_id = ${other.externalId}`;
  }
}

/** What the card and the profile disagreed on is no question any more. */
async function closeDisputes(scope: ApplyScope, profileId: string, externalId: string): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE booksy_sync_conflicts SET status = 'closed', resolution = 'unmerged', resolved_at = now(), updated_at = now()
     WHERE business_id = ${scope.businessId}::uuid AND entity = 'profile' AND record_id = ${profileId}::uuid
       AND external_id = ${externalId} AND status = 'open'`;
}

/** The card's former profile, as it was; null where it was not removed then and is gone now. */
async function backToPrevious(
  scope: ApplyScope,
  card: CardState,
  previous: PreviousStanding,
): Promise<string | null> {
  const standing = await lockProfile(scope, previous.profileId);
  if (standing === null) {
    if (previous.row === null) return null;
    // The version moves on, so that nobody takes it for the row that was read before it went.
    await restoreProfile(scope, { ...previous.row, row_version: Number(previous.row.row_version ?? 0) + 1 });
    noteAudit(scope, [
      {
        action: 'created',
        entity: 'profile',
        recordId: previous.profileId,
        externalId: card.externalId,
        reasonCode: 'decided_unmerge',
        groups: [],
      },
    ]);
  }
  await scope.tx.$executeRaw`
    UPDATE external_clients
       SET profile_id = ${previous.profileId}::uuid, base_theirs = ${JSON.stringify(previous.baseTheirs)}::jsonb,
           base_ours = ${JSON.stringify(previous.baseOurs)}::jsonb,
           base_counters = ${JSON.stringify(previous.baseCounters)}::jsonb,
           -- What Booksy changed meanwhile is news for this profile: planned with the next read.
           remote_hash = CASE WHEN remote_hash = ${previous.remoteHash} THEN remote_hash ELSE '' END,
           is_primary = ${previous.isPrimary} AND NOT EXISTS (
             SELECT FROM external_clients o WHERE o.profile_id = ${previous.profileId}::uuid AND o.is_primary),
           updated_at = now()
     WHERE business_id = ${scope.businessId}::uuid AND external_id = ${card.externalId}`;
  return previous.profileId;
}

/** A profile of its own for a card that never had one here. */
async function newProfile(scope: ApplyScope, card: CardState): Promise<string> {
  await reopenMirror(scope, card, card.profileId);
  const { recordIds } = await createRecords(scope, clientBinding, [seenCard(scope, card)]);
  const profileId = recordIds[0];
  if (profileId === undefined) throw new Error(`No profile was made for card ${card.externalId}.`);
  if (!card.live) {
    await scope.tx.$executeRaw`
      UPDATE external_clients SET gone_at = ${scope.now}::timestamptz
       WHERE business_id = ${scope.businessId}::uuid AND external_id = ${card.externalId}`;
  }
  return profileId;
}
