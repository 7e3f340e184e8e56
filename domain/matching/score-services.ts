import { assign, type ScoredPair } from './assign.ts';
import { foldText, isSlip, wordKey, wordsOf } from './fold.ts';
import type { MatchReason } from './reasons.ts';
import { cappedUnless, gradeOf, scoreOf } from './scale.ts';
import type { MatchDecision, OfferFacts, ServiceFacts, VariantFacts } from './types.ts';

interface Evidence {
  readonly weight: number;
  readonly reason: MatchReason;
}

/**
 * Which service of ours each of theirs is: by name, durations and prices. The same name with another duration or price is
 * for a person; so is a similar name with the same offers.
 */
export function matchServices(
  theirs: readonly ServiceFacts[],
  ours: readonly ServiceFacts[],
): readonly MatchDecision[] {
  const pairs = theirs.flatMap((service) => ours.map((own) => scoreServices(service, own)));
  return assign({ externalIds: idsOf(theirs), pairs, linked: linkedOf(ours) });
}

/** Which variant of ours each of theirs is, among those of the service that theirs is linked with. */
export function matchVariants(
  theirs: readonly VariantFacts[],
  ours: readonly VariantFacts[],
): readonly MatchDecision[] {
  const pairs = theirs.flatMap((variant) =>
    ours.filter((own) => own.serviceId === variant.serviceId).map((own) => scoreVariants(variant, own)),
  );
  return assign({ externalIds: idsOf(theirs), pairs, linked: linkedOf(ours) });
}

function scoreServices(theirs: ServiceFacts, ours: ServiceFacts): ScoredPair {
  const name = compareServiceNames(theirs.name, ours.name);
  const offers = compareOffers(theirs.variants, ours.variants);
  const isSameOffer = offers.reason === 'offers_equal' || offers.reason === 'offers_overlap';
  const mayLink = name?.reason === 'name_same' && isSameOffer;
  const reasons = [name?.reason, offers.reason].filter((reason) => reason !== undefined);
  // Without anything in the name, offers say nothing: half of a price list lasts an hour.
  const weight = name === null ? 0 : cappedUnless(mayLink, name.weight + offers.weight);
  const whyUnsure = isSameOffer || offers.reason === 'offers_unknown' ? 'weak_evidence' : 'offer_differs';
  return pairOf(theirs.id, ours.id, weight, reasons, 'sure_offer', whyUnsure);
}

/** Null where the names have too little in common. */
function compareServiceNames(theirs: string, ours: string): Evidence | null {
  const [left, right] = [wordsOf(theirs), wordsOf(ours)];
  if (left.length === 0 || right.length === 0) return null;
  if (wordKey(left) === wordKey(right)) return { weight: 2.6, reason: 'name_same' };
  const isIn = (word: string, words: readonly string[]) =>
    words.some((other) => other === word || isSlip(word, other));
  const [fewer, more] = left.length <= right.length ? [left, right] : [right, left];
  const common = fewer.filter((word) => isIn(word, more)).length;
  return common * 2 > more.length || common === fewer.length ? { weight: 1.2, reason: 'name_similar' } : null;
}

function compareOffers(theirs: readonly OfferFacts[], ours: readonly OfferFacts[]): Evidence {
  if (theirs.length === 0 || ours.length === 0) return { weight: 0, reason: 'offers_unknown' };
  const [fewer, more] = theirs.length <= ours.length ? [theirs, ours] : [ours, theirs];
  if (isWithin(fewer, more, offerKey)) {
    return fewer.length === more.length
      ? { weight: 2.6, reason: 'offers_equal' }
      : { weight: 2.4, reason: 'offers_overlap' };
  }
  return isWithin(fewer, more, ({ durationMinutes }) => String(durationMinutes))
    ? { weight: 0.6, reason: 'offers_price_differs' }
    : { weight: -0.5, reason: 'offers_differ' };
}

/** Whether each of the fewer has one of its own among the more. */
function isWithin(
  fewer: readonly OfferFacts[],
  more: readonly OfferFacts[],
  keyOf: (offer: OfferFacts) => string,
): boolean {
  const left = more.map(keyOf);
  return fewer.every((offer) => {
    const found = left.indexOf(keyOf(offer));
    if (found >= 0) left.splice(found, 1);
    return found >= 0;
  });
}

/** "From 100" is not "100". */
function offerKey({ durationMinutes, priceMinor, priceType }: OfferFacts): string {
  return `${String(durationMinutes)}/${priceType}/${priceMinor === null ? '-' : String(priceMinor)}`;
}

function scoreVariants(theirs: VariantFacts, ours: VariantFacts): ScoredPair {
  const isSameDuration = theirs.durationMinutes === ours.durationMinutes;
  const isSamePrice = theirs.priceMinor === ours.priceMinor && theirs.priceType === ours.priceType;
  const duration: Evidence = isSameDuration
    ? { weight: 1.6, reason: 'duration_equal' }
    : { weight: -0.4, reason: 'duration_differs' };
  const price: Evidence = isSamePrice
    ? { weight: 1.6, reason: 'price_equal' }
    : { weight: -0.6, reason: 'price_differs' };
  const label = compareLabels(theirs.label, ours.label);
  const mayLink = isSameDuration && isSamePrice && label.reason !== 'label_differs';
  return pairOf(
    theirs.id,
    ours.id,
    cappedUnless(mayLink, duration.weight + price.weight + label.weight),
    [duration.reason, price.reason, label.reason],
    'sure_offer',
    mayLink ? 'weak_evidence' : 'offer_differs',
  );
}

function compareLabels(theirs: string | null, ours: string | null): Evidence {
  const [left, right] = [foldText(theirs ?? ''), foldText(ours ?? '')];
  if (left === '' && right === '') return { weight: 1.8, reason: 'label_missing' };
  if (left === '' || right === '') return { weight: 1.7, reason: 'label_missing' };
  return wordKey(left.split(' ')) === wordKey(right.split(' '))
    ? { weight: 3, reason: 'label_equal' }
    : { weight: -1, reason: 'label_differs' };
}

function pairOf(
  externalId: string,
  recordId: string,
  weight: number,
  reasons: readonly MatchReason[],
  whySure: MatchReason,
  whyUnsure: MatchReason,
): ScoredPair {
  const score = scoreOf(weight);
  const isSure = gradeOf(score) === 'link';
  return {
    externalId,
    recordId,
    weight,
    score,
    reasons,
    verdictReason: isSure ? whySure : whyUnsure,
    possibleDouble: isSure,
  };
}

function idsOf(records: readonly { readonly id: string }[]): readonly string[] {
  return records.map(({ id }) => id);
}

function linkedOf(ours: readonly { readonly id: string; readonly linked: boolean }[]): ReadonlySet<string> {
  return new Set(ours.filter(({ linked }) => linked).map(({ id }) => id));
}
