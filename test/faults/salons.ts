import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { connectBusinesses } from '../../activities/connect.ts';
import { createBooksyClient } from '../../booksy/index.ts';
import { loadConfig } from '../../infra/config.ts';
import { createLogger } from '../../infra/logger.ts';
import type { Rig } from './rig.ts';

/** A salon that is imported and may be pushed to. A run that left no fault in it hands it on to the next one. */
export interface Salon {
  /** Its number at Booksy. */
  readonly id: number;
  readonly businessId: string;
  readonly zone: string;
  readonly staff: readonly { readonly id: string; readonly externalId: number }[];
  readonly variants: readonly {
    readonly id: string;
    readonly serviceId: string;
    readonly name: string;
    readonly externalId: number;
  }[];
  /** A time of a person of the staff that no other edit has got: half an hour in the night. */
  slot(): Slot;
}

export interface Slot {
  /** `YYYY-MM-DDTHH:MM`, local. */
  readonly from: string;
  readonly till: string;
  readonly staff: Salon['staff'][number];
}

/** Connects every salon of the account, imports it, and lets it be pushed to (R18: a person has seen the dry run). */
export async function openSalons(rig: Rig): Promise<readonly Salon[]> {
  const config = loadConfig(rig.env);
  const logger = createLogger({ level: 'silent', dir: null }, { name: 'faults' });
  const booksy = createBooksyClient({ config: config.booksy, db: rig.database, vault: rig.vault, logger });
  const { connected } = await connectBusinesses({ db: rig.database.prisma, booksy, logger });
  // The drawn times lie within a quarter of a year; the default horizon of 90 days would leave some at home (R25).
  await rig.db.query(
    `UPDATE sync_rules SET conditions = jsonb_set(conditions, '{maxAdvanceBooking}', '365'),
            -- Hours go both ways once the owner opens that (R8).
            directions = directions || '{"hours.*": "both"}'`,
  );
  const salons: Salon[] = [];
  const waiting = [...connected];
  await Promise.all(
    Array.from({ length: 3 }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        salons.push(await open(rig, next.businessId, Number(next.externalId)));
      }
    }),
  );
  return salons.sort((left, right) => left.id - right.id);
}

async function open(rig: Rig, businessId: string, id: number): Promise<Salon> {
  const runId = uuidv7();
  await rig.launcher.startFullSync({ businessId, runId, actor: 'faults' });
  await rig.launcher.fullSyncResult(businessId);
  await rig.db.query(
    `UPDATE businesses SET push_allowed_at = now(), push_allowed_by = 'faults', push_allowed_run_id = $2 WHERE id = $1`,
    [businessId, runId],
  );
  const { rows: own } = await rig.db.query<{ zone: string }>('SELECT zone FROM businesses WHERE id = $1', [
    businessId,
  ]);
  const { rows: staff } = await rig.db.query<{ id: string; external: string }>(
    `SELECT s.id, x.external_id AS external FROM external_staff x JOIN staff s ON s.id = x.staff_id
      WHERE x.business_id = $1 AND s.bookable AND s.active ORDER BY x.external_id`,
    [businessId],
  );
  const { rows: variants } = await rig.db.query<{
    id: string;
    service: string;
    name: string;
    external: string;
  }>(
    `SELECT v.id, v.service_id AS service, s.name, x.external_id AS external
       FROM external_services x JOIN service_variants v ON v.id = x.record_id JOIN services s ON s.id = v.service_id
      WHERE x.business_id = $1 AND x.entity = 'variant' ORDER BY x.external_id LIMIT 6`,
    [businessId],
  );
  if (staff.length === 0 || variants.length === 0) throw new Error(`Salon ${String(id)} has nobody to book.`);
  const people = staff.map((row) => ({ id: row.id, externalId: Number(row.external) }));
  const { rows: busy } = await rig.db.query<{ staff: string; from: string; till: string }>(
    `SELECT resource_id AS staff, to_char(lower(during) AT TIME ZONE $2, 'YYYY-MM-DD"T"HH24:MI') AS from,
            to_char(upper(during) AT TIME ZONE $2, 'YYYY-MM-DD"T"HH24:MI') AS till
       FROM occupancy WHERE business_id = $1 AND upper(during) > now()`,
    [businessId, own[0]?.zone ?? 'Europe/Warsaw'],
  );
  const isBusy = ({ from, till, staff: { id: person } }: Slot) =>
    busy.some((held) => held.staff === person && held.from < till && held.till > from);
  let taken = 0;
  const salon: Salon = {
    id,
    businessId,
    zone: own[0]?.zone ?? 'Europe/Warsaw',
    staff: people,
    variants: variants.map((row) => ({
      id: row.id,
      serviceId: row.service,
      name: row.name,
      externalId: Number(row.external),
    })),
    slot() {
      const person = people[taken % people.length];
      const round = Math.floor(taken / people.length);
      taken += 1;
      if (person === undefined) throw new Error('Nobody to book.');
      // Nobody of the seeded salon works at night: ten half hours from midnight on, day after day.
      const day = 2 + Math.floor(round / 10);
      const minute = (round % 10) * 30;
      const date = new Date(Date.now() + day * 86_400_000).toISOString().slice(0, 10);
      const slot = { from: `${date}T${clock(minute)}`, till: `${date}T${clock(minute + 30)}`, staff: person };
      return isBusy(slot) ? salon.slot() : slot;
    },
  };
  return salon;
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

const wire = z.looseObject({
  id: z.number(),
  status: z.string(),
  type: z.string(),
  customer_name: z.string().nullable(),
  customer_note: z.string().nullable(),
  import_uid: z.string().nullable(),
  subbookings: z.array(
    z.looseObject({
      id: z.number(),
      booked_from: z.string(),
      booked_till: z.string(),
      staffer_id: z.number().nullable(),
    }),
  ),
});
/** A visit as the simulator holds it. */
export type VisitThere = z.output<typeof wire>;

/** Every visit and block of a salon, cancelled ones too, read from the simulator's own state. */
export async function visitsThere(rig: Rig, salon: Pick<Salon, 'id'>): Promise<readonly VisitThere[]> {
  const page = z.object({ count: z.number(), results: z.array(wire) });
  const all: VisitThere[] = [];
  for (;;) {
    const path = `/visits?salon=${String(salon.id)}&limit=1000&offset=${String(all.length)}`;
    const { count, results } = page.parse(await rig.control('GET', path));
    all.push(...results);
    if (all.length >= count || results.length === 0) return all;
  }
}

export function parseVisit(value: unknown): VisitThere {
  return wire.parse(value);
}
