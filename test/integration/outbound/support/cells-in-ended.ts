import { beforeAll, describe, expect } from 'vitest';
import type { MatrixBench } from './bench.ts';
import { CANCEL_DAY, type DeedsThere } from './deeds-there.ts';

/** Ended there by the salon, seen here after the next pass. */
export function cellsInEnded(bench: MatrixBench, deeds: DeedsThere): void {
  const { cell, asSalon } = bench;

  describe('ended there', () => {
    let cancelled = '';
    beforeAll(async () => {
      cancelled = String(
        (
          await asSalon('POST', 'appointment/', {
            customer_name: 'Iga Próbna',
            subbookings: [
              {
                booked_from: `${CANCEL_DAY}T02:00`,
                booked_till: `${CANCEL_DAY}T03:00`,
                staffer_id: Number(bench.rig.staff.externalId),
              },
            ],
          })
        )['id'],
      );
      await bench.rig.engine.fullSync(bench.rig.businessId);
      await bench.rig.engine.simulator.control('PATCH', `/visits/${cancelled}`, { status: 'C' });
      await bench.rig.engine.simulator.control('DELETE', `/visits/${deeds.all().visit}`);
      await bench.rig.engine.simulator.control('DELETE', `/visits/${deeds.all().reservation}`);
      await asSalon('DELETE', `customer/${deeds.all().client}/`);
      await asSalon(
        'DELETE',
        `schedule/resource/${bench.rig.staff.externalId}/time_off/${deeds.all().timeOff}/`,
      );
      await asSalon('DELETE', `service/${deeds.all().service}/variant/${deeds.all().variant}/`);
      await asSalon('DELETE', `service/${deeds.all().service}/`);
      await asSalon('DELETE', `service_category/${deeds.all().category}/`);
      await asSalon('DELETE', `resource/${deeds.all().staff}/`);
      await asSalon('DELETE', `resource/${deeds.all().room}/`);
      await bench.rig.engine.fullSync(bench.rig.businessId);
    }, 240_000);

    cell('M-visit-status-in', 'a cancel frees the time (4, 5)', async () => {
      expect(await deeds.rowOf('bookings', 'booking_id', cancelled)).toMatchObject({ status: 'cancelled' });
    });
    cell('M-visit-remove-in', 'a future visit that is gone is cancelled here (R18)', async () => {
      expect(await deeds.rowOf('bookings', 'booking_id', deeds.all().visit)).toMatchObject({
        status: 'cancelled',
        status_reason: 'gone_at_booksy',
      });
    });
    cell('M-client-remove-in', 'a card that is gone leaves the client (R18)', async () => {
      expect((await deeds.rowOf('profiles', 'profile_id', deeds.all().client))['gone_at']).not.toBeNull();
    });
    cell('M-service-remove-in', 'can no longer be booked', async () => {
      expect(await deeds.rowOf('services', 'record_id', deeds.all().service)).toMatchObject({
        active: false,
      });
    });
    cell('M-variant-remove-in', 'can no longer be booked', async () => {
      expect(await deeds.rowOf('service_variants', 'record_id', deeds.all().variant)).toMatchObject({
        active: false,
      });
    });
    cell('M-category-remove-in', 'stays, marked', async () => {
      expect(
        (await deeds.rowOf('service_categories', 'record_id', deeds.all().category))['gone_at'],
      ).not.toBeNull();
    });
    cell('M-staff-remove-in', 'can no longer be booked', async () => {
      expect(await deeds.rowOf('staff', 'staff_id', deeds.all().staff)).toMatchObject({ active: false });
    });
    cell('M-room-remove-in', 'can no longer be booked', async () => {
      expect(await deeds.rowOf('rooms', 'room_id', deeds.all().room)).toMatchObject({ active: false });
    });
    cell('M-time_off-remove-in', 'frees the time', async () => {
      expect(
        await bench.rig.sql(
          `SELECT 1 FROM external_time_off m JOIN time_off t ON t.id = m.time_off_id WHERE m.business_id = $1 AND m.external_id = $2`,
          [bench.rig.businessId, deeds.all().timeOff],
        ),
      ).toEqual([]);
    });
    cell('M-reservation-remove-in', 'frees the time', async () => {
      expect(
        await bench.rig.sql(
          `SELECT 1 FROM external_time_off m JOIN time_off t ON t.id = m.time_off_id WHERE m.business_id = $1 AND m.external_id LIKE $2`,
          [bench.rig.businessId, `${deeds.all().reservation}:%`],
        ),
      ).toEqual([]);
    });
  });
}
