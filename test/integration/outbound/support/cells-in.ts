import { beforeAll, describe, expect } from 'vitest';
import type { MatrixBench } from './bench.ts';

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

/** Done there by the salon, seen here after the next pass. */
export function cellsIn(bench: MatrixBench): void {
  const { cell, asSalon, one } = bench;

  describe('in', () => {
    let made: DoneThere;
    let staffExternalId = '';
    const rowOf = (table: string, column: string, external: string) =>
      one<Record<string, unknown>>(
        `SELECT t.*, m.gone_at FROM ${MIRRORS[table] ?? ''} m JOIN ${table} t ON t.id = m.${column}
          WHERE m.business_id = $1 AND m.external_id LIKE $2`,
        [bench.rig.businessId, external],
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
        staffExternalId = bench.rig.staff.externalId;
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
          client: await id('customer/', {
            first_name: 'Iga',
            last_name: 'Próbna',
            email: 'iga@salon.example',
          }),
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
        await bench.rig.engine.fullSync(bench.rig.businessId);
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
        expect(await rowOf('time_off', 'time_off_id', made.timeOff)).toMatchObject({
          reason_code: 'vacation',
        });
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
        [bench.rig.staff.id],
      );
      return intervals;
    }

    describe('changed there', () => {
      beforeAll(async () => {
        await bench.rig.engine.simulator.control('PATCH', `/visits/${made.visit}`, {
          customer_note: 'proszę o ciszę',
        });
        await bench.rig.engine.simulator.control('PATCH', `/visits/${made.reservation}`, {
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
        await bench.rig.engine.fullSync(bench.rig.businessId);
      }, 120_000);

      cell('M-visit-change-in', 'a note', async () => {
        expect(await rowOf('bookings', 'booking_id', made.visit)).toMatchObject({
          client_note: 'proszę o ciszę',
        });
      });
      cell('M-client-change-in', 'a name', async () => {
        expect(await rowOf('profiles', 'profile_id', made.client)).toMatchObject({
          family_name: 'Zmieniona',
        });
      });
      cell('M-service-change-in', 'a name', async () => {
        expect(await rowOf('services', 'record_id', made.service)).toMatchObject({
          name: 'Usługa zmieniona',
        });
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
        await bench.rig.engine.fullSync(bench.rig.businessId);
        await bench.rig.engine.simulator.control('PATCH', `/visits/${cancelled}`, { status: 'C' });
        await bench.rig.engine.simulator.control('DELETE', `/visits/${made.visit}`);
        await bench.rig.engine.simulator.control('DELETE', `/visits/${made.reservation}`);
        await asSalon('DELETE', `customer/${made.client}/`);
        await asSalon('DELETE', `schedule/resource/${staffExternalId}/time_off/${made.timeOff}/`);
        await asSalon('DELETE', `service/${made.service}/variant/${made.variant}/`);
        await asSalon('DELETE', `service/${made.service}/`);
        await asSalon('DELETE', `service_category/${made.category}/`);
        await asSalon('DELETE', `resource/${made.staff}/`);
        await asSalon('DELETE', `resource/${made.room}/`);
        await bench.rig.engine.fullSync(bench.rig.businessId);
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
          await bench.rig.sql(
            `SELECT 1 FROM external_time_off m JOIN time_off t ON t.id = m.time_off_id WHERE m.business_id = $1 AND m.external_id = $2`,
            [bench.rig.businessId, made.timeOff],
          ),
        ).toEqual([]);
      });
      cell('M-reservation-remove-in', 'frees the time', async () => {
        expect(
          await bench.rig.sql(
            `SELECT 1 FROM external_time_off m JOIN time_off t ON t.id = m.time_off_id WHERE m.business_id = $1 AND m.external_id LIKE $2`,
            [bench.rig.businessId, `${made.reservation}:%`],
          ),
        ).toEqual([]);
      });
    });
  });
}
