/** Phases of a full sync, in their order. Windows of visits: the near future first, because a client may be on the way. */
export const FULL_SYNC_PHASES = ['catalog', 'staff_and_hours', 'clients', 'visits', 'push'] as const;
export type FullSyncPhase = (typeof FULL_SYNC_PHASES)[number];

/** `apply`, or `dry_run`: everything is read and planned, nothing is written (SPEC 3.3). */
export const SYNC_MODES = ['apply', 'dry_run'] as const;
export type SyncMode = (typeof SYNC_MODES)[number];

/** Answer of the `progress` query of a full sync. */
export interface FullSyncProgress {
  readonly phase: FullSyncPhase | 'starting' | 'finishing' | 'done';
  /** Window of visits that is walked, where the phase has windows. */
  readonly windowKey: string | null;
  readonly rowsDone: number;
  /** Rows that the other side announced, or that the pass before it counted where a list was not opened yet. */
  readonly rowsTotal: number;
  /** False while a list is still to be opened of which nobody knows the length: then `rowsTotal` will grow. */
  readonly totalIsKnown: boolean;
  readonly startedAt: string;
  /** A dry run plans and writes nothing. */
  readonly mode: SyncMode;
  /** Held by a person, the run itself or its business (R30). */
  readonly paused: boolean;
  /** Seconds still to go by the pace so far; null while there is nothing to judge by. */
  readonly etaSeconds: number | null;
}

/** Seconds still to go at the pace of the rows so far; null before the first row. */
export function etaSeconds(rowsDone: number, rowsTotal: number, elapsedMs: number): number | null {
  if (rowsDone <= 0 || elapsedMs <= 0) return null;
  const left = Math.max(0, rowsTotal - rowsDone);
  return Math.ceil((left * elapsedMs) / rowsDone / 1000);
}

/** One list of a run: how far it is, and how long it is. */
export interface WalkProgress {
  readonly rowsDone: number;
  /** Null until its first page has come. */
  readonly rowsTotal: number | null;
  /** What the last pass counted; null where there was none. */
  readonly rowsExpected: number | null;
}

/** All lists of a run together. Seconds to go are told once the length of every list is known or expected. */
export function summariseWalks(
  walks: readonly WalkProgress[],
  elapsedMs: number,
): Pick<FullSyncProgress, 'rowsDone' | 'rowsTotal' | 'totalIsKnown' | 'etaSeconds'> {
  const lengthOf = (walk: WalkProgress) => walk.rowsTotal ?? walk.rowsExpected;
  const rowsDone = walks.reduce((sum, walk) => sum + walk.rowsDone, 0);
  const rowsTotal = walks.reduce((sum, walk) => sum + (lengthOf(walk) ?? 0), 0);
  const totalIsKnown = walks.every((walk) => lengthOf(walk) !== null);
  return {
    rowsDone,
    rowsTotal,
    totalIsKnown,
    etaSeconds: totalIsKnown ? etaSeconds(rowsDone, rowsTotal, elapsedMs) : null,
  };
}
