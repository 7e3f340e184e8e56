import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObservedAppointment, ObservedVisit } from '../../../domain/observed.ts';
import { isBooksyError, type NewVisit } from '../../../booksy/index.ts';
import { call, failure, startRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());

const WIDE = { fromDate: '2026-01-01', toDate: '2027-12-31' } as const;

function visitOf(observed: ObservedAppointment): ObservedVisit {
  if (observed.kind !== 'visit') throw new Error('A block came where a visit was expected.');
  return observed;
}

async function allVisits(): Promise<ObservedAppointment[]> {
  const rows: ObservedAppointment[] = [];
  for (let offset = 0; ; offset += 100) {
    const page = await rig.client.listAppointments(rig.salon, { offset, limit: 100 }, call);
    expect(page.rejected).toEqual([]);
    rows.push(...page.rows);
    if (rows.length >= page.total) return rows;
  }
}

describe('reading a salon', () => {
  it('lists and reads the salon itself', async () => {
    const list = await rig.client.listBusinesses(call);
    expect(list.rows.map((row) => row.externalId)).toContain(rig.salon.externalId);
    const { value } = await rig.client.getBusiness(rig.salon.externalId, call);
    expect(value).toMatchObject({ zone: 'Europe/Warsaw', currency: 'PLN', country: 'PL' });
  });

  it('understands every row of every list', async () => {
    const { client, salon } = rig;
    const resources = await client.listResources(salon, call);
    const services = await client.listServices(salon, call);
    const categories = await client.listCategories(salon, call);
    const first = services.rows[0]?.externalId ?? '';
    const variants = await client.listVariants(salon, { serviceExternalId: first }, call);
    const clients = await client.listClients(salon, { offset: 0, limit: 100 }, call);
    const owner = { kind: 'resource', externalId: resources.rows[0]?.externalId ?? '' } as const;
    const week = await client.getWeek(salon, { owner }, call);
    const custom = await client.listCustomDays(salon, { owner: { kind: 'business' }, ...WIDE }, call);
    const off = await client.listTimeOff(salon, { resourceExternalId: owner.externalId }, call);
    const lists = { resources, services, categories, variants, clients, week, custom };
    for (const [name, list] of Object.entries(lists)) {
      expect(list.rejected, name).toEqual([]);
      expect(list.rows.length, name).toBeGreaterThan(0);
    }
    expect(off.rejected).toEqual([]);
    expect(week.rows.length % 7).toBe(0);
    expect(resources.rows.some((row) => row.accessLevel === 'reception')).toBe(true);
    expect(resources.rows.some((row) => row.kind === 'room')).toBe(true);
    expect(clients.total).toBe(clients.externalIds.length);
  });

  it('reads by id what it read in the list, and both say when by the database clock', async () => {
    const before = await databaseNow();
    const rows = await allVisits();
    const inList = rows.find((row) => row.kind === 'visit');
    const { value, interval } = await rig.client.getAppointment(
      rig.salon,
      { externalId: inList?.externalId ?? '' },
      call,
    );
    const after = await databaseNow();
    expect(value).toEqual(inList);
    expect(Date.parse(interval.sentAt)).toBeGreaterThanOrEqual(before - 1);
    // `receivedAt` is an upper bound: it may lie ahead by as long as the pacer was asked.
    expect(Date.parse(interval.receivedAt)).toBeGreaterThan(before);
    expect(Date.parse(interval.sentAt)).toBeLessThan(after);
    expect(interval.sentAt < interval.receivedAt).toBe(true);
  });

  it('shows every kind of appointment of a lifelike salon', async () => {
    const rows = await allVisits();
    expect(new Set(rows.map((row) => row.kind))).toEqual(new Set(['visit', 'reservation']));
    const visits = rows.filter((row) => row.kind === 'visit');
    expect(visits.some((row) => row.items.length > 1)).toBe(true);
    expect(visits.some((row) => row.travel !== null)).toBe(true);
  });

  it('says when a page is wrong before it asks', async () => {
    const asking = () => rig.client.listClients(rig.salon, { offset: 0, limit: 101 }, call);
    await expect(asking).rejects.toThrow(RangeError);
  });
});

describe('writing', () => {
  async function newVisit(hour: string): Promise<NewVisit> {
    const sample = (await allVisits())
      .filter((row) => row.kind === 'visit')
      .find((row) => row.clientExternalId !== null);
    const item = sample?.items[0];
    if (sample === undefined || item === undefined) throw new Error('The salon has no visit.');
    return {
      importUid: `0197a001-0000-7000-8000-${hour.replace(':', '').padStart(12, '0')}:1`,
      clientExternalId: sample.clientExternalId,
      clientName: 'Jan T.',
      clientPhone: null,
      clientEmail: null,
      clientNote: 'cicho',
      items: [
        {
          ...item,
          externalId: null,
          startsLocal: `2027-09-06T${hour}`,
          endsLocal: `2027-09-06T${hour.slice(0, 2)}:45`,
        },
      ],
      travel: null,
    };
  }

  it('creates, finds, changes and cancels a visit; what it does not know survives', async () => {
    const { client, salon, simulator } = rig;
    const visit = await newVisit('10:00');
    const created = visitOf((await client.createAppointment(salon, { visit }, call)).value);
    expect(created).toMatchObject({ importUid: visit.importUid, status: 'confirmed', clientNote: 'cicho' });
    const mapped = await client.mapImport(salon, { entity: 'appointment', importUid: visit.importUid }, call);
    expect(mapped.value.externalId).toBe(created.externalId);

    const path = `/business/${salon.externalId}/appointment/${created.externalId}/`;
    const there = async () => z.record(z.string(), z.unknown()).parse(await simulator.asSalon('GET', path));
    await simulator.asSalon('PUT', path, { ...(await there()), business_note: 'PRIVATE' });
    const read = await client.readAppointmentForWrite(salon, { externalId: created.externalId }, call);
    expect(JSON.stringify(read)).not.toContain('PRIVATE');
    const changed = await client.putAppointment(
      salon,
      { externalId: created.externalId, raw: read.raw, change: { clientNote: 'głośno' } },
      call,
    );
    expect(visitOf(changed.value)).toMatchObject({ clientNote: 'głośno', items: visitOf(read.value).items });
    expect(await there()).toMatchObject({ business_note: 'PRIVATE', import_uid: visit.importUid });

    const cancelled = await client.changeAppointmentStatus(
      salon,
      { externalId: created.externalId, step: 'cancel' },
      { lane: 1 },
    );
    expect(visitOf(cancelled.value)).toMatchObject({ status: 'cancelled', statusReason: 'cancelled' });
  });

  it('a taken time is 409, an unknown visit 404, a body that is not valid 400', async () => {
    const { client, salon } = rig;
    const visit = await newVisit('12:00');
    await client.createAppointment(salon, { visit }, call);
    const taken = await failure(
      client.createAppointment(salon, { visit: { ...visit, importUid: 'x:2' } }, call),
    );
    expect(taken).toMatchObject({
      code: 'time_taken',
      callerMay: 'fix_and_replan',
      details: { status: 409 },
    });
    const gone = await failure(client.getAppointment(salon, { externalId: '999999999' }, call));
    expect(gone).toMatchObject({ code: 'not_found', callerMay: 'treat_as_gone' });
    const item = visit.items[0];
    if (item === undefined) throw new Error('no item');
    const bad = { ...visit, importUid: 'x:3', items: [{ ...item, endsLocal: '2027-09-06T08:00' }] };
    expect(await failure(client.createAppointment(salon, { visit: bad }, call))).toMatchObject({
      code: 'invalid_request',
    });
  });

  it('writes cards, time off, hours, services, variants, categories and resources, and takes them away', async () => {
    const { client, salon } = rig;
    const input = {
      givenName: 'Ewa',
      familyName: 'Próbna',
      email: 'ewa@probna.example',
      phone: '+48500000199',
    };
    const card = await client.createClient(salon, { client: input }, call);
    expect(card.value).toMatchObject(input);
    const key = { externalId: card.value.externalId };
    const { raw } = await client.readClientForWrite(salon, key, call);
    expect(
      (await client.putClient(salon, { ...key, raw, change: { familyName: 'Nowa' } }, call)).value,
    ).toMatchObject({
      ...input,
      familyName: 'Nowa',
    });
    await client.deleteClient(salon, key, call);
    expect(isBooksyError(await failure(client.getClient(salon, key, call)), 'not_found')).toBe(true);

    const room = await client.createResource(
      salon,
      {
        resource: {
          kind: 'room',
          name: 'Próba',
          active: true,
          visible: true,
          position: 9,
          email: null,
          serviceExternalIds: [],
        },
      },
      call,
    );
    const resourceExternalId = room.value.externalId;
    const timeOff = {
      startsLocal: '2027-09-06T09:00',
      endsLocal: '2027-09-07T00:00',
      reasonCode: 'maintenance',
      approved: true,
    } as const;
    const off = await client.createTimeOff(salon, { resourceExternalId, timeOff, importUid: 'r:1' }, call);
    expect(off.value).toMatchObject({
      startsLocal: timeOff.startsLocal,
      endsLocal: timeOff.endsLocal,
      ours: true,
    });
    const owner = { kind: 'resource', externalId: resourceExternalId } as const;
    const read = await client.readWeekForWrite(salon, { owner }, call);
    const change = [{ dayOfWeek: 1, appliesFrom: null, intervals: [[540, 1440]] }] as const;
    const written = await client.putWeek(salon, { owner, raw: read.raw, change }, call);
    expect(written.value[1]?.intervals).toEqual([[540, 1440]]);
    expect((await client.getWeek(salon, { owner }, call)).rows[1]?.intervals).toEqual([[540, 1440]]);
    const date = '2027-09-08';
    const days = await client.readCustomDaysForWrite(salon, { owner, fromDate: date, toDate: date }, call);
    const day = await client.putCustomDay(
      salon,
      { owner, date, raw: days.raw, intervals: [[1200, 1560]] },
      call,
    );
    expect(day.value.intervals).toEqual([[1200, 1560]]);
    const offKey = { resourceExternalId, externalId: off.value.externalId };
    await client.deleteTimeOff(salon, offKey, call);
    expect((await client.listTimeOff(salon, { resourceExternalId }, call)).rows).toEqual([]);
    await client.deleteResource(salon, { externalId: resourceExternalId }, call);

    const category = await client.createCategory(
      salon,
      { category: { name: 'Próby', position: 99 }, importUid: 'c:1' },
      call,
    );
    const service = await client.createService(
      salon,
      {
        importUid: 's:1',
        service: {
          name: 'Próba',
          description: null,
          categoryExternalId: category.value.externalId,
          priceType: 'fixed',
          paddingKind: 'after',
          paddingMinutes: 10,
          gapAfterMinutes: 20,
          gapMinutes: 15,
          parallelClients: 2,
          active: true,
          position: 99,
        },
      },
      call,
    );
    expect(service.value).toMatchObject({
      paddingKind: 'after',
      gapMinutes: 15,
      parallelClients: 2,
      importUid: 's:1',
    });
    const serviceExternalId = service.value.externalId;
    const variant = await client.createVariant(
      salon,
      {
        serviceExternalId,
        importUid: 'v:1',
        variant: {
          label: 'a',
          price: { type: 'fixed', minor: 12345 },
          durationMinutes: 45,
          slotStepMinutes: null,
          staffExternalIds: [],
        },
      },
      call,
    );
    expect(variant.value.price).toEqual({ type: 'fixed', minor: 12345, currency: 'PLN' });
    await client.deleteVariant(salon, { serviceExternalId, externalId: variant.value.externalId }, call);
    await client.deleteService(salon, { externalId: serviceExternalId }, call);
    await client.deleteCategory(salon, { externalId: category.value.externalId }, call);
  });

  it('a switched-off capability refuses before anything is sent (R5)', async () => {
    const before = (await rig.simulator.counters()).calls.total;
    const client = rig.another({ BOOKSY_CAP_APPOINTMENT_WRITES: 'false' });
    const refused = await failure(
      client.changeAppointmentStatus(rig.salon, { externalId: '1', step: 'cancel' }, call),
    );
    expect(refused).toMatchObject({ code: 'forbidden', details: { reason: 'capability_off' } });
    expect((await rig.simulator.counters()).calls.total).toBe(before);
  });

  it('thin list rows cannot tell travel, whatever they carry (R5)', async () => {
    const client = rig.another({ BOOKSY_LIST_ROWS_FULL: 'false' });
    const page = await client.listAppointments(rig.salon, { offset: 0, limit: 50 }, call);
    expect(page.rows.filter((row) => row.kind === 'visit').every((row) => row.travel === undefined)).toBe(
      true,
    );
  });
});

async function databaseNow(): Promise<number> {
  const { rows } = await rig.database.pool.query<{ ms: number }>(
    'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
  );
  return rows[0]?.ms ?? Number.NaN;
}
