import { v7 as uuidv7 } from 'uuid';
import { processOne } from '../../../../activities/outbound/index.ts';
import type { ProcessReport } from '../../../../domain/protocol/port.ts';
import type { WriteEntity } from '../../../../domain/protocol/types.ts';
import { resolveLocal } from '../../../../domain/local-time.ts';
import { weekdayAhead } from './days.ts';
import { startTestEngine, type TestEngine, type TestEngineOptions } from '../../../support/engine.ts';

/** An imported salon on both sides, with Booksy open to writes: what tests of the way out begin with. */
export interface OutboundRig {
  readonly engine: TestEngine;
  readonly businessId: string;
  /** Booksy's id. */
  readonly salon: string;
  readonly zone: string;
  /** Somebody who serves a variant, both ids of each. */
  readonly staff: { readonly id: string; readonly externalId: string };
  readonly other: { readonly id: string; readonly externalId: string };
  readonly variant: { readonly id: string; readonly externalId: string; readonly serviceId: string };
  process(entity: WriteEntity, recordId: string): Promise<ProcessReport>;
  /** Makes a visit of the platform's own; returns its id. */
  book(startsLocal: string, more?: BookMore): Promise<string>;
  /** Rows of SQL, for looking and for editing as the platform does. */
  sql<T extends object>(text: string, values?: readonly unknown[]): Promise<T[]>;
  /** The appointment as Booksy holds it. */
  there(externalId: string | number): Promise<Record<string, unknown>>;
  /** Booksy's id of a linked record of ours. */
  linkOf(bookingId: string): Promise<string | null>;
  /** A free hour: each call another one, days ahead and never at a change of clocks. */
  freeHour(): string;
  stop(): Promise<void>;
}

export interface BookMore {
  readonly minutes?: number;
  readonly name?: string | null;
  readonly phone?: string | null;
  readonly note?: string | null;
  readonly status?: string;
  readonly profileId?: string | null;
  readonly anyStaff?: boolean;
  readonly staffId?: string | null;
  readonly variantId?: string | null;
}

/** @param before what the platform does between being connected and the first import */
export async function startRig(
  options: TestEngineOptions = {},
  before: (engine: TestEngine, businessId: string) => Promise<void> = () => Promise.resolve(),
): Promise<OutboundRig> {
  const engine = await startTestEngine(options);
  const [business] = await engine.connect();
  if (business === undefined) throw new Error('The simulator has no salon.');
  const { pool } = engine.database;
  const sql = async <T extends object>(text: string, values: readonly unknown[] = []): Promise<T[]> =>
    (await pool.query<T>(text, [...values])).rows;
  const { businessId } = business;
  await before(engine, businessId);
  const ledger = await engine.fullSync(businessId);
  if (ledger.status !== 'completed') throw new Error(`The import ended ${ledger.status}.`);
  await sql('UPDATE businesses SET push_allowed_at = now(), push_allowed_by = $2 WHERE id = $1', [
    businessId,
    'test',
  ]);
  const [head] = await sql<{ zone: string; salon: string }>(
    'SELECT zone, booksy_business_id AS salon FROM businesses WHERE id = $1',
    [businessId],
  );
  const pairs = await sql<{
    staff: string;
    staff_ext: string;
    variant: string;
    variant_ext: string;
    service: string;
  }>(
    `SELECT s.id AS staff, es.external_id AS staff_ext, v.id AS variant, ev.external_id AS variant_ext, v.service_id AS service
       FROM service_variants v
       JOIN services sv ON sv.id = v.service_id AND sv.parallel_clients = 1 AND sv.gap_minutes IS NULL AND sv.active
       JOIN external_services ev ON ev.record_id = v.id
       JOIN service_variant_staff vs ON vs.variant_id = v.id
       JOIN staff s ON s.id = vs.staff_id AND s.bookable AND s.active
       JOIN external_staff es ON es.staff_id = s.id
      WHERE v.business_id = $1 AND v.price_type = 'fixed' ORDER BY v.id, s.id`,
    [businessId],
  );
  const first = pairs[0];
  const second = pairs.find((pair) => pair.variant === first?.variant && pair.staff !== first.staff);
  if (first === undefined || second === undefined || head === undefined)
    throw new Error('No variant with two staff.');
  // What the generated salon holds of the two, whatever day it is: visits at the change of clocks, whole days off.
  const taken = await sql<{ starts: Date; ends: Date }>(
    `SELECT lower(o.during) AS starts, upper(o.during) AS ends FROM occupancy o
      WHERE o.resource_id = ANY($1) AND upper(o.during) > now()
     UNION ALL SELECT t.starts_at, t.ends_at FROM time_off t WHERE t.owner_id = ANY($1) AND t.ends_at > now()`,
    [[first.staff, second.staff]],
  );
  /** With an hour on either side: tests move and lengthen what they book. */
  const isFree = (startsLocal: string) => {
    const at = resolveLocal(startsLocal, head.zone).instant;
    const [from, till] = [Date.parse(at) - 3_600_000, Date.parse(at) + 2 * 3_600_000];
    return !taken.some(({ starts, ends }) => starts.getTime() < till && ends.getTime() > from);
  };
  let hours = 0;

  const rig: OutboundRig = {
    engine,
    businessId,
    salon: head.salon,
    zone: head.zone,
    staff: { id: first.staff, externalId: first.staff_ext },
    other: { id: second.staff, externalId: second.staff_ext },
    variant: { id: first.variant, externalId: first.variant_ext, serviceId: first.service },
    sql,
    process: (entity, recordId) =>
      processOne(engine.deps, { businessId, entity, recordId }, { runId: uuidv7(), actor: 'sync' }),
    async book(startsLocal, more = {}) {
      const id = uuidv7();
      const minutes = more.minutes ?? 60;
      const endsLocal = new Date(Date.parse(`${startsLocal}:00Z`) + minutes * 60_000)
        .toISOString()
        .slice(0, 16);
      const starts = resolveLocal(startsLocal, head.zone).instant;
      const ends = resolveLocal(endsLocal, head.zone).instant;
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        await client.query(
          `INSERT INTO bookings (id, business_id, profile_id, status, client_name, client_phone, client_note, zone,
                                 starts_local, ends_local, starts_at, ends_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
          [
            id,
            businessId,
            more.profileId ?? null,
            more.status ?? 'confirmed',
            more.name === undefined ? 'Zofia Zmyślona' : more.name,
            more.phone ?? null,
            more.note ?? null,
            head.zone,
            startsLocal,
            endsLocal,
            starts,
            ends,
          ],
        );
        await client.query(
          `INSERT INTO booking_items (id, booking_id, business_id, service_id, variant_id, staff_id, any_staff, starts_local,
                                      ends_local, zone, starts_at, ends_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
          [
            uuidv7(),
            id,
            businessId,
            first.service,
            more.variantId === undefined ? first.variant : more.variantId,
            more.anyStaff === true ? null : (more.staffId ?? first.staff),
            more.anyStaff ?? false,
            startsLocal,
            endsLocal,
            head.zone,
            starts,
            ends,
          ],
        );
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
      return id;
    },
    there: async (externalId) =>
      (await engine.simulator.asSalon(
        'GET',
        `/business/${head.salon}/appointment/${String(externalId)}/`,
      )) as Record<string, unknown>,
    async linkOf(bookingId) {
      const rows = await sql<{ external_id: string }>(
        'SELECT external_id FROM external_bookings WHERE booking_id = $1',
        [bookingId],
      );
      return rows[0]?.external_id ?? null;
    },
    freeHour() {
      for (;;) {
        // At night nobody works.
        const at = `${weekdayAhead(45, Math.floor(hours / 3))}T${['01', '03', '05'][hours % 3] ?? '01'}:00`;
        hours += 1;
        if (isFree(at)) return at;
      }
    },
    stop: () => engine.stop(),
  };
  return rig;
}
