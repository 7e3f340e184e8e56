import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { businessReader, resourceReader } from '../../../booksy/translate/business.ts';
import { categoryReader, serviceReader, variantReader } from '../../../booksy/translate/catalog.ts';
import { clientReader } from '../../../booksy/translate/client.ts';
import { customDayReader, readWeek, timeOffReader } from '../../../booksy/translate/hours.ts';
import { appointmentReader } from '../../../booksy/translate/visit.ts';
import { ownMark } from '../../../booksy/marker.ts';
import {
  pageRows,
  readRecord,
  readRows,
  RejectedRecordError,
  type RowReader,
} from '../../../booksy/wire/read.ts';
import { SchemaDriftError } from '../../../booksy/errors.ts';
import { fieldsOf, golden, goldenRows, goldenWith, salon } from './golden.ts';

const one = <W, T>(body: unknown, reader: RowReader<W, T>): T => readRecord(body, reader, {});
const visit = (changes: Record<string, unknown> = {}, full = true) =>
  one(goldenWith('appointment', changes), appointmentReader(salon, full));
const rejection = <W, T>(body: unknown, reader: RowReader<W, T>) => readRows([body], reader).rejected[0];

describe('salon and resources', () => {
  it('translates a salon', () => {
    expect(one(golden('business'), businessReader)).toEqual({
      externalId: '4711',
      name: 'Salon Pod Łabędziem',
      zone: 'Europe/Warsaw',
      country: 'PL',
      currency: 'PLN',
      bookingMode: 'automatic',
    });
  });

  it.each(['Mars/Olympus', '+01:00', '', 'Europe/Warsaw; DROP'])(
    'rejects the zone %j by name',
    (timezone) => {
      expect(rejection(goldenWith('business', { timezone }), businessReader)).toMatchObject({
        externalId: '4711',
        reasonCode: 'unknown_zone',
        field: 'timezone',
      });
    },
  );

  it('names a currency and a country that do not exist', () => {
    expect(rejection(goldenWith('business', { currency: 'ZZY' }), businessReader)).toMatchObject({
      field: 'currency',
    });
    expect(rejection(goldenWith('business', { country: 'Poland' }), businessReader)).toMatchObject({
      field: 'country',
    });
    expect(one(goldenWith('business', { country: 'uk', currency: 'gbp' }), businessReader)).toMatchObject({
      country: 'GB',
      currency: 'GBP',
    });
  });

  it('translates staff, receptionists and rooms', () => {
    expect(one(golden('resource-staff'), resourceReader)).toEqual({
      externalId: '201',
      kind: 'staff',
      name: 'Żaneta Ćwikła',
      email: 'zaneta@lab.example',
      active: true,
      visible: true,
      accessLevel: 'staff',
      position: 1,
      serviceExternalIds: ['5001', '5002'],
      unknown: null,
    });
    expect(one(golden('resource-reception'), resourceReader)).toMatchObject({
      kind: 'staff',
      accessLevel: 'reception',
    });
    expect(one(golden('resource-room'), resourceReader)).toMatchObject({ kind: 'room', accessLevel: null });
  });

  it('tells services that are not stated from an empty list, and a service that stands twice from two', () => {
    const services = (stated: unknown) =>
      one(goldenWith('resource-room', { services: stated }), resourceReader).serviceExternalIds;
    expect(services([])).toEqual([]);
    expect(services([7, 8, 7])).toEqual(['7', '8']);
    expect(services(null)).toBeNull();
    expect(services(undefined)).toBeNull();
  });
});

describe('hours', () => {
  it('fills the week: a missing day is closed, 24:00 is midnight, an earlier end runs past it', () => {
    const { rows, rejected } = readWeek(goldenRows('schedule-default'));
    expect(rejected).toEqual([]);
    expect(rows.map((day) => [day.dayOfWeek, day.intervals])).toEqual([
      [0, []],
      [1, [[540, 1020]]],
      [
        2,
        [
          [540, 780],
          [840, 1140],
        ],
      ],
      [3, []],
      [4, []],
      [5, [[720, 1440]]],
      [6, [[1200, 1560]]],
    ]);
  });

  it('keeps a set that begins later apart, with its own closed days', () => {
    const { rows } = readWeek(goldenRows('schedule-default-later'));
    expect(rows).toHaveLength(14);
    const later = rows.filter((day) => day.appliesFrom === '2027-01-04');
    expect(later.filter((day) => day.intervals.length > 0)).toEqual([
      { dayOfWeek: 1, appliesFrom: '2027-01-04', intervals: [[600, 1080]] },
    ]);
  });

  it('does not call a day closed that it could not read', () => {
    const broken = { day_of_week: 3, hours: [{ hour_from: '9', hour_till: '17:00' }] };
    const { rows, rejected } = readWeek([...goldenRows('schedule-default'), broken]);
    expect(rejected).toEqual([
      expect.objectContaining({ reasonCode: 'unparseable', field: 'hours.0.hour_from' }),
    ]);
    expect(rows.map((day) => day.dayOfWeek)).toEqual([1, 2, 5, 6]);
  });

  it('joins intervals that overlap, leaves those that touch', () => {
    const hours = [
      { hour_from: '12:00', hour_till: '14:00' },
      { hour_from: '09:00', hour_till: '12:30' },
      { hour_from: '14:00', hour_till: '15:00' },
    ];
    expect(one({ date: '2026-12-24', hours }, customDayReader).intervals).toEqual([
      [540, 840],
      [840, 900],
    ]);
  });

  it('rejects hours that hold no time and dates that do not exist', () => {
    const day = (from: string, till: string, date = '2026-12-24') =>
      rejection({ date, hours: [{ hour_from: from, hour_till: till }] }, customDayReader);
    expect(day('09:00', '09:00')).toMatchObject({ reasonCode: 'invalid_time_range', field: 'hours.0' });
    expect(day('24:00', '09:00')).toMatchObject({ reasonCode: 'invalid_time_range' });
    expect(day('09:00', '17:00', '2026-02-30')).toMatchObject({ reasonCode: 'unparseable', field: 'date' });
  });

  it('reads whole days, parts of days and midnight', () => {
    const { rows } = readRows(goldenRows('time-off'), timeOffReader('201'));
    expect(
      rows.map((off) => [off.externalId, off.startsLocal, off.endsLocal, off.allDay, off.reasonCode]),
    ).toEqual([
      ['801', '2026-12-28T00:00', '2027-01-01T00:00', true, 'vacation'],
      ['802', '2026-12-07T09:00', '2026-12-07T10:30', false, 'late'],
      ['803', '2026-12-08T12:00', '2026-12-09T00:00', false, 'maintenance'],
    ]);
    expect(
      rows.every((off) => off.source === 'time_off' && off.resourceExternalId === '201' && !off.ours),
    ).toBe(true);
  });

  it('knows its own mark and keeps no free text', () => {
    const row = { ...fieldsOf(goldenRows('time-off')[1]), reason: `x ${ownMark('0197a001:2')} y` };
    const off = one(row, timeOffReader('201'));
    expect(off).toMatchObject({ ours: true, importUid: '0197a001:2' });
    expect(JSON.stringify(off)).not.toMatch(/x |booksy-sync| y/);
  });

  it('lets a reason it does not know still block', () => {
    expect(
      one({ ...fieldsOf(goldenRows('time-off')[0]), reason_code: 'sabbatical' }, timeOffReader('201')),
    ).toMatchObject({
      reasonCode: 'other',
    });
  });

  it('rejects time off that ends before it starts', () => {
    const row = { ...fieldsOf(goldenRows('time-off')[0]), date_till: '2026-12-01' };
    expect(rejection(row, timeOffReader('201'))).toMatchObject({
      externalId: '801',
      reasonCode: 'invalid_time_range',
    });
  });
});

describe('catalog', () => {
  it('translates category and services', () => {
    expect(readRows(goldenRows('service-category'), categoryReader).rows).toEqual([
      { externalId: '41', name: 'Włosy', position: 1, importUid: null, unknown: null },
    ]);
    expect(readRows(goldenRows('service'), serviceReader).rows).toEqual([
      expect.objectContaining({
        externalId: '5001',
        categoryExternalId: '41',
        priceType: 'from',
        paddingKind: 'both',
        paddingMinutes: 10,
        gapAfterMinutes: 45,
        gapMinutes: 30,
        parallelClients: 1,
      }),
      expect.objectContaining({
        externalId: '5002',
        categoryExternalId: null,
        description: null,
        paddingKind: null,
        paddingMinutes: 0,
        gapMinutes: null,
        parallelClients: 6,
        importUid: '0197a001-0000-7000-8000-000000000001:1',
      }),
    ]);
  });

  it.each([
    ['A', 'after'],
    ['B', 'before'],
    ['C', 'both'],
  ])('padding %s is %s', (code, kind) => {
    const row = { ...fieldsOf(goldenRows('service')[0]), padding_time_type: code };
    expect(one(row, serviceReader).paddingKind).toBe(kind);
  });

  it('a foreign price rejects its variant alone', () => {
    const rows = [
      { ...fieldsOf(goldenRows('variant')[0]), price: '20 €' },
      ...goldenRows('variant').slice(1),
    ];
    const read = readRows(rows, variantReader('5001', 'PLN'));
    expect(read.rejected).toEqual([
      {
        externalId: '6001',
        reasonCode: 'foreign_currency',
        field: 'price',
        detail: "The price is in another currency than the salon's.",
      },
    ]);
    expect(read.rows).toHaveLength(rows.length - 1);
    expect(read.externalIds).toEqual(['6001', '6002', '6003', '6004', '6005', '6006', '6007']);
  });
});

describe('clients', () => {
  it('is contract-minimal and canonical', () => {
    expect(one(golden('customer'), clientReader('PL'))).toEqual({
      externalId: '90001',
      givenName: 'Zofia',
      familyName: 'Źdźbło',
      email: 'zofia.zdzblo@mail.example',
      phone: '+48500000101',
      createdAt: '2025-06-01T08:30:00.000Z',
      unknown: null,
    });
  });

  it('reads a page of dirt: empty e-mail, national phone, no phone', () => {
    const page = pageRows(golden('customer-page'), {});
    expect(page.total).toBe(203);
    const { rows } = readRows(page.rows, clientReader('PL'));
    expect(rows.map(({ email, phone }) => [email, phone])).toEqual([
      ['zofia.zdzblo@mail.example', '+48500000101'],
      [null, '+48500000101'],
      ['info@salon.example', null],
    ]);
  });
});

describe('visits', () => {
  it('translates a plain visit', () => {
    expect(visit()).toEqual({
      kind: 'visit',
      externalId: '700001',
      clientExternalId: '90001',
      status: 'confirmed',
      statusReason: null,
      statusCode: 'A',
      bookedBy: 'business',
      zone: 'Europe/Warsaw',
      startsLocal: '2026-12-07T10:00',
      endsLocal: '2026-12-07T11:15',
      clientName: 'Zofia Źdźbło',
      clientPhone: '+48500000101',
      clientEmail: 'zofia.zdzblo@mail.example',
      clientNote: 'proszę o kawę',
      importUid: null,
      items: [
        {
          externalId: '710001',
          startsLocal: '2026-12-07T10:00',
          endsLocal: '2026-12-07T11:15',
          staffExternalId: '201',
          anyStaff: false,
          roomExternalId: null,
          variantExternalId: '6001',
          serviceName: 'Koloryzacja',
        },
      ],
      travel: null,
      unknown: null,
    });
  });

  it.each([
    ['W', 'pending', null],
    ['A', 'confirmed', null],
    ['M', 'confirmed', 'changed_by_client'],
    ['P', 'proposed', null],
    ['D', 'cancelled', 'declined'],
    ['C', 'cancelled', 'cancelled'],
    ['F', 'completed', null],
    ['N', 'no_show', null],
  ])('status %s is %s (%s), lossless', (status, meaning, statusReason) => {
    expect(visit({ status })).toMatchObject({ status: meaning, statusReason, statusCode: status });
  });

  it('covers every status of the golden sample', () => {
    const { rows, rejected } = readRows(goldenRows('appointment-statuses'), appointmentReader(salon, true));
    expect(rejected).toEqual([]);
    expect(new Set(rows.map((row) => (row.kind === 'visit' ? row.statusCode : '')))).toEqual(
      new Set('AWPMDCFN'),
    );
  });

  it('type C is booked by the client; two parts keep their people and room', () => {
    const multi = one(golden('appointment-multi'), appointmentReader(salon, true));
    expect(multi).toMatchObject({
      bookedBy: 'client',
      items: [
        { externalId: '710002', staffExternalId: '201', roomExternalId: null },
        { externalId: '710003', staffExternalId: '202', roomExternalId: '301' },
      ],
    });
  });

  it('staff -1 is anybody, null is nobody', () => {
    expect(one(golden('appointment-any-staff'), appointmentReader(salon, true))).toMatchObject({
      clientExternalId: null,
      importUid: '0197a001-0000-7000-8000-0000000000aa:1',
      items: [{ staffExternalId: null, anyStaff: true }],
    });
  });

  it('type R is a block of a resource, not a client (R19)', () => {
    expect(one(golden('appointment-block'), appointmentReader(salon, true))).toEqual({
      kind: 'reservation',
      externalId: '700004',
      cancelled: false,
      zone: 'Europe/Warsaw',
      blocks: [
        {
          externalId: '700004:710005:201',
          source: 'reservation',
          resourceExternalId: '201',
          startsLocal: '2026-12-09T13:00',
          endsLocal: '2026-12-09T14:00',
          allDay: false,
          reasonCode: 'other',
          approved: true,
          ours: false,
          importUid: null,
        },
      ],
    });
    expect(
      one(goldenWith('appointment-block', { status: 'C' }), appointmentReader(salon, true)),
    ).toMatchObject({ cancelled: true });
  });

  it("travel has a price; the salon's own stamped address is not travel (behaviour 21)", () => {
    expect(one(golden('appointment-travel'), appointmentReader(salon, true))).toMatchObject({
      travel: { addressLine1: 'ul. Zmyślona 5', apartmentNumber: '7', postcode: '00-001', priceMinor: 4000 },
    });
    expect(one(golden('appointment-own-address'), appointmentReader(salon, true))).toMatchObject({
      travel: null,
    });
    const free = { price: 0, address_line_1: 'ul. Zmyślona 5' };
    expect(visit({ traveling: free })).toMatchObject({ travel: { priceMinor: 0 } });
  });

  it('a thin row cannot tell whether the visit travels (R5)', () => {
    const page = pageRows(golden('appointment-page-thin'), {});
    const thin = readRows(page.rows, appointmentReader(salon, true)).rows[0];
    expect(thin).toMatchObject({ travel: undefined });
    expect(Object.hasOwn(thin ?? {}, 'travel')).toBe(true);
    expect(visit({ traveling: null }, false)).toMatchObject({ travel: undefined });
  });

  it('keeps ambiguous and missing local times as they are (R11)', () => {
    const { rows, rejected } = readRows(goldenRows('appointment-dst'), appointmentReader(salon, true));
    expect(rejected).toEqual([]);
    expect(rows).toMatchObject([{ startsLocal: '2027-03-28T02:30' }, { startsLocal: '2026-10-25T02:15' }]);
  });

  it.each([
    [{ booked_till: '2026-12-07T09:00' }, 'invalid_time_range', 'booked_till'],
    [{ booked_till: '2026-12-07T10:00' }, 'invalid_time_range', 'booked_till'],
    [{ booked_from: '2026-13-07T09:00' }, 'unparseable', 'booked_from'],
    [{ booked_from: '2026-12-07T09:00:00+01:00' }, 'unparseable', 'booked_from'],
    [{ business_timezone: 'Europe/Nowhere' }, 'unknown_zone', 'business_timezone'],
    [{ status: 'Z' }, 'unparseable', 'status'],
    [{ status: undefined }, 'unparseable', 'status'],
    [{ subbookings: [] }, 'unparseable', 'subbookings'],
    [{ traveling: { price: '10 €' } }, 'foreign_currency', 'traveling.price'],
    [
      { subbookings: [{ booked_from: '2026-12-07T11:00', booked_till: '2026-12-07T10:00' }] },
      'invalid_time_range',
      'subbookings.0.booked_till',
    ],
  ])('rejects %j as %s at %s', (changes, reasonCode, field) => {
    const row = rejection(goldenWith('appointment', changes), appointmentReader(salon, true));
    expect(row).toMatchObject({ externalId: '700001', reasonCode, field });
  });

  it('24:00 is the next midnight', () => {
    expect(visit({ booked_till: '2026-12-07T24:00' })).toMatchObject({ endsLocal: '2026-12-08T00:00' });
  });
});

describe('reading in general', () => {
  it('one bad row does not stop the page, whatever it is', () => {
    const rows = [
      golden('customer'),
      null,
      7,
      'x',
      [],
      { id: 'a' },
      goldenWith('customer', { id: 5, email: 9 }),
    ];
    const read = readRows(rows, clientReader('PL'));
    expect(read.rows).toHaveLength(1);
    expect(read.rejected.map((row) => [row.externalId, row.field])).toEqual([
      [null, null],
      [null, null],
      [null, null],
      [null, null],
      [null, 'id'],
      ['5', 'email'],
    ]);
    expect(read.externalIds).toEqual(['90001', null, null, null, null, null, '5']);
  });

  it('an envelope that has changed is schema drift that names the field', () => {
    const drift = { field: 'count', code: 'schema_drift' };
    expect(() => pageRows({ total: 1, results: [] }, {})).toThrow(expect.objectContaining(drift));
    expect(() => pageRows({ count: 1, results: {} }, {})).toThrow(
      expect.objectContaining({ field: 'results' }),
    );
    expect(() => pageRows([], {})).toThrow(SchemaDriftError);
  });

  it('one record that cannot be read is an error that names it', () => {
    try {
      one(goldenWith('customer', { first_name: ['SECRET-VALUE'] }), clientReader('PL'));
      expect.unreachable('it was read');
    } catch (error) {
      expect(error).toBeInstanceOf(RejectedRecordError);
      expect(error).toMatchObject({
        code: 'schema_drift',
        rejected: { externalId: '90001', field: 'first_name' },
      });
      expect(String(error) + JSON.stringify(error)).not.toContain('SECRET-VALUE');
    }
  });

  it('any JSON at all is a row or a rejection, never a crash, and rejections hold no values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const reads = [
          readRows([value], appointmentReader(salon, true)),
          readRows([value], clientReader('PL')),
          readRows([value], serviceReader),
          readRows([value], businessReader),
        ];
        for (const read of reads) expect(read.rows.length + read.rejected.length).toBe(1);
      }),
    );
  });

  it('any damage to one field of a visit is a visit or a rejection', () => {
    const fields = Object.keys(goldenWith('appointment', {}));
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        const read = readRows(
          [goldenWith('appointment', { [field]: value })],
          appointmentReader(salon, true),
        );
        expect(read.rows.length + read.rejected.length).toBe(1);
      }),
    );
  });
});
