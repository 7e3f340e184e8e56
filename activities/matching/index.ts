/**
 * Which Booksy record is which of ours (SPEC 3.7, R38): decided on first contact, remembered in the mapping list, carried
 * out and taken apart again as people decide.
 */
export { rememberBefore } from './before.ts';
export { cardDirections } from './card-direction.ts';
export { carryOut, type CarriedOut } from './carry-out.ts';
export { matchFresh, type Matched } from './match-fresh.ts';
export { mergedCards } from './merged-cards.ts';
export { settleWaiting, type Listed } from './waiting.ts';
