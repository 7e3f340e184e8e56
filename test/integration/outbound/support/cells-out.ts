import { v7 as uuidv7 } from 'uuid';
import { describe, expect } from 'vitest';
import type { MatrixBench } from './bench.ts';
import { scheduleId } from '../../../../domain/states/hours.ts';
import { wednesday } from './days.ts';

/** Done here by SQL, seen there. */
export function cellsOut(bench: MatrixBench): void {
  const { cell, asSalon, linked, one } = bench;

  describe('visits out', () => {
    cell('M-visit-create-out', 'a visit of ours is made there (R16, R39)', async () => {
      const at = bench.rig.freeHour();
      const id = await bench.rig.book(at);
      expect(await bench.rig.process('booking', id)).toMatchObject({ outcome: 'written', writes: 1 });
      const there = await bench.rig.there((await bench.rig.linkOf(id)) ?? '');
      expect(there).toMatchObject({ booked_from: at, import_uid: `${id}:1`, customer_name: 'Zofia Z.' });
      expect(there['subbookings']).toMatchObject([
        {
          staffer_id: Number(bench.rig.staff.externalId),
          service_variant_id: Number(bench.rig.variant.externalId),
        },
      ]);
    });

    cell(
      'M-visit-change-out',
      'a moved visit is moved there, what nobody here knows stays (5, R13a)',
      async () => {
        const id = await bench.rig.book(bench.rig.freeHour());
        await bench.rig.process('booking', id);
        const link = (await bench.rig.linkOf(id)) ?? '';
        await bench.rig.engine.simulator.control('PATCH', `/visits/${link}`, { business_note: 'PRIVATE' });
        await bench.rig.sql(
          `UPDATE booking_items SET starts_local = starts_local + interval '15 minutes', ends_local = ends_local + interval '15 minutes',
                starts_at = starts_at + interval '15 minutes', ends_at = ends_at + interval '15 minutes' WHERE booking_id = $1`,
          [id],
        );
        expect(await bench.rig.process('booking', id)).toMatchObject({ outcome: 'written' });
        const there = await bench.rig.there(link);
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
          const at = bench.rig.freeHour();
          const made = await asSalon('POST', 'appointment/', {
            type: 'C',
            status: step.from,
            customer_name: 'Wanda Zmyślona',
            subbookings: [
              {
                booked_from: at,
                staffer_id: Number(bench.rig.staff.externalId),
                service_variant_id: Number(bench.rig.variant.externalId),
              },
            ],
          });
          await bench.rig.engine.fullSync(bench.rig.businessId);
          const { booking_id: id } = await one<{ booking_id: string }>(
            'SELECT booking_id FROM external_bookings WHERE business_id = $1 AND external_id = $2',
            [bench.rig.businessId, String(made['id'])],
          );
          await bench.rig.sql('UPDATE bookings SET status = $2, status_reason = $3 WHERE id = $1', [
            id,
            step.to,
            'reason' in step ? step.reason : null,
          ]);
          expect(await bench.rig.process('booking', id)).toMatchObject({ outcome: 'written', writes: 1 });
          expect(await bench.rig.there(String(made['id']))).toMatchObject({ status: step.there });
        }
      },
      120_000,
    );

    cell(
      'M-visit-remove-out',
      'a visit deleted here is cancelled there: nothing can be deleted (4)',
      async () => {
        const id = await bench.rig.book(bench.rig.freeHour());
        await bench.rig.process('booking', id);
        const link = (await bench.rig.linkOf(id)) ?? '';
        await bench.rig.sql('DELETE FROM bookings WHERE id = $1', [id]);
        expect(await bench.rig.process('booking', id)).toMatchObject({ outcome: 'written' });
        expect(await bench.rig.there(link)).toMatchObject({ status: 'C' });
      },
    );
  });

  describe('clients out', () => {
    let id = '';
    let card = '';

    cell(
      'M-client-create-out',
      'a card is made where a rule says that clients go out (R8, R15)',
      async () => {
        id = uuidv7();
        await bench.rig.sql(
          `INSERT INTO profiles (id, business_id, given_name, family_name, email) VALUES ($1, $2, 'Nela', 'Nowa', 'nela@salon.example')`,
          [id, bench.rig.businessId],
        );
        expect(await bench.rig.process('profile', id)).toMatchObject({ outcome: 'written', writes: 1 });
        card = await linked('external_clients', 'profile_id', id);
        expect(await asSalon('GET', `customer/${card}/`)).toMatchObject({
          first_name: 'Nela',
          email: 'nela@salon.example',
        });
      },
    );

    cell('M-client-change-out', 'a changed phone goes there, the rest of the card stays (R13a)', async () => {
      await asSalon('PATCH', `customer/${card}/`, { business_secret_note: 'PRIVATE' });
      await bench.rig.sql(`UPDATE profiles SET phone_e164 = '+48500100299' WHERE id = $1`, [id]);
      expect(await bench.rig.process('profile', id)).toMatchObject({ outcome: 'written', writes: 1 });
      expect(await asSalon('GET', `customer/${card}/`)).toMatchObject({
        cell_phone: '+48500100299',
        business_secret_note: 'PRIVATE',
      });
    });

    cell('M-client-remove-out', 'a profile deleted here deletes no card: only an erasure does', async () => {
      await bench.rig.sql('DELETE FROM profiles WHERE id = $1', [id]);
      const report = await bench.rig.process('profile', id);
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
      await bench.rig.sql(
        `INSERT INTO services (id, business_id, name, price_type, position) VALUES ($1, $2, 'Masaż na próbę', 'fixed', 90)`,
        [serviceId, bench.rig.businessId],
      );
      expect(await bench.rig.process('service', serviceId)).toMatchObject({ outcome: 'written', writes: 1 });
      service = await linked('external_services', 'record_id', serviceId);
      expect(await asSalon('GET', `service/${service}/`)).toMatchObject({
        name: 'Masaż na próbę',
        import_uid: `${serviceId}:1`,
      });
    });

    cell('M-variant-create-out', 'a variant of ours is made under its service', async () => {
      await bench.rig.sql(
        `INSERT INTO service_variants (id, business_id, service_id, label, price_type, price_minor, currency, duration_minutes)
         SELECT $1, $2, $3, 'długi', 'fixed', 15000, currency, 45 FROM businesses WHERE id = $2`,
        [variantId, bench.rig.businessId, serviceId],
      );
      await bench.rig.sql('INSERT INTO service_variant_staff (variant_id, staff_id) VALUES ($1, $2)', [
        variantId,
        bench.rig.staff.id,
      ]);
      expect(await bench.rig.process('variant', variantId)).toMatchObject({ outcome: 'written', writes: 1 });
      variant = await linked('external_services', 'record_id', variantId);
      expect(await asSalon('GET', `service/${service}/variant/${variant}/`)).toMatchObject({
        duration: 45,
        staffers: [Number(bench.rig.staff.externalId)],
      });
    });

    cell('M-service-change-out', 'a new name goes there', async () => {
      await bench.rig.sql(`UPDATE services SET name = 'Masaż próbny' WHERE id = $1`, [serviceId]);
      expect(await bench.rig.process('service', serviceId)).toMatchObject({ outcome: 'written', writes: 1 });
      expect(await asSalon('GET', `service/${service}/`)).toMatchObject({ name: 'Masaż próbny' });
    });

    cell(
      'M-variant-change-out',
      'a new price goes there in minor units and comes back the same (24)',
      async () => {
        await bench.rig.sql('UPDATE service_variants SET price_minor = 17550 WHERE id = $1', [variantId]);
        expect(await bench.rig.process('variant', variantId)).toMatchObject({
          outcome: 'written',
          writes: 1,
        });
        const there = await asSalon('GET', `service/${service}/variant/${variant}/`);
        expect(Number(there['price'])).toBe(175.5);
        expect(await bench.rig.process('variant', variantId)).toMatchObject({
          outcome: 'in_step',
          writes: 0,
        });
      },
    );

    cell(
      'M-variant-remove-out',
      'a variant deleted here stays there: nothing of the catalog is deleted',
      async () => {
        await bench.rig.sql('DELETE FROM service_variants WHERE id = $1', [variantId]);
        expect((await bench.rig.process('variant', variantId)).writes).toBe(0);
        expect(await asSalon('GET', `service/${service}/variant/${variant}/`)).toMatchObject({
          duration: 45,
        });
      },
    );

    cell('M-service-remove-out', 'a service deleted here stays there', async () => {
      await bench.rig.sql('DELETE FROM services WHERE id = $1', [serviceId]);
      expect((await bench.rig.process('service', serviceId)).writes).toBe(0);
      expect(await asSalon('GET', `service/${service}/`)).toMatchObject({ name: 'Masaż próbny' });
    });
  });

  describe('time off out (R19)', () => {
    const id = uuidv7();
    const day = wednesday(8);
    let off = '';
    const place = () => `schedule/resource/${bench.rig.staff.externalId}/time_off/${off}/`;

    cell('M-time_off-create-out', 'a block of ours is made there with our mark (R15)', async () => {
      await bench.rig.sql(
        `INSERT INTO time_off (id, business_id, owner_kind, owner_id, zone, starts_local, ends_local, starts_at, ends_at, reason_code)
         VALUES ($1, $2, 'staff', $3, $4, $5::timestamp, $6::timestamp, $5::timestamp AT TIME ZONE $4,
                 $6::timestamp AT TIME ZONE $4, 'training')`,
        [id, bench.rig.businessId, bench.rig.staff.id, bench.rig.zone, `${day} 09:00`, `${day} 12:00`],
      );
      expect(await bench.rig.process('time_off', id)).toMatchObject({ outcome: 'written', writes: 1 });
      off = await linked('external_time_off', 'time_off_id', id);
      expect(await asSalon('GET', place())).toMatchObject({
        reason: `[booksy-sync:${id}:1]`,
        reason_code: 'training',
      });
    });

    cell('M-time_off-change-out', 'moved here, moved there; the mark stays', async () => {
      await bench.rig.sql(
        'UPDATE time_off SET ends_local = $2::timestamp, ends_at = $2::timestamp AT TIME ZONE zone WHERE id = $1',
        [id, `${day} 13:00`],
      );
      expect(await bench.rig.process('time_off', id)).toMatchObject({ outcome: 'written', writes: 1 });
      expect(await asSalon('GET', place())).toMatchObject({
        hour_till: '13:00',
        reason: `[booksy-sync:${id}:1]`,
      });
    });

    cell('M-time_off-remove-out', 'removed here, removed there (4)', async () => {
      await bench.rig.sql('DELETE FROM time_off WHERE id = $1', [id]);
      expect(await bench.rig.process('time_off', id)).toMatchObject({ outcome: 'written', writes: 1 });
      await expect(asSalon('GET', place())).rejects.toThrow('404');
      expect(await bench.rig.sql('SELECT 1 FROM sync_outbox WHERE record_id = $1', [id])).toEqual([]);
    });
  });

  describe('opening hours out', () => {
    cell('M-hours-change-out', 'a weekday, and a date that is a day of its own (R8, R14)', async () => {
      const { id: staffId, externalId } = bench.rig.staff;
      const date = wednesday(9);
      const parts = [
        ['weekly', 'UPDATE working_hours SET intervals = $2 WHERE owner_id = $1 AND day_of_week = 3', []],
        [
          'custom',
          `INSERT INTO working_hours (id, business_id, owner_kind, owner_id, kind, date, intervals)
           VALUES ($3, $4, 'staff', $1, 'custom', $5, $2)`,
          [uuidv7(), bench.rig.businessId, date],
        ],
      ] as const;
      for (const [part, statement, values] of parts) {
        await bench.rig.sql(statement, [staffId, '[[615, 915]]', ...values]);
        expect(await bench.rig.process('hours', scheduleId('staff', staffId, part))).toMatchObject({
          outcome: 'written',
          writes: 1,
        });
      }
      const open = [{ hour_from: '10:15', hour_till: '15:15' }];
      const week = await asSalon('GET', `schedule/resource/${externalId}/default/`);
      expect(Object.values(week).find((day) => isDay(day) && day.day_of_week === 3)).toMatchObject({
        hours: open,
      });
      expect(await asSalon('GET', `schedule/resource/${externalId}/custom/${date}/`)).toMatchObject({
        hours: open,
      });
    });
  });
}

function isDay(value: unknown): value is { readonly day_of_week: number } {
  return typeof value === 'object' && value !== null && 'day_of_week' in value;
}
