/**
 * First contact: which records of theirs are which of ours (SPEC 3.7, R38). Pure; the same input in any order gives the same
 * decisions. What is sure is linked, what is plausible waits for a person, the rest is new.
 */
export { MAX_CANDIDATES } from './assign.ts';
export { HOUSEHOLD_MAX } from './contacts.ts';
export { foldText } from './fold.ts';
export { matchClients } from './match-clients.ts';
export { explain, isMatchReason, MATCH_REASONS, type MatchReason } from './reasons.ts';
export { LINK_SCORE, UNSURE_SCORE } from './scale.ts';
export { matchServices, matchVariants } from './score-services.ts';
export { matchNamed, matchStaff } from './score-staff.ts';
export {
  MATCH_VERDICTS,
  type ClientFacts,
  type MatchCandidateRef,
  type MatchDecision,
  type MatchVerdict,
  type NamedFacts,
  type OfferFacts,
  type ServiceFacts,
  type StaffFacts,
  type VariantFacts,
} from './types.ts';
