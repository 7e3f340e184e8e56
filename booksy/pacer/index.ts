export { mostCallsInWindow, pacePlan, USED_SHARE, type PacePlan, type RateLimit } from './arithmetic.ts';
export { createPacer, type Grant, type Pacer, type PacerCall, type PacerOptions } from './pacer.ts';
export { LANES, type Lane } from './statement.ts';
