import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCells, EMPTY_CELLS, printedMatrix, type CellId } from './support/matrix.ts';
import { startRig, type OutboundRig } from './support/rig.ts';

/**
 * Everything that is kept in step, each way: real PostgreSQL, the simulator over HTTP. Out = done here by SQL, seen there; in =
 * done there by the salon, seen here after the next pass.
 */

let rig: OutboundRig;
const proven = new Set<string>();

beforeAll(async () => {
  rig = await startRig();
  await openTheWayOut();
}, 180_000);

afterAll(() => rig.stop());

/** One cell of the matrix. */
function cell(id: CellId, what: string, run: () => Promise<void>, timeoutMs = 30_000): void {
  const prove = async () => {
    await run();
    proven.add(id);
  };
  it(`${id}: ${what}`, prove, timeoutMs);
}

/** The owner lets services and variants go out, and cards be made (R8). */
async function openTheWayOut(): Promise<void> {
  await rig.sql(
    `INSERT INTO sync_rules (business_id, id, name, source_system, priority, conditions, actions, directions)
     VALUES ($1, 'open', 'Everything goes out', 'both', 50, $2, $3, $4)`,
    [
      rig.businessId,
      { bufferTimes: { before: 0, after: 0 }, maxAdvanceBooking: 365 },
      { syncAvailability: true, autoResolveConflicts: false, notifyAdmin: true },
      { 'service.*': 'both', 'variant.*': 'both', 'profile.*': 'both' },
    ],
  );
}

const salonPath = (rest: string) => `/business/${rig.salon}/${rest}`;
const asSalon = async (method: string, rest: string, body?: unknown) =>
  (await rig.engine.simulator.asSalon(method, salonPath(rest), body)) as Record<string, unknown>;

async function linked(table: string, column: string, recordId: string): Promise<string> {
  const rows = await rig.sql<{ external_id: string }>(
    `SELECT external_id FROM ${table} WHERE ${column} = $1 AND gone_at IS NULL`,
    [recordId],
  );
  return rows[0]?.external_id ?? '';
}

async function one<T extends object>(text: string, values: readonly unknown[] = []): Promise<T> {
  const [row] = await rig.sql<T>(text, values);
  if (row === undefined) throw new Error(`Nothing found by ${text}`);
  return row;
}

describe('visits out', () => {
  cell('M-visit-create-out', 'a visit of ours is made there (R16, R39)', async () => {
    const at = rig.freeHour();
    const id = await rig.book(at);
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'written', writes: 1 });
    const there = await rig.there((await rig.linkOf(id)) ?? '');
    expect(there).toMatchObject({ booked_from: at, import_uid: `${id}:1`, customer_name: 'Zofia Z.' });
    expect(there['subbookings']).toMatchObject([
      { staffer_id: Number(rig.staff.externalId), service_variant_id: Number(rig.variant.externalId) },
    ]);
  });

  cell(
    'M-visit-change-out',
    'a moved visit is moved there, what nobody here knows stays (5, R13a)',
    async () => {
      const id = await rig.book(rig.freeHour());
      await rig.process('booking', id);
      const link = (await rig.linkOf(id)) ?? '';
      await rig.engine.simulator.control('PATCH', `/visits/${link}`, { business_note: 'PRIVATE' });
      await rig.sql(
        `UPDATE booking_items SET starts_local = starts_local + interval '15 minutes', ends_local = ends_local + interval '15 minutes',
              starts_at = starts_at + interval '15 minutes', ends_at = ends_at + interval '15 minutes' WHERE booking_id = $1`,
        [id],
      );
      expect(await rig.process('booking', id)).toMatchObject({ outcome: 'written' });
      const there = await rig.there(link);
      expect(there['booked_from']).toMatch(/:15$/);
      expect(there).toMatchObject({ business_note: 'PRIVATE', status: 'A' });
    },
  );

  cell(
    'M-visit-status-out',
    'confirm, decline, cancel, finish and no_show by their steps (4)',
    async () => {
      const steps = [
        { from: 'W', to: 'confirmed', there: 'A' },
        { from: 'W', to: 'cancelled', reason: 'declined', there: 'D' },
        { from: 'A', to: 'cancelled', there: 'C' },
        { from: 'A', to: 'completed', there: 'F' },
        { from: 'A', to: 'no_show', there: 'N' },
      ] as const;
      for (const step of steps) {
        const at = rig.freeHour();
        const made = await asSalon('POST', 'appointment/', {
          type: 'C',
          status: step.from,
          customer_name: 'Wanda Zmyślona',
          subbookings: [
            {
              booked_from: at,
              staffer_id: Number(rig.staff.externalId),
              service_variant_id: Number(rig.variant.externalId),
            },
          ],
        });
        await rig.engine.fullSync(rig.businessId);
        const { booking_id: id } = await one<{ booking_id: string }>(
          'SELECT booking_id FROM external_bookings WHERE business_id = $1 AND external_id = $2',
          [rig.businessId, String(made['id'])],
        );
        await rig.sql('UPDATE bookings SET status = $2, status_reason = $3 WHERE id = $1', [
          id,
          step.to,
          'reason' in step ? step.reason : null,
        ]);
        expect(await rig.process('booking', id)).toMatchObject({ outcome: 'written', writes: 1 });
        expect(await rig.there(String(made['id']))).toMatchObject({ status: step.there });
      }
    },
    120_000,
  );

  cell(
    'M-visit-remove-out',
    'a visit deleted here is cancelled there: nothing can be deleted (4)',
    async () => {
      const id = await rig.book(rig.freeHour());
      await rig.process('booking', id);
      const link = (await rig.linkOf(id)) ?? '';
      await rig.sql('DELETE FROM bookings WHERE id = $1', [id]);
      expect(await rig.process('booking', id)).toMatchObject({ outcome: 'written' });
      expect(await rig.there(link)).toMatchObject({ status: 'C' });
    },
  );
});

describe('clients out', () => {
  let id = '';
  let card = '';

  cell('M-client-create-out', 'a card is made where a rule says that clients go out (R8, R15)', async () => {
    id = uuidv7();
    await rig.sql(
      `INSERT INTO profiles (id, business_id, given_name, family_name, email) VALUES ($1, $2, 'Nela', 'Nowa', 'nela@salon.example')`,
      [id, rig.businessId],
    );
    expect(await rig.process('profile', id)).toMatchObject({ outcome: 'written', writes: 1 });
    card = await linked('external_clients', 'profile_id', id);
    expect(await asSalon('GET', `customer/${card}/`)).toMatchObject({
      first_name: 'Nela',
      email: 'nela@salon.example',
    });
  });

  cell('M-client-change-out', 'a changed phone goes there, the rest of the card stays (R13a)', async () => {
    await asSalon('PATCH', `customer/${card}/`, { business_secret_note: 'PRIVATE' });
    await rig.sql(`UPDATE profiles SET phone_e164 = '+48500100299' WHERE id = $1`, [id]);
    expect(await rig.process('profile', id)).toMatchObject({ outcome: 'written', writes: 1 });
    expect(await asSalon('GET', `customer/${card}/`)).toMatchObject({
      cell_phone: '+48500100299',
      business_secret_note: 'PRIVATE',
    });
  });

  cell('M-client-remove-out', 'a profile deleted here deletes no card: only an erasure does', async () => {
    await rig.sql('DELETE FROM profiles WHERE id = $1', [id]);
    const report = await rig.process('profile', id);
    expect(report.writes).toBe(0);
    expect(await asSalon('GET', `customer/${card}/`)).toMatchObject({ first_name: 'Nela' });
  });
});

describe('catalog out, where a rule has opened it (R8)', () => {
  const serviceId = uuidv7();
  const variantId = uuidv7();
  let service = '';
  let variant = '';

  cell('M-service-create-out', 'a service of ours is made there with our import uid (R15)', async () => {
    await rig.sql(
      `INSERT INTO services (id, business_id, name, price_type, position) VALUES ($1, $2, 'Masaż na próbę', 'fixed', 90)`,
      [serviceId, rig.businessId],
    );
    expect(await rig.process('service', serviceId)).toMatchObject({ outcome: 'written', writes: 1 });
    service = await linked('external_services', 'record_id', serviceId);
    expect(await asSalon('GET', `service/${service}/`)).toMatchObject({
      name: 'Masaż na próbę',
      import_uid: `${serviceId}:1`,
    });
  });

  cell('M-variant-create-out', 'a variant of ours is made under its service', async () => {
    await rig.sql(
      `INSERT INTO service_variants (id, business_id, service_id, label, price_type, price_minor, currency, duration_minutes)
       SELECT $1, $2, $3, 'długi', 'fixed', 15000, currency, 45 FROM businesses WHERE id = $2`,
      [variantId, rig.businessId, serviceId],
    );
    await rig.sql('INSERT INTO service_variant_staff (variant_id, staff_id) VALUES ($1, $2)', [
      variantId,
      rig.staff.id,
    ]);
    expect(await rig.process('variant', variantId)).toMatchObject({ outcome: 'written', writes: 1 });
    variant = await linked('external_services', 'record_id', variantId);
    expect(await asSalon('GET', `service/${service}/variant/${variant}/`)).toMatchObject({
      duration: 45,
      staffers: [Number(rig.staff.externalId)],
    });
  });

  cell('M-service-change-out', 'a new name goes there', async () => {
    await rig.sql(`UPDATE services SET name = 'Masaż próbny' WHERE id = $1`, [serviceId]);
    expect(await rig.process('service', serviceId)).toMatchObject({ outcome: 'written', writes: 1 });
    expect(await asSalon('GET', `service/${service}/`)).toMatchObject({ name: 'Masaż próbny' });
  });

  cell(
    'M-variant-change-out',
    'a new price goes there in minor units and comes back the same (24)',
    async () => {
      await rig.sql('UPDATE service_variants SET price_minor = 17550 WHERE id = $1', [variantId]);
      expect(await rig.process('variant', variantId)).toMatchObject({ outcome: 'written', writes: 1 });
      const there = await asSalon('GET', `service/${service}/variant/${variant}/`);
      expect(Number(there['price'])).toBe(175.5);
      expect(await rig.process('variant', variantId)).toMatchObject({ outcome: 'in_step', writes: 0 });
    },
  );

  cell(
    'M-variant-remove-out',
    'a variant deleted here stays there: nothing of the catalog is deleted',
    async () => {
      await rig.sql('DELETE FROM service_variants WHERE id = $1', [variantId]);
      expect((await rig.process('variant', variantId)).writes).toBe(0);
      expect(await asSalon('GET', `service/${service}/variant/${variant}/`)).toMatchObject({ duration: 45 });
    },
  );

  cell('M-service-remove-out', 'a service deleted here stays there', async () => {
    await rig.sql('DELETE FROM services WHERE id = $1', [serviceId]);
    expect((await rig.process('service', serviceId)).writes).toBe(0);
    expect(await asSalon('GET', `service/${service}/`)).toMatchObject({ name: 'Masaż próbny' });
  });
});

describe('time off out (R19)', () => {
  const id = uuidv7();
  let off = '';
  const place = () => `schedule/resource/${rig.staff.externalId}/time_off/${off}/`;

  cell('M-time_off-create-out', 'a block of ours is made there with our mark (R15)', async () => {
    await rig.sql(
      `INSERT INTO time_off (id, business_id, owner_kind, owner_id, zone, starts_local, ends_local, starts_at, ends_at, reason_code)
       VALUES ($1, $2, 'staff', $3, $4, '2027-01-11 09:00', '2027-01-11 12:00',
               '2027-01-11 09:00'::timestamp AT TIME ZONE $4, '2027-01-11 12:00'::timestamp AT TIME ZONE $4, 'training')`,
      [id, rig.businessId, rig.staff.id, rig.zone],
    );
    expect(await rig.process('time_off', id)).toMatchObject({ outcome: 'written', writes: 1 });
    off = await linked('external_time_off', 'time_off_id', id);
    expect(await asSalon('GET', place())).toMatchObject({
      reason: `[booksy-sync:${id}:1]`,
      reason_code: 'training',
    });
  });

  cell('M-time_off-change-out', 'moved here, moved there; the mark stays', async () => {
    await rig.sql(
      `UPDATE time_off SET ends_local = '2027-01-11 13:00', ends_at = '2027-01-11 13:00'::timestamp AT TIME ZONE zone WHERE id = $1`,
      [id],
    );
    expect(await rig.process('time_off', id)).toMatchObject({ outcome: 'written', writes: 1 });
    expect(await asSalon('GET', place())).toMatchObject({
      hour_till: '13:00',
      reason: `[booksy-sync:${id}:1]`,
    });
  });

  cell('M-time_off-remove-out', 'removed here, removed there (4)', async () => {
    await rig.sql('DELETE FROM time_off WHERE id = $1', [id]);
    expect(await rig.process('time_off', id)).toMatchObject({ outcome: 'written', writes: 1 });
    await expect(asSalon('GET', place())).rejects.toThrow('404');
    expect(await rig.sql('SELECT 1 FROM sync_outbox WHERE record_id = $1', [id])).toEqual([]);
  });
});

/** What the salon did there, and the ids of what it did it to. */
interface DoneThere {
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

describe('in', () => {
  let made: DoneThere;
  let staffExternalId = '';
  const rowOf = (table: string, column: string, external: string) =>
    one<Record<string, unknown>>(
      `SELECT t.*, m.gone_at FROM ${MIRRORS[table] ?? ''} m JOIN ${table} t ON t.id = m.${column}
        WHERE m.business_id = $1 AND m.external_id LIKE $2`,
      [rig.businessId, external],
    );
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

  describe('made there', () => {
    beforeAll(async () => {
      const id = async (rest: string, body: unknown) => String((await asSalon('POST', rest, body))['id']);
      staffExternalId = rig.staff.externalId;
      const category = await id('service_category/', { name: 'Nowa grupa' });
      const service = await id('service/', { name: 'Nowa usługa', price_type: 'X' });
      const staff = await id('resource/', {
        name: 'Ela Nowa',
        type: 'S',
        active: true,
        visible: true,
        position: 40,
      });
      made = {
        category,
        service,
        staff,
        variant: await id(`service/${service}/variant/`, { type: 'X', duration: 50, price: '99.00' }),
        room: await id('resource/', {
          name: 'Pokój nowy',
          type: 'R',
          active: true,
          visible: true,
          position: 41,
        }),
        client: await id('customer/', { first_name: 'Iga', last_name: 'Próbna', email: 'iga@salon.example' }),
        visit: await id('appointment/', {
          customer_name: 'Iga Próbna',
          subbookings: [
            {
              booked_from: '2027-01-12T02:00',
              booked_till: '2027-01-12T03:00',
              staffer_id: Number(staffExternalId),
            },
          ],
        }),
        reservation: await id('appointment/', {
          type: 'R',
          subbookings: [
            {
              booked_from: '2027-01-13T02:00',
              booked_till: '2027-01-13T03:00',
              staffer_id: Number(staffExternalId),
            },
          ],
        }),
        timeOff: await id(`schedule/resource/${staffExternalId}/time_off/`, {
          date_from: '2027-01-14',
          date_till: '2027-01-14',
          hour_from: '08:00',
          hour_till: '10:00',
          reason_code: 'vacation',
          approved: true,
        }),
      };
      await asSalon('PUT', `schedule/resource/${staffExternalId}/custom/2026-12-24/`, {
        hours: [{ hour_from: '10:00', hour_till: '12:00' }],
      });
      await rig.engine.fullSync(rig.businessId);
    }, 120_000);

    cell('M-visit-create-in', 'a visit (13)', async () => {
      expect(await rowOf('bookings', 'booking_id', made.visit)).toMatchObject({
        client_name: 'Iga Próbna',
        status: 'confirmed',
      });
    });
    cell('M-client-create-in', 'a client', async () => {
      expect(await rowOf('profiles', 'profile_id', made.client)).toMatchObject({ given_name: 'Iga' });
    });
    cell('M-service-create-in', 'a service', async () => {
      expect(await rowOf('services', 'record_id', made.service)).toMatchObject({ name: 'Nowa usługa' });
    });
    cell('M-variant-create-in', 'a variant', async () => {
      expect(await rowOf('service_variants', 'record_id', made.variant)).toMatchObject({
        duration_minutes: 50,
      });
    });
    cell('M-category-create-in', 'a category', async () => {
      expect(await rowOf('service_categories', 'record_id', made.category)).toMatchObject({
        name: 'Nowa grupa',
      });
    });
    cell('M-staff-create-in', 'a member of staff', async () => {
      expect(await rowOf('staff', 'staff_id', made.staff)).toMatchObject({ name: 'Ela Nowa' });
    });
    cell('M-room-create-in', 'a room', async () => {
      expect(await rowOf('rooms', 'room_id', made.room)).toMatchObject({ name: 'Pokój nowy' });
    });
    cell('M-time_off-create-in', 'time off', async () => {
      expect(await rowOf('time_off', 'time_off_id', made.timeOff)).toMatchObject({ reason_code: 'vacation' });
    });
    cell('M-reservation-create-in', 'a block of the visit list (R19)', async () => {
      expect(await rowOf('time_off', 'time_off_id', `${made.reservation}:%`)).toMatchObject({
        source: 'reservation',
      });
    });
    cell('M-hours-create-in', 'a custom day', async () => {
      expect(await customDay()).toEqual([[600, 720]]);
    });
  });

  async function customDay(): Promise<unknown> {
    const { intervals } = await one<{ intervals: unknown }>(
      `SELECT intervals FROM working_hours WHERE owner_id = $1 AND kind = 'custom' AND date = '2026-12-24'`,
      [rig.staff.id],
    );
    return intervals;
  }

  describe('changed there', () => {
    beforeAll(async () => {
      await rig.engine.simulator.control('PATCH', `/visits/${made.visit}`, {
        customer_note: 'proszę o ciszę',
      });
      await rig.engine.simulator.control('PATCH', `/visits/${made.reservation}`, {
        subbookings: undefined,
        moveMinutes: 30,
      });
      await asSalon('PATCH', `customer/${made.client}/`, { last_name: 'Zmieniona' });
      await asSalon('PATCH', `service/${made.service}/`, { name: 'Usługa zmieniona' });
      await asSalon('PATCH', `service/${made.service}/variant/${made.variant}/`, { duration: 55 });
      await asSalon('PATCH', `service_category/${made.category}/`, { name: 'Grupa zmieniona' });
      await asSalon('PATCH', `resource/${made.staff}/`, { name: 'Ela Zmieniona' });
      await asSalon('PATCH', `resource/${made.room}/`, { name: 'Pokój zmieniony' });
      await asSalon('PATCH', `schedule/resource/${staffExternalId}/time_off/${made.timeOff}/`, {
        hour_till: '11:00',
      });
      await asSalon('PUT', `schedule/resource/${staffExternalId}/custom/2026-12-24/`, { hours: [] });
      await rig.engine.fullSync(rig.businessId);
    }, 120_000);

    cell('M-visit-change-in', 'a note', async () => {
      expect(await rowOf('bookings', 'booking_id', made.visit)).toMatchObject({
        client_note: 'proszę o ciszę',
      });
    });
    cell('M-client-change-in', 'a name', async () => {
      expect(await rowOf('profiles', 'profile_id', made.client)).toMatchObject({ family_name: 'Zmieniona' });
    });
    cell('M-service-change-in', 'a name', async () => {
      expect(await rowOf('services', 'record_id', made.service)).toMatchObject({ name: 'Usługa zmieniona' });
    });
    cell('M-variant-change-in', 'a duration', async () => {
      expect(await rowOf('service_variants', 'record_id', made.variant)).toMatchObject({
        duration_minutes: 55,
      });
    });
    cell('M-category-change-in', 'a name', async () => {
      expect(await rowOf('service_categories', 'record_id', made.category)).toMatchObject({
        name: 'Grupa zmieniona',
      });
    });
    cell('M-staff-change-in', 'a name', async () => {
      expect(await rowOf('staff', 'staff_id', made.staff)).toMatchObject({ name: 'Ela Zmieniona' });
    });
    cell('M-room-change-in', 'a name', async () => {
      expect(await rowOf('rooms', 'room_id', made.room)).toMatchObject({ name: 'Pokój zmieniony' });
    });
    cell('M-time_off-change-in', 'its end', async () => {
      const row = await rowOf('time_off', 'time_off_id', made.timeOff);
      const { till } = await one<{ till: string }>(
        `SELECT to_char(ends_local, 'HH24:MI') AS till FROM time_off WHERE id = $1`,
        [row['id']],
      );
      expect(till).toBe('11:00');
    });
    cell('M-reservation-change-in', 'its time', async () => {
      const row = await rowOf('time_off', 'time_off_id', `${made.reservation}:%`);
      const { from } = await one<{ from: string }>(
        `SELECT to_char(starts_local, 'HH24:MI') AS from FROM time_off WHERE id = $1`,
        [row['id']],
      );
      expect(from).toBe('02:30');
    });
    cell('M-hours-change-in', 'a day that is closed now', async () => {
      expect(await customDay()).toEqual([]);
    });
  });

  describe('ended there', () => {
    let cancelled = '';
    beforeAll(async () => {
      cancelled = String(
        (
          await asSalon('POST', 'appointment/', {
            customer_name: 'Iga Próbna',
            subbookings: [
              {
                booked_from: '2027-01-15T02:00',
                booked_till: '2027-01-15T03:00',
                staffer_id: Number(staffExternalId),
              },
            ],
          })
        )['id'],
      );
      await rig.engine.fullSync(rig.businessId);
      await rig.engine.simulator.control('PATCH', `/visits/${cancelled}`, { status: 'C' });
      await rig.engine.simulator.control('DELETE', `/visits/${made.visit}`);
      await rig.engine.simulator.control('DELETE', `/visits/${made.reservation}`);
      await asSalon('DELETE', `customer/${made.client}/`);
      await asSalon('DELETE', `schedule/resource/${staffExternalId}/time_off/${made.timeOff}/`);
      await asSalon('DELETE', `service/${made.service}/variant/${made.variant}/`);
      await asSalon('DELETE', `service/${made.service}/`);
      await asSalon('DELETE', `service_category/${made.category}/`);
      await asSalon('DELETE', `resource/${made.staff}/`);
      await asSalon('DELETE', `resource/${made.room}/`);
      await rig.engine.fullSync(rig.businessId);
    }, 120_000);

    cell('M-visit-status-in', 'a cancel frees the time (4, 5)', async () => {
      expect(await rowOf('bookings', 'booking_id', cancelled)).toMatchObject({ status: 'cancelled' });
    });
    cell('M-visit-remove-in', 'a future visit that is gone is cancelled here (R18)', async () => {
      expect(await rowOf('bookings', 'booking_id', made.visit)).toMatchObject({
        status: 'cancelled',
        status_reason: 'gone_at_booksy',
      });
    });
    cell('M-client-remove-in', 'a card that is gone leaves the client (R18)', async () => {
      expect((await rowOf('profiles', 'profile_id', made.client))['gone_at']).not.toBeNull();
    });
    cell('M-service-remove-in', 'can no longer be booked', async () => {
      expect(await rowOf('services', 'record_id', made.service)).toMatchObject({ active: false });
    });
    cell('M-variant-remove-in', 'can no longer be booked', async () => {
      expect(await rowOf('service_variants', 'record_id', made.variant)).toMatchObject({ active: false });
    });
    cell('M-category-remove-in', 'stays, marked', async () => {
      expect((await rowOf('service_categories', 'record_id', made.category))['gone_at']).not.toBeNull();
    });
    cell('M-staff-remove-in', 'can no longer be booked', async () => {
      expect(await rowOf('staff', 'staff_id', made.staff)).toMatchObject({ active: false });
    });
    cell('M-room-remove-in', 'can no longer be booked', async () => {
      expect(await rowOf('rooms', 'room_id', made.room)).toMatchObject({ active: false });
    });
    cell('M-time_off-remove-in', 'frees the time', async () => {
      expect(
        await rig.sql(
          `SELECT 1 FROM external_time_off m JOIN time_off t ON t.id = m.time_off_id WHERE m.business_id = $1 AND m.external_id = $2`,
          [rig.businessId, made.timeOff],
        ),
      ).toEqual([]);
    });
    cell('M-reservation-remove-in', 'frees the time', async () => {
      expect(
        await rig.sql(
          `SELECT 1 FROM external_time_off m JOIN time_off t ON t.id = m.time_off_id WHERE m.business_id = $1 AND m.external_id LIKE $2`,
          [rig.businessId, `${made.reservation}:%`],
        ),
      ).toEqual([]);
    });
  });
});

describe('the matrix', () => {
  it('has a test or a reason in every cell', () => {
    process.stdout.write(`\n${printedMatrix(proven)}\n\n`);
    const empty = allCells().filter((id) => !proven.has(id) && EMPTY_CELLS[id] === undefined);
    expect(empty).toEqual([]);
    // A reason for what is tested after all is a lie.
    expect(allCells().filter((id) => proven.has(id) && EMPTY_CELLS[id] !== undefined)).toEqual([]);
  });
});
