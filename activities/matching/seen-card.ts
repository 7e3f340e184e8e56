import { z } from 'zod';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { vaultContext } from '../../infra/crypto.ts';
import type { ApplyScope } from '../apply/scope.ts';
import type { CardState } from './profiles.ts';

const unknownFields = z.record(z.string(), z.json());

/** A card as it was last observed, for planning it against another profile without reading it again. */
export function seenCard(scope: ApplyScope, card: CardState): SeenRecord {
  return {
    externalId: card.externalId,
    theirs: card.remote,
    // A card's groups are values, not references: they read the same on both sides.
    here: card.remote,
    unread: [],
    unresolved: [],
    unknown: unknownOf(scope, card),
    interval: card.interval,
  };
}

function unknownOf(scope: ApplyScope, card: CardState): SeenRecord['unknown'] {
  if (card.sealedExtra === null) return null;
  const place = vaultContext({
    tenant: scope.businessId,
    table: 'external_clients',
    column: 'sealed_extra',
    row: card.externalId,
  });
  return unknownFields.parse(JSON.parse(scope.vault.open(card.sealedExtra, place).toString('utf8')));
}

/**
 * Lets the mirror row of a card be written anew from what it holds itself: `writeMirror` takes an observation only if it
 * is newer than the last one (R1), and this one is the last one.
 */
export async function reopenMirror(scope: ApplyScope, card: CardState, profileId: string): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE external_clients
       SET profile_id = ${profileId}::uuid, is_primary = false,
           observed_received_at = observed_sent_at - interval '1 second'
     WHERE business_id = ${scope.businessId}::uuid AND external_id = ${card.externalId}`;
}
