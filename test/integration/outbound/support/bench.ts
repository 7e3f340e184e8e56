import { it } from 'vitest';
import type { CellId } from './matrix.ts';
import { startRig, type OutboundRig } from './rig.ts';

/** What the cells of the matrix share: one salon, and which of them were proven. */
export interface MatrixBench {
  readonly rig: OutboundRig;
  readonly proven: ReadonlySet<string>;
  start(): Promise<void>;
  /** One cell of the matrix. */
  cell(id: CellId, what: string, run: () => Promise<void>, timeoutMs?: number): void;
  asSalon(method: string, rest: string, body?: unknown): Promise<Record<string, unknown>>;
  /** Booksy's id of a record. */
  linked(table: string, column: string, recordId: string): Promise<string>;
  one<T extends object>(text: string, values?: readonly unknown[]): Promise<T>;
}

export function createBench(): MatrixBench {
  let rig: OutboundRig | undefined;
  const proven = new Set<string>();
  const started = (): OutboundRig => {
    if (rig === undefined) throw new Error('The bench was not started.');
    return rig;
  };
  return {
    get rig() {
      return started();
    },
    proven,
    async start() {
      rig = await startRig();
      await openTheWayOut(rig);
    },
    cell(id, what, run, timeoutMs = 30_000) {
      const prove = async () => {
        await run();
        proven.add(id);
      };
      it(`${id}: ${what}`, prove, timeoutMs);
    },
    asSalon: async (method, rest, body) =>
      (await started().engine.simulator.asSalon(
        method,
        `/business/${started().salon}/${rest}`,
        body,
      )) as Record<string, unknown>,
    async linked(table, column, recordId) {
      const rows = await started().sql<{ external_id: string }>(
        `SELECT external_id FROM ${table} WHERE ${column} = $1 AND gone_at IS NULL`,
        [recordId],
      );
      return rows[0]?.external_id ?? '';
    },
    async one<T extends object>(text: string, values: readonly unknown[] = []): Promise<T> {
      const [row] = await started().sql<T>(text, values);
      if (row === undefined) throw new Error(`Nothing found by ${text}`);
      return row;
    },
  };
}

/** The owner lets services and variants go out, and cards be made (R8). */
export async function openTheWayOut(rig: OutboundRig): Promise<void> {
  await rig.sql(
    `INSERT INTO sync_rules (business_id, id, name, source_system, priority, conditions, actions, directions)
     VALUES ($1, 'open', 'Everything goes out', 'both', 50, $2, $3, $4)`,
    [
      rig.businessId,
      { bufferTimes: { before: 0, after: 0 }, maxAdvanceBooking: 365 },
      { syncAvailability: true, autoResolveConflicts: false, notifyAdmin: true },
      { 'service.*': 'both', 'variant.*': 'both', 'profile.*': 'both', 'hours.*': 'both' },
    ],
  );
}
