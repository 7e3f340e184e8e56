/** Phases of a full sync, in their order. Windows of visits: the near future first, because a client may be on the way. */
export const FULL_SYNC_PHASES = ['catalog', 'staff_and_hours', 'clients', 'visits'] as const;
export type FullSyncPhase = (typeof FULL_SYNC_PHASES)[number];

/** Answer of the `progress` query of a full sync. */
export interface FullSyncProgress {
  readonly phase: FullSyncPhase | 'starting' | 'finishing' | 'done';
  /** Window of visits that is walked, where the phase has windows. */
  readonly windowKey: string | null;
  readonly rowsDone: number;
  /** Rows that the other side announced so far; grows while windows are opened. */
  readonly rowsTotal: number;
  readonly startedAt: string;
  /** Seconds still to go by the pace so far; null while there is nothing to judge by. */
  readonly etaSeconds: number | null;
}

/** Seconds still to go at the pace of the rows so far; null before the first row. */
export function etaSeconds(rowsDone: number, rowsTotal: number, elapsedMs: number): number | null {
  if (rowsDone <= 0 || elapsedMs <= 0) return null;
  const left = Math.max(0, rowsTotal - rowsDone);
  return Math.ceil((left * elapsedMs) / rowsDone / 1000);
}
