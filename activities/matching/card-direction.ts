import { sameValue, type Json } from '../../domain/canonical.ts';
import type { Direction } from '../../domain/merge.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { CARD_COLUMNS, cardOf, isEmptyGroup, type CardRow, type CardState } from './profiles.ts';

/** Where a card stands among the cards of its profile. */
export interface CardStanding {
  readonly externalId: string;
  /** Whether another live card is the primary one, so that this one is a secondary. */
  readonly secondary: boolean;
  /** The other live cards of the profile. */
  readonly others: readonly Pick<CardState, 'externalId' | 'baseOurs'>[];
  /** The profile now, and which card each group came from. */
  readonly ours: { readonly [group: string]: Json };
  readonly provenance: { readonly [group: string]: string };
}

/**
 * Many cards may be one profile, and one of them is the primary (R38). A secondary card speaks only for what came from it
 * and for what nobody has filled. What the primary finds filled from another card, and untouched since, it may replace
 * without asking: no person wrote it here.
 */
export function directionForCard(standing: CardStanding, group: string): Direction {
  const value = standing.ours[group];
  const source = standing.provenance[group];
  if (standing.secondary) {
    return isEmptyGroup(value) || source === standing.externalId ? 'both' : 'never';
  }
  const filler = standing.others.find(({ externalId }) => externalId === source);
  return filler !== undefined && sameValue(filler.baseOurs[group], value) ? 'in' : 'both';
}

interface StandingRow extends CardRow {
  given_name: string;
  family_name: string;
  email: string | null;
  phone_e164: string | null;
  provenance: Record<string, string>;
}

/** Directions of cards that share their profile with others, by card; all other cards go by the usual ones. One statement. */
export async function cardDirections(
  scope: ApplyScope,
  changes: readonly { readonly seen: Pick<SeenRecord, 'externalId'>; readonly recordId: string }[],
): Promise<ReadonlyMap<string, (group: string) => Direction>> {
  if (changes.length === 0) return new Map();
  const profileIds = [...new Set(changes.map(({ recordId }) => recordId))];
  const rows = await scope.tx.$queryRaw<StandingRow[]>`
    SELECT ${CARD_COLUMNS}, p.given_name, p.family_name, p.email, p.phone_e164, p.provenance
      FROM external_clients c JOIN profiles p ON p.id = c.profile_id
     WHERE c.business_id = ${scope.businessId}::uuid AND c.profile_id = ANY(${profileIds}::uuid[])
       AND c.gone_at IS NULL
       AND NOT (c.is_primary AND c.external_id = ANY(${changes.map(({ seen }) => seen.externalId)}::text[])
                AND NOT EXISTS (SELECT FROM external_clients o WHERE o.profile_id = c.profile_id
                                   AND o.external_id <> c.external_id AND o.gone_at IS NULL))`;
  const byProfile = new Map<string, StandingRow[]>();
  for (const row of rows) byProfile.set(row.profile_id, [...(byProfile.get(row.profile_id) ?? []), row]);

  return new Map(
    changes.flatMap(({ seen, recordId }): readonly [string, (group: string) => Direction][] => {
      const cards = byProfile.get(recordId) ?? [];
      const others = cards.filter((card) => card.external_id !== seen.externalId);
      const first = others[0];
      if (first === undefined) return [];
      const standing: CardStanding = {
        externalId: seen.externalId,
        secondary: others.some((card) => card.is_primary),
        others: others.map(cardOf),
        ours: {
          name: { given: first.given_name, family: first.family_name },
          email: first.email,
          phone: first.phone_e164,
        },
        provenance: first.provenance,
      };
      return [[seen.externalId, (group) => directionForCard(standing, group)]];
    }),
  );
}
