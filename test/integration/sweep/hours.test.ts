import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { callsOf, dayFromToday, type Salon } from '../faults/support/salons.ts';
import { startSweeping, type Sweeping } from './support/sweeping.ts';

/** Hours and time off have no webhooks (R4): they are seen by sweeps, and those of who has visits to come most often (R36). */

let sweeping: Sweeping;
let salon: Salon;

beforeAll(async () => {
  sweeping = await startSweeping({ simulator: { salons: 1, visits: 200, clients: 30 } });
  salon = await sweeping.imported();
});

afterAll(() => sweeping.engine.stop());

const db = () => sweeping.engine.deps.db;
const WEEK = 'GET /business/{business_id}/schedule/resource/{resource_id}/default/';
const TIME_OFF = 'GET /business/{business_id}/schedule/resource/{resource_id}/time_off/';

/** Who has visits to come, by Booksy's id. */
async function busyStaff(): Promise<string> {
  const rows = await db().$queryRaw<{ id: string }[]>`
    SELECT m.external_id AS id FROM external_staff m JOIN booking_items i ON i.staff_id = m.staff_id
      JOIN bookings b ON b.id = i.booking_id JOIN staff s ON s.id = m.staff_id
     WHERE i.starts_at > now() AND b.status = 'confirmed' AND s.bookable
     ORDER BY i.starts_at LIMIT 1`;
  return rows[0]?.id ?? '';
}

/** The time off that the first test makes, by its id there: the generated salon has such reasons of its own. */
let trainingId = '';
let trainingStaff = '';
async function training() {
  const mirror = await db().externalTimeOff.findFirstOrThrow({ where: { externalId: trainingId } });
  return mirror.timeOffId === null
    ? null
    : db().timeOff.findUniqueOrThrow({ where: { id: mirror.timeOffId } });
}

describe('the hours of those who have visits to come', { timeout: 240_000 }, () => {
  it('R36 custom days and time off arrive by their own sweep, without weekly hours and without anybody else', async () => {
    const staff = await busyStaff();
    const { simulator } = sweeping;
    const day = dayFromToday(9);
    await simulator.asSalon(
      'PUT',
      `/business/${String(salon.id)}/schedule/resource/${staff}/custom/${day}/`,
      {
        hours: [{ hour_from: '12:00', hour_till: '15:00' }],
      },
    );
    const made = await simulator.asSalon(
      'POST',
      `/business/${String(salon.id)}/schedule/resource/${staff}/time_off/`,
      {
        date_from: dayFromToday(11),
        date_till: dayFromToday(11),
        hour_from: '10:00',
        hour_till: '11:00',
        reason_code: 'training',
        reason: null,
      },
    );
    trainingId = String(z.looseObject({ id: z.number() }).parse(made).id);
    trainingStaff = staff;
    await sweeping.nothingElseDue();
    await simulator.clearCounters();
    await sweeping.sweepOf(salon, 'soon');

    const { staffId } = await db().externalStaff.findFirstOrThrow({ where: { externalId: staff } });
    const custom = await db().workingHours.findFirst({
      where: { ownerId: staffId!, date: new Date(`${day}T00:00:00Z`) },
    });
    // Minutes of the day.
    expect(custom?.intervals).toEqual([[720, 900]]);
    const off = await training();
    expect(off?.startsLocal.toISOString().slice(0, 16)).toBe(`${dayFromToday(11)}T10:00`);
    expect(await callsOf(simulator, salon, WEEK)).toBe(0);
    const asked = await callsOf(simulator, salon, TIME_OFF);
    const everybody = await db().externalStaff.count({ where: { businessId: salon.businessId } });
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(everybody);
    const proven = await db().integrationSyncStatus.findMany({ where: { windowKey: 'soon' } });
    expect(proven.map(({ entity, complete }) => [entity, complete]).sort()).toEqual([
      ['hours', true],
      ['time_off', true],
    ]);
  });

  it('R3 time off that was deleted there ends here, once it was read by id', async () => {
    const before = await training();
    expect(before).not.toBeNull();
    await sweeping.simulator.asSalon(
      'DELETE',
      `/business/${String(salon.id)}/schedule/resource/${trainingStaff}/time_off/${trainingId}/`,
    );
    await sweeping.sweepOf(salon, 'soon');
    expect(await db().timeOff.count({ where: { id: before!.id } })).toBe(0);
  });
});

const week = z.array(z.looseObject({ day_of_week: z.number() }));

describe('weekly hours', { timeout: 240_000 }, () => {
  it('B23 a schedule that begins later arrives by the sweep and stays apart from the present one', async () => {
    const { simulator } = sweeping;
    const staff = await busyStaff();
    const path = `/business/${String(salon.id)}/schedule/resource/${staff}/default/`;
    const { staffId } = await db().externalStaff.findFirstOrThrow({ where: { externalId: staff } });
    const rows = () =>
      db().workingHours.findMany({
        where: { ownerId: staffId!, dayOfWeek: { not: null } },
        orderBy: { dayOfWeek: 'asc' },
      });
    const before = (await rows()).filter(({ appliesFrom }) => appliesFrom === null);
    const present = week
      .parse(await simulator.asSalon('GET', path))
      .filter((day) => day['hours_apply_from'] == null);
    const begins = dayFromToday(30);
    await simulator.asSalon('PUT', path, [
      ...present,
      ...present.map((day) => ({
        ...day,
        hours: [{ hour_from: '06:00', hour_till: '07:00' }],
        hours_apply_from: begins,
      })),
    ]);
    await sweeping.sweepOf(salon, 'hours');
    const after = await rows();
    const later = after.filter(({ appliesFrom }) => appliesFrom?.toISOString().slice(0, 10) === begins);
    // Days that it does not name are closed in it.
    expect(later).toHaveLength(7);
    const open = later.filter(({ dayOfWeek }) => present.some((day) => day.day_of_week === dayOfWeek));
    expect(open).toHaveLength(present.length);
    for (const { intervals } of open) expect(intervals).toEqual([[360, 420]]);
    // Today is as it was.
    expect(
      after
        .filter(({ appliesFrom }) => appliesFrom === null)
        .map(({ dayOfWeek, intervals }) => [dayOfWeek, intervals]),
    ).toEqual(before.map(({ dayOfWeek, intervals }) => [dayOfWeek, intervals]));
  });
});
