import { canonicalJson } from '../../domain/canonical.ts';
import { WALK_START, type WalkCursor } from '../../domain/walk.ts';
import { SupersededError } from './run-ref.ts';

/** Where a run stands, kept in its own row and moved in the same transaction as the work that it covers. */
export interface RunCursor {
  /** Steps that are done as a whole. */
  readonly steps: readonly string[];
  /** List passes, by window. */
  readonly walks: { readonly [windowKey: string]: WalkCursor };
  /** List passes that have ended and whose missing or cancelled records are still to be settled (R3). */
  readonly unsettled?: readonly string[];
  /** List passes that have ended and prove what they saw (R2). */
  readonly complete?: readonly string[];
}

export const FRESH_CURSOR: RunCursor = { steps: [], walks: {} };

/** What a step is about to do, checked under the run's lock. */
export type Claim =
  | { readonly step: string }
  | { readonly walk: string; readonly from: WalkCursor }
  | { readonly settle: string }
  | null;

/**
 * Refuses to do a thing a second time: a worker that was thought dead may still be at it.
 * @throws SupersededError
 */
export function claimed(cursor: RunCursor, claim: Claim): void {
  if (claim === null) return;
  if ('step' in claim && cursor.steps.includes(claim.step)) {
    throw new SupersededError(`Another attempt has done the step ${claim.step}.`);
  }
  if ('settle' in claim && !isUnsettled(cursor, claim.settle)) {
    throw new SupersededError(`Another attempt has settled the walk ${claim.settle}.`);
  }
  if ('walk' in claim && !standsAt(cursor, claim.walk, claim.from)) {
    throw new SupersededError(`Another attempt has moved the walk ${claim.walk} on.`);
  }
}

function standsAt(cursor: RunCursor, windowKey: string, from: WalkCursor): boolean {
  return canonicalJson({ ...(cursor.walks[windowKey] ?? WALK_START) }) === canonicalJson({ ...from });
}

/** The cursor with one more step done. */
export function withStep(cursor: RunCursor, step: string): RunCursor {
  return { ...cursor, steps: [...cursor.steps, step] };
}

/** The cursor with a walk moved on. */
export function withWalk(cursor: RunCursor, windowKey: string, walk: WalkCursor): RunCursor {
  return { ...cursor, walks: { ...cursor.walks, [windowKey]: walk } };
}

/** Whether a walk has ended with records still to be settled. */
export function isUnsettled(cursor: RunCursor, windowKey: string): boolean {
  return cursor.unsettled?.includes(windowKey) ?? false;
}

/** The cursor with a walk's missing and cancelled records noted as still to be settled, or as settled. */
export function withUnsettled(cursor: RunCursor, windowKey: string, unsettled: boolean): RunCursor {
  const others = (cursor.unsettled ?? []).filter((key) => key !== windowKey);
  return { ...cursor, unsettled: unsettled ? [...others, windowKey] : others };
}

/** The cursor with an ended walk's verdict: whether it proves what it saw. */
export function withComplete(cursor: RunCursor, windowKey: string, complete: boolean): RunCursor {
  return complete ? { ...cursor, complete: [...(cursor.complete ?? []), windowKey] } : cursor;
}
