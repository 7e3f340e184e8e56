import type { MatchReason } from './reasons.ts';

/** A record of ours that a record of theirs may be. */
export interface MatchCandidateRef {
  readonly recordId: string;
  /** 0..1; more evidence never lowers it. From LINK_SCORE on it is sure, from UNSURE_SCORE on plausible. */
  readonly score: number;
  /** The evidence, for and against. */
  readonly reasons: readonly MatchReason[];
}

/** `unsure`: a person must look, nothing is made. `none`: a new record; candidates then are possible doubles. */
export const MATCH_VERDICTS = ['link', 'unsure', 'none'] as const;
export type MatchVerdict = (typeof MATCH_VERDICTS)[number];

/** What becomes of one record of theirs that was never seen before. */
export interface MatchDecision {
  readonly externalId: string;
  readonly verdict: MatchVerdict;
  /** The record to link with; null unless the verdict is `link`. */
  readonly recordId: string | null;
  /** Of the best candidate; 0 where there is none. */
  readonly score: number;
  /** Why this verdict. */
  readonly reason: MatchReason;
  /** Best first, at most MAX_CANDIDATES. */
  readonly candidates: readonly MatchCandidateRef[];
}

/** A Booksy card, or a profile of ours. */
export interface ClientFacts {
  readonly id: string;
  readonly given: string;
  readonly family: string;
  /** Trimmed and lower-cased. */
  readonly email: string | null;
  /** E.164. */
  readonly phone: string | null;
  /**
   * How many records of the same side carry this e-mail, this one included: live cards for a card, profiles for a
   * profile. 1 = nobody else; of no meaning without an e-mail.
   */
  readonly emailSharedBy: number;
  /** The same of the phone. */
  readonly phoneSharedBy: number;
  /** Profiles only: already the profile of another live card. */
  readonly linked: boolean;
}

/** One way a service is sold. */
export interface OfferFacts {
  readonly durationMinutes: number;
  /** Null = not stated (varying, hidden, from). */
  readonly priceMinor: number | null;
  readonly priceType: string;
  readonly label: string | null;
}

export interface ServiceFacts {
  readonly id: string;
  readonly name: string;
  readonly variants: readonly OfferFacts[];
  readonly linked: boolean;
}

export interface VariantFacts extends OfferFacts {
  readonly id: string;
  /** Our service; of their variant: the service of ours that theirs is linked with. */
  readonly serviceId: string;
  readonly linked: boolean;
}

export interface StaffFacts {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly linked: boolean;
}

/** A room or a category. */
export interface NamedFacts {
  readonly id: string;
  readonly name: string;
  readonly linked: boolean;
}
