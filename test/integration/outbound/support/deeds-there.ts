import type { MatrixBench } from './bench.ts';
import { wednesday } from './days.ts';

/** Days of what the salon does, each its own. */
export const CUSTOM_DAY = wednesday(5);
export const VISIT_DAY = wednesday(8);
export const BLOCK_DAY = wednesday(9);
export const OFF_DAY = wednesday(10);
export const CANCEL_DAY = wednesday(11);

/** What the salon did there, and the ids of what it did it to. */
export interface DoneThere {
  readonly visit: string;
  readonly client: string;
  readonly service: string;
  readonly variant: string;
  readonly timeOff: string;
  readonly reservation: string;
  readonly category: string;
  readonly staff: string;
  readonly room: string;
}

/** What the cells of the way in share: what the salon has made, and how it looks here. */
export interface DeedsThere {
  /** Set by the first cells, looked at and changed by the others. */
  made: DoneThere | null;
  /** What was made. @throws Error where the cells that make it did not run */
  all(): DoneThere;
  /** The row here of what is mirrored under an id there. */
  rowOf(table: string, column: string, external: string): Promise<Record<string, unknown>>;
  customDay(): Promise<unknown>;
}

const MIRRORS: Readonly<Record<string, string>> = {
  bookings: 'external_bookings',
  profiles: 'external_clients',
  services: 'external_services',
  service_variants: 'external_services',
  service_categories: 'external_services',
  staff: 'external_staff',
  rooms: 'external_rooms',
  time_off: 'external_time_off',
};

export function createDeeds(bench: MatrixBench): DeedsThere {
  const { one } = bench;
  return {
    made: null,
    all() {
      if (this.made === null) throw new Error('Nothing was made there.');
      return this.made;
    },
    rowOf: (table, column, external) =>
      one<Record<string, unknown>>(
        `SELECT t.*, m.gone_at FROM ${MIRRORS[table] ?? ''} m JOIN ${table} t ON t.id = m.${column}
          WHERE m.business_id = $1 AND m.external_id LIKE $2`,
        [bench.rig.businessId, external],
      ),
    async customDay() {
      const { intervals } = await one<{ intervals: unknown }>(
        `SELECT intervals FROM working_hours WHERE owner_id = $1 AND kind = 'custom' AND date = $2::date`,
        [bench.rig.staff.id, CUSTOM_DAY],
      );
      return intervals;
    },
  };
}
