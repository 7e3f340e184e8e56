import { sameValue, type Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { Interval } from '../../domain/observed.ts';
import type { EditCounters } from '../../domain/plan.ts';
import { Prisma } from '../../infra/database/index.ts';
import type { ApplyScope } from '../apply/scope.ts';

/** Profiles and the cards that point at them, as merging and un-merging needs them (R38). */

/** The groups of a profile that a card can speak for. */
export const PROFILE_GROUPS = ['name', 'email', 'phone'] as const;
export type ProfileGroup = (typeof PROFILE_GROUPS)[number];

export interface ProfileState {
  readonly id: string;
  readonly groups: Readonly<Record<ProfileGroup, Json>>;
  /** Group → card that its value came from. */
  readonly provenance: Readonly<Partial<Record<string, string>>>;
  readonly counters: EditCounters;
  /** The whole row, the platform's own columns included. */
  readonly row: { readonly [column: string]: Json };
}

/** A Booksy card as the mirror holds it. */
export interface CardState {
  readonly externalId: string;
  readonly profileId: string;
  readonly isPrimary: boolean;
  /** Not gone at Booksy. */
  readonly live: boolean;
  readonly remote: GroupStates;
  readonly remoteHash: string;
  readonly baseTheirs: GroupStates;
  readonly baseOurs: GroupStates;
  readonly baseCounters: EditCounters;
  readonly sealedExtra: Uint8Array | null;
  readonly interval: Interval;
}

export interface CardRow {
  external_id: string;
  profile_id: string;
  is_primary: boolean;
  live: boolean;
  remote: GroupStates;
  remote_hash: string;
  base_theirs: GroupStates;
  base_ours: GroupStates;
  base_counters: EditCounters;
  sealed_extra: Uint8Array | null;
  observed_sent_at: Date;
  observed_received_at: Date;
}

/** The columns of {@link CardRow} of the table or alias `c`. */
export const CARD_COLUMNS =
  Prisma.raw(`c.external_id, c.profile_id, c.is_primary, c.gone_at IS NULL AS live, c.remote,
  c.remote_hash, c.base_theirs, c.base_ours, c.base_counters, c.sealed_extra, c.observed_sent_at, c.observed_received_at`);

/** Whether a group holds nothing: null, or a name without a letter. */
export function isEmptyGroup(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  return sameValue(value, EMPTY_NAME);
}

const EMPTY_NAME = { given: '', family: '' };

/** A group's value where nothing is known. */
export function emptyGroup(group: ProfileGroup): Json {
  return group === 'name' ? EMPTY_NAME : null;
}

/** Locks a profile and tells what it is; null where it is not there. */
export async function lockProfile(scope: ApplyScope, profileId: string): Promise<ProfileState | null> {
  const rows = await scope.tx.$queryRaw<{ row: { [column: string]: Json } }[]>`
    SELECT to_jsonb(p) AS row FROM profiles p
     WHERE p.business_id = ${scope.businessId}::uuid AND p.id = ${profileId}::uuid FOR UPDATE`;
  const row = rows[0]?.row;
  if (row === undefined) return null;
  return {
    id: profileId,
    groups: {
      name: { given: row.given_name ?? '', family: row.family_name ?? '' },
      email: row.email ?? null,
      phone: row.phone_e164 ?? null,
    },
    provenance: provenanceOf(row.provenance),
    counters: {
      name: Number(row.name_edits ?? 0),
      email: Number(row.email_edits ?? 0),
      phone: Number(row.phone_edits ?? 0),
    },
    row,
  };
}

function provenanceOf(value: Json | undefined): ProfileState['provenance'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([group, card]) => (typeof card === 'string' ? [[group, card]] : [])),
  );
}

/** Locks one card; null where the mirror does not know it, or it is linked with nothing. */
export async function lockCard(scope: ApplyScope, externalId: string): Promise<CardState | null> {
  const rows = await scope.tx.$queryRaw<CardRow[]>`
    SELECT ${CARD_COLUMNS} FROM external_clients c
     WHERE c.business_id = ${scope.businessId}::uuid AND c.external_id = ${externalId} AND c.profile_id IS NOT NULL
       FOR UPDATE`;
  return rows[0] === undefined ? null : cardOf(rows[0]);
}

/** The cards of a profile but one: the live ones first, and of these the one that speaks for it. */
export async function otherCards(
  scope: ApplyScope,
  profileId: string,
  externalId: string,
): Promise<readonly CardState[]> {
  const rows = await scope.tx.$queryRaw<CardRow[]>`
    SELECT ${CARD_COLUMNS} FROM external_clients c
     WHERE c.business_id = ${scope.businessId}::uuid AND c.profile_id = ${profileId}::uuid
       AND c.external_id <> ${externalId}
     ORDER BY (c.gone_at IS NULL) DESC, c.is_primary DESC, c.created_at, c.external_id`;
  return rows.map(cardOf);
}

export function cardOf(row: CardRow): CardState {
  return {
    externalId: row.external_id,
    profileId: row.profile_id,
    isPrimary: row.is_primary,
    live: row.live,
    remote: row.remote,
    remoteHash: row.remote_hash,
    baseTheirs: row.base_theirs,
    baseOurs: row.base_ours,
    baseCounters: row.base_counters,
    sealedExtra: row.sealed_extra,
    interval: {
      sentAt: row.observed_sent_at.toISOString(),
      receivedAt: row.observed_received_at.toISOString(),
    },
  };
}

/** One card of each profile speaks for it: the oldest that is left, where the one that did has gone elsewhere. */
export async function settlePrimary(scope: ApplyScope, profileId: string): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE external_clients SET is_primary = true, updated_at = now()
     WHERE business_id = ${scope.businessId}::uuid
       AND external_id = (SELECT c.external_id FROM external_clients c
                           WHERE c.business_id = ${scope.businessId}::uuid AND c.profile_id = ${profileId}::uuid
                             AND c.gone_at IS NULL
                           ORDER BY c.created_at, c.external_id LIMIT 1)
       AND NOT EXISTS (SELECT FROM external_clients o WHERE o.profile_id = ${profileId}::uuid AND o.is_primary)`;
}
