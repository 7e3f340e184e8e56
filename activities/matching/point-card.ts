import { changeRecords } from '../apply/change-records.ts';
import { clientBinding } from '../apply/client-binding.ts';
import { noteAudit } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { sealBefore } from './before.ts';
import { cardText } from './card-text.ts';
import { settlePrimary, type CardState, type ProfileState } from './profiles.ts';
import { repointVisits } from './repoint-visits.ts';
import { reopenMirror, seenCard } from './seen-card.ts';
import { removeIfSpare } from './spare-profile.ts';
import { sealCardIfMissing } from './write-mappings.ts';

export interface PointCard {
  /** The row of the mapping list that remembers how to undo it. */
  readonly mappingId: string;
  readonly card: CardState;
  readonly from: ProfileState;
  readonly to: ProfileState;
  readonly reasonCode: 'decided_link' | 'merged_at_booksy';
  readonly actor: string;
}

/**
 * Points a card at another profile (R38): its visits go along, its values meet those of the other profile as at a first
 * contact, and the profile that it leaves goes if it existed for this card only. What was before is remembered, so that an
 * un-merge can put it back.
 *
 * @returns how many visits moved
 */
export async function pointCard(scope: ApplyScope, move: PointCard): Promise<number> {
  const { card, from, to, actor, reasonCode } = move;
  const visits = await repointVisits(scope, {
    externalId: card.externalId,
    from: from.id,
    to: to.id,
    whose: 'shown',
    reasonCode,
    actor,
  });
  await reopenMirror(scope, card, to.id);
  if (card.live) {
    await changeRecords(
      scope,
      clientBinding,
      [{ seen: seenCard(scope, card), recordId: to.id, mirror: null }],
      () => false,
    );
  }
  await settlePrimary(scope, to.id);
  await settlePrimary(scope, from.id);
  const removed = await removeIfSpare(scope, from, card, actor);
  await sealBefore(scope, [
    {
      mappingId: move.mappingId,
      before: {
        groups: to.groups,
        provenance: definedOf(to.provenance),
        previous: {
          profileId: from.id,
          row: removed ? from.row : null,
          isPrimary: card.isPrimary,
          baseTheirs: card.baseTheirs,
          baseOurs: card.baseOurs,
          baseCounters: card.baseCounters,
          remoteHash: card.remoteHash,
        },
      },
    },
  ]);
  await sealCardIfMissing(scope, move.mappingId, cardText(scope, 'profile', seenCard(scope, card)));
  noteAudit(scope, [
    {
      action: 'merged',
      entity: 'profile',
      recordId: to.id,
      externalId: card.externalId,
      reasonCode,
      groups: [],
      actor,
    },
  ]);
  return visits;
}

function definedOf(provenance: ProfileState['provenance']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(provenance).flatMap(([group, card]) => (card === undefined ? [] : [[group, card]])),
  );
}
