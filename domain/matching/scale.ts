/**
 * Evidence adds up as decimal logarithms of odds; a score is what becomes of the sum between 0 and 1. It orders candidates and
 * says which side of a threshold they are on; it is no measured probability.
 */

/** From this score on a match is sure enough to be made by itself. */
export const LINK_SCORE = 0.95;
/** From this score on a person should look. */
export const UNSURE_SCORE = 0.5;
/** Sums at which the two scores are reached. */
const UNSURE_WEIGHT = 2;
const LINK_WEIGHT = 4.9;
/** log10(0.95 / 0.05) over the distance of the two sums. */
const STEEPNESS = Math.log10(LINK_SCORE / (1 - LINK_SCORE)) / (LINK_WEIGHT - UNSURE_WEIGHT);
/** What a pair may reach at most where something that must be there for a link is not. */
const CAPPED_WEIGHT = 4.8;

export type Grade = 'link' | 'unsure' | 'none';

/** The sum of evidence, held below a link where one is ruled out however much agrees. */
export function cappedUnless(mayLink: boolean, weight: number): number {
  return mayLink ? weight : Math.min(weight, CAPPED_WEIGHT);
}

/** The score of a sum of evidence, 0..1 with four places. */
export function scoreOf(weight: number): number {
  const score = 1 / (1 + 10 ** ((UNSURE_WEIGHT - weight) * STEEPNESS));
  return Math.round(score * 10_000) / 10_000;
}

export function gradeOf(score: number): Grade {
  if (score >= LINK_SCORE) return 'link';
  return score >= UNSURE_SCORE ? 'unsure' : 'none';
}
