import { beforeAll, describe, expect } from 'vitest';
import type { MatrixBench } from './bench.ts';
import { cellsInEnded } from './cells-in-ended.ts';
import { BLOCK_DAY, createDeeds, CUSTOM_DAY, OFF_DAY, VISIT_DAY } from './deeds-there.ts';

/** Done there by the salon, seen here after the next pass. */
export function cellsIn(bench: MatrixBench): void {
  const { cell, asSalon, one } = bench;
  const deeds = createDeeds(bench);

  describe('in', () => {
    describe('made there', () => {
      beforeAll(async () => {
        const id = async (rest: string, body: unknown) => String((await asSalon('POST', rest, body))['id']);
        const category = await id('service_category/', { name: 'Nowa grupa' });
        const service = await id('service/', { name: 'Nowa usługa', price_type: 'X' });
        const staff = await id('resource/', {
          name: 'Ela Nowa',
          type: 'S',
          active: true,
          visible: true,
          position: 40,
        });
        deeds.made = {
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
                booked_from: `${VISIT_DAY}T02:00`,
                booked_till: `${VISIT_DAY}T03:00`,
                staffer_id: Number(bench.rig.staff.externalId),
              },
            ],
          }),
          reservation: await id('appointment/', {
            type: 'R',
            subbookings: [
              {
                booked_from: `${BLOCK_DAY}T02:00`,
                booked_till: `${BLOCK_DAY}T03:00`,
                staffer_id: Number(bench.rig.staff.externalId),
              },
            ],
          }),
          timeOff: await id(`schedule/resource/${bench.rig.staff.externalId}/time_off/`, {
            date_from: OFF_DAY,
            date_till: OFF_DAY,
            hour_from: '08:00',
            hour_till: '10:00',
            reason_code: 'vacation',
            approved: true,
          }),
        };
        await asSalon('PUT', `schedule/resource/${bench.rig.staff.externalId}/custom/${CUSTOM_DAY}/`, {
          hours: [{ hour_from: '10:00', hour_till: '12:00' }],
        });
        await bench.rig.engine.fullSync(bench.rig.businessId);
      }, 240_000);

      cell('M-visit-create-in', 'a visit (13)', async () => {
        expect(await deeds.rowOf('bookings', 'booking_id', deeds.all().visit)).toMatchObject({
          client_name: 'Iga Próbna',
          status: 'confirmed',
        });
      });
      cell('M-client-create-in', 'a client', async () => {
        expect(await deeds.rowOf('profiles', 'profile_id', deeds.all().client)).toMatchObject({
          given_name: 'Iga',
        });
      });
      cell('M-service-create-in', 'a service', async () => {
        expect(await deeds.rowOf('services', 'record_id', deeds.all().service)).toMatchObject({
          name: 'Nowa usługa',
        });
      });
      cell('M-variant-create-in', 'a variant', async () => {
        expect(await deeds.rowOf('service_variants', 'record_id', deeds.all().variant)).toMatchObject({
          duration_minutes: 50,
        });
      });
      cell('M-category-create-in', 'a category', async () => {
        expect(await deeds.rowOf('service_categories', 'record_id', deeds.all().category)).toMatchObject({
          name: 'Nowa grupa',
        });
      });
      cell('M-staff-create-in', 'a member of staff', async () => {
        expect(await deeds.rowOf('staff', 'staff_id', deeds.all().staff)).toMatchObject({ name: 'Ela Nowa' });
      });
      cell('M-room-create-in', 'a room', async () => {
        expect(await deeds.rowOf('rooms', 'room_id', deeds.all().room)).toMatchObject({ name: 'Pokój nowy' });
      });
      cell('M-time_off-create-in', 'time off', async () => {
        expect(await deeds.rowOf('time_off', 'time_off_id', deeds.all().timeOff)).toMatchObject({
          reason_code: 'vacation',
        });
      });
      cell('M-reservation-create-in', 'a block of the visit list (R19)', async () => {
        expect(await deeds.rowOf('time_off', 'time_off_id', `${deeds.all().reservation}:%`)).toMatchObject({
          source: 'reservation',
        });
      });
      cell('M-hours-create-in', 'a custom day', async () => {
        expect(await deeds.customDay()).toEqual([[600, 720]]);
      });
    });

    describe('changed there', () => {
      beforeAll(async () => {
        await bench.rig.engine.simulator.control('PATCH', `/visits/${deeds.all().visit}`, {
          customer_note: 'proszę o ciszę',
        });
        await bench.rig.engine.simulator.control('PATCH', `/visits/${deeds.all().reservation}`, {
          subbookings: undefined,
          moveMinutes: 30,
        });
        await asSalon('PATCH', `customer/${deeds.all().client}/`, { last_name: 'Zmieniona' });
        await asSalon('PATCH', `service/${deeds.all().service}/`, { name: 'Usługa zmieniona' });
        await asSalon('PATCH', `service/${deeds.all().service}/variant/${deeds.all().variant}/`, {
          duration: 55,
        });
        await asSalon('PATCH', `service_category/${deeds.all().category}/`, { name: 'Grupa zmieniona' });
        await asSalon('PATCH', `resource/${deeds.all().staff}/`, { name: 'Ela Zmieniona' });
        await asSalon('PATCH', `resource/${deeds.all().room}/`, { name: 'Pokój zmieniony' });
        await asSalon(
          'PATCH',
          `schedule/resource/${bench.rig.staff.externalId}/time_off/${deeds.all().timeOff}/`,
          {
            hour_till: '11:00',
          },
        );
        await asSalon('PUT', `schedule/resource/${bench.rig.staff.externalId}/custom/${CUSTOM_DAY}/`, {
          hours: [],
        });
        await bench.rig.engine.fullSync(bench.rig.businessId);
      }, 240_000);

      cell('M-visit-change-in', 'a note', async () => {
        expect(await deeds.rowOf('bookings', 'booking_id', deeds.all().visit)).toMatchObject({
          client_note: 'proszę o ciszę',
        });
      });
      cell('M-client-change-in', 'a name', async () => {
        expect(await deeds.rowOf('profiles', 'profile_id', deeds.all().client)).toMatchObject({
          family_name: 'Zmieniona',
        });
      });
      cell('M-service-change-in', 'a name', async () => {
        expect(await deeds.rowOf('services', 'record_id', deeds.all().service)).toMatchObject({
          name: 'Usługa zmieniona',
        });
      });
      cell('M-variant-change-in', 'a duration', async () => {
        expect(await deeds.rowOf('service_variants', 'record_id', deeds.all().variant)).toMatchObject({
          duration_minutes: 55,
        });
      });
      cell('M-category-change-in', 'a name', async () => {
        expect(await deeds.rowOf('service_categories', 'record_id', deeds.all().category)).toMatchObject({
          name: 'Grupa zmieniona',
        });
      });
      cell('M-staff-change-in', 'a name', async () => {
        expect(await deeds.rowOf('staff', 'staff_id', deeds.all().staff)).toMatchObject({
          name: 'Ela Zmieniona',
        });
      });
      cell('M-room-change-in', 'a name', async () => {
        expect(await deeds.rowOf('rooms', 'room_id', deeds.all().room)).toMatchObject({
          name: 'Pokój zmieniony',
        });
      });
      cell('M-time_off-change-in', 'its end', async () => {
        const row = await deeds.rowOf('time_off', 'time_off_id', deeds.all().timeOff);
        const { till } = await one<{ till: string }>(
          `SELECT to_char(ends_local, 'HH24:MI') AS till FROM time_off WHERE id = $1`,
          [row['id']],
        );
        expect(till).toBe('11:00');
      });
      cell('M-reservation-change-in', 'its time', async () => {
        const row = await deeds.rowOf('time_off', 'time_off_id', `${deeds.all().reservation}:%`);
        const { from } = await one<{ from: string }>(
          `SELECT to_char(starts_local, 'HH24:MI') AS from FROM time_off WHERE id = $1`,
          [row['id']],
        );
        expect(from).toBe('02:30');
      });
      cell('M-hours-change-in', 'a day that is closed now', async () => {
        expect(await deeds.customDay()).toEqual([]);
      });
    });

    cellsInEnded(bench, deeds);
  });
}
