import { HOUSEHOLD_MAX, type Sharing } from './contacts.ts';
import { compareNames, type NameParts } from './names.ts';

/** One record with a contact, as the question of sharing sees it. */
export interface Carrier {
  readonly id: string;
  readonly name: NameParts;
}

/** Who on one side carries one e-mail or phone. */
export interface Carriers {
  readonly visible: readonly Carrier[];
  /** As the facts say; more than the visible ones where not all are part of the call. */
  readonly known: number;
}

/**
 * How a contact in which a card and a profile agree is shared. It is nobody else's where all others who carry it bear the same
 * name (second cards, doubles); it is a household's whose members are known where they all bear clearly other given names.
 */
export function sharingOf(card: Carrier, theirs: Carriers, profile: Carrier, ours: Carriers): Sharing {
  const most = Math.max(theirs.known, ours.known, theirs.visible.length, ours.visible.length);
  if (most <= 1) return 'alone';
  if (most > HOUSEHOLD_MAX) return 'many';
  if (theirs.visible.length < theirs.known || ours.visible.length < ours.known) return 'several';
  const others = [
    ...theirs.visible.filter((other) => other !== card),
    ...ours.visible.filter((other) => other !== profile),
  ];
  const standings = others.map((other) => standingOf(other.name, card.name, profile.name));
  if (standings.includes('unclear')) return 'several';
  return standings.includes('somebody_else') ? 'family' : 'alone';
}

/** Whether another carrier is the same person once more, clearly somebody else, or cannot be told. */
function standingOf(
  other: NameParts,
  card: NameParts,
  profile: NameParts,
): 'same_person' | 'somebody_else' | 'unclear' {
  const agreements = [compareNames(other, card), compareNames(other, profile)];
  if (agreements.every(({ given }) => given === 'differs')) return 'somebody_else';
  const isSame = agreements.every(
    ({ given, family }) =>
      (given === 'same' || given === 'short_form') && (family === 'same' || family === 'overlap'),
  );
  return isSame ? 'same_person' : 'unclear';
}
