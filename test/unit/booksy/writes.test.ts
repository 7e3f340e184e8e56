import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { timeOffReader } from '../../../booksy/translate/hours.ts';
import { appointmentReader } from '../../../booksy/translate/visit.ts';
import { readRecord } from '../../../booksy/wire/read.ts';
import type { NewVisit } from '../../../booksy/write/inputs.ts';
import { changedDayBody, changedWeekBody } from '../../../booksy/write/hours.ts';
import {
  categoryBody,
  clientBody,
  over,
  resourceBody,
  serviceBody,
  timeOffBody,
  variantBody,
} from '../../../booksy/write/others.ts';
import { RawDocument } from '../../../booksy/write/raw-document.ts';
import { changedVisitBody, newVisitBody } from '../../../booksy/write/visit.ts';
import { fieldsOf, goldenWith, salon } from './golden.ts';

const contract = z
  .record(z.string(), z.unknown())
  .parse(parse(readFileSync(new URL('../../../booksy/openapi.yaml', import.meta.url), 'utf8')));
const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema({ $id: 'contract', ...contract });

/** Fails with the contract's own words where the body is not what it asks for. */
function expectContract(name: string, body: unknown): void {
  const check = ajv.compile({ $ref: `contract#/components/schemas/${name}` });
  check(body);
  expect(check.errors ?? [], name).toEqual([]);
}

const item = {
  externalId: null,
  startsLocal: '2026-12-07T10:00',
  endsLocal: '2026-12-07T11:00',
  staffExternalId: '201',
  anyStaff: false,
  roomExternalId: null,
  variantExternalId: '6001',
  serviceName: 'Koloryzacja',
} as const;
const newVisit: NewVisit = {
  importUid: '0197a001-0000-7000-8000-0000000000aa:1',
  clientExternalId: '90001',
  clientName: 'Zofia Ź.',
  clientPhone: '+48500000101',
  clientEmail: null,
  clientNote: null,
  items: [
    item,
    {
      ...item,
      startsLocal: '2026-12-07T11:00',
      endsLocal: '2026-12-07T12:00',
      anyStaff: true,
      staffExternalId: null,
    },
  ],
  travel: null,
};

describe('bodies fit the contract', () => {
  it('a new visit', () => {
    const body = newVisitBody(newVisit, 'PLN');
    expectContract('AppointmentWrite', body);
    expect(body).toMatchObject({
      type: 'B',
      booked_for_id: 90001,
      booked_from: '2026-12-07T10:00',
      booked_till: '2026-12-07T12:00',
      subbookings: [{ staffer_id: 201 }, { staffer_id: -1 }],
      traveling: null,
    });
  });

  it('a new visit that travels, its price as a plain amount', () => {
    const travel = {
      addressLine1: 'ul. Zmyślona 5',
      addressLine2: null,
      apartmentNumber: null,
      city: 'Warszawa',
      postcode: '00-001',
      latitude: null,
      longitude: null,
      priceMinor: 4050,
    };
    const body = newVisitBody({ ...newVisit, travel }, 'PLN');
    expectContract('AppointmentWrite', body);
    expect(body).toMatchObject({ traveling: { price: '40.50' } });
  });

  it('clients, resources, categories, services, variants, hours, time off', () => {
    expectContract(
      'CustomerWrite',
      clientBody({ givenName: 'Jan', familyName: '', email: null, phone: null }),
    );
    expectContract(
      'ResourceWrite',
      resourceBody({
        kind: 'room',
        name: 'Gabinet',
        active: true,
        visible: true,
        position: 1,
        email: null,
        serviceExternalIds: ['5'],
      }),
    );
    expectContract('ServiceCategoryWrite', categoryBody({ name: 'Włosy', position: 1 }));
    const service = serviceBody({
      name: 'Koloryzacja',
      description: null,
      categoryExternalId: null,
      priceType: 'from',
      paddingKind: 'both',
      paddingMinutes: 10,
      gapAfterMinutes: 45,
      gapMinutes: 30,
      parallelClients: 1,
      active: true,
      position: 1,
    });
    expectContract('ServiceWrite', service);
    expect(service).toMatchObject({
      price_type: 'S',
      padding_time_type: 'C',
      gap_time: { start_after: 45, duration: 30 },
    });
    expectContract('ServiceWrite', {
      ...service,
      ...serviceBody({ paddingKind: null, gapAfterMinutes: null, gapMinutes: null }),
    });
    const variant = variantBody(
      {
        label: null,
        price: { type: 'fixed', minor: 23000 },
        durationMinutes: 60,
        slotStepMinutes: null,
        staffExternalIds: ['201'],
      },
      'PLN',
    );
    expectContract('VariantWrite', variant);
    expect(variant).toMatchObject({ type: 'X', price: '230.00' });
    const nothing = new RawDocument({ rows: [] });
    const day = changedDayBody(nothing, '2026-12-24', [
      [540, 1440],
      [1200, 1560],
    ]);
    expectContract('CustomDayWrite', day);
    expect(day).toEqual({
      hours: [
        { hour_from: '09:00', hour_till: '24:00' },
        { hour_from: '20:00', hour_till: '02:00' },
      ],
    });
    for (const row of changedWeekBody(nothing, [
      { dayOfWeek: 1, appliesFrom: null, intervals: [[540, 1020]] },
    ])) {
      expectContract('ScheduleDay', row);
    }
  });

  it('opening hours are written over what was read: other days, later sets and what nobody here knows stay (R13a)', () => {
    const nine = [{ hour_from: '09:00', hour_till: '17:00', chair: 2 }];
    const rows = [
      { day_of_week: 1, hours: nine, hours_apply_from: null, tint: 'red' },
      { day_of_week: 2, hours: nine, tint: 'blue' },
      { day_of_week: 1, hours: nine, hours_apply_from: '2027-01-01', tint: 'green' },
      { day_of_week: 2, hours: nine, hours_apply_from: '2027-01-01', tint: 'grey' },
    ];
    const change = [
      { dayOfWeek: 2, appliesFrom: null, intervals: [[600, 720]] },
      { dayOfWeek: 3, appliesFrom: null, intervals: [] },
      { dayOfWeek: 1, appliesFrom: '2027-01-01', intervals: null },
    ] as const;
    expect(changedWeekBody(new RawDocument({ rows }), change)).toEqual([
      rows[0],
      {
        day_of_week: 2,
        hours: [{ hour_from: '10:00', hour_till: '12:00' }],
        hours_apply_from: null,
        tint: 'blue',
      },
      rows[3],
      { day_of_week: 3, hours: [], hours_apply_from: null },
    ]);
    const days = [{ date: '2026-12-24', hours: nine, tint: 'red' }];
    expect(changedDayBody(new RawDocument({ rows: days }), '2026-12-24', [])).toEqual({
      hours: [],
      tint: 'red',
    });
  });

  it.each([
    ['2026-12-07T09:00', '2026-12-07T10:30', ['2026-12-07', '2026-12-07', '09:00', '10:30']],
    ['2026-12-07T09:00', '2026-12-08T00:00', ['2026-12-07', '2026-12-07', '09:00', '24:00']],
    ['2026-12-28T00:00', '2027-01-01T00:00', ['2026-12-28', '2026-12-31', null, null]],
  ])('time off from %s to %s comes back as it was', (startsLocal, endsLocal, wire) => {
    const body = timeOffBody({ startsLocal, endsLocal, reasonCode: 'vacation', approved: true }, 'r');
    expectContract('TimeOffWrite', body);
    expect([body['date_from'], body['date_till'], body['hour_from'], body['hour_till']]).toEqual(wire);
    expect(readRecord({ id: 1, ...body }, timeOffReader('201'), {})).toMatchObject({
      startsLocal,
      endsLocal,
    });
  });
});

describe('a PUT is what was read, with our groups put over it (R13a)', () => {
  const read = goldenWith('appointment-travel', {
    loyalty: { points: 7 },
    business_note: 'KEEP-NOTE',
    import_uid: 'uid:1',
  });
  const options = { currency: 'PLN', statusOptional: true };

  it('changes nothing where nothing is changed, but for display prices and read-only fields', () => {
    const body = changedVisitBody(new RawDocument(read), {}, options);
    expectContract('AppointmentWrite', body);
    const { id: _1, business_id: _2, business_timezone: _3, status: _4, ...rest } = read;
    expect(body).toEqual({ ...rest, traveling: { ...fieldsOf(read['traveling']), price: '40.00' } });
  });

  it('puts one group over it and keeps the rest, unknown and private fields too', () => {
    const body = changedVisitBody(new RawDocument(read), { clientNote: 'new' }, options);
    expect(body).toMatchObject({ customer_note: 'new', loyalty: { points: 7 }, business_note: 'KEEP-NOTE' });
    expect(body['subbookings']).toEqual(read['subbookings']);
    expect(body).not.toHaveProperty('status');
  });

  it('carries the status where it may not be left out (R5)', () => {
    const body = changedVisitBody(new RawDocument(read), {}, { ...options, statusOptional: false });
    expect(body['status']).toBe('A');
  });

  it('matches parts by id, keeps what it does not know of them, and moves the frame', () => {
    const part = {
      id: 710006,
      booked_from: '2026-12-10T09:00',
      booked_till: '2026-12-10T10:00',
      chair: 4,
      staffer_id: 201,
    };
    const raw = new RawDocument({ ...read, subbookings: [{ ...part, id: 1 }, part] });
    const moved = {
      ...item,
      externalId: '710006',
      startsLocal: '2026-12-11T09:00',
      endsLocal: '2026-12-11T10:00',
    };
    const body = changedVisitBody(
      raw,
      { items: [moved, { ...item, startsLocal: '2026-12-11T10:00', endsLocal: '2026-12-11T10:30' }] },
      options,
    );
    expect(body).toMatchObject({ booked_from: '2026-12-11T09:00', booked_till: '2026-12-11T10:30' });
    expect(body['subbookings']).toEqual([
      expect.objectContaining({ id: 710006, chair: 4, booked_from: '2026-12-11T09:00' }),
      expect.not.objectContaining({ chair: 4 }),
    ]);
    expect(readRecord({ ...read, ...body }, appointmentReader(salon, true), {})).toMatchObject({
      startsLocal: '2026-12-11T09:00',
    });
  });

  it('does not touch the document it was built from', () => {
    const raw = new RawDocument(read);
    changedVisitBody(raw, { clientNote: 'x', travel: null }, options);
    expect(RawDocument.copyOf(raw)).toEqual(read);
  });

  it('keeps the private fields of a card there', () => {
    const card = goldenWith('customer', { tags: ['vip'] });
    const body = over(new RawDocument(card), clientBody({ email: 'new@mail.example' }));
    expectContract('CustomerWrite', body);
    const { id: _id, ...rest } = card;
    expect(body).toEqual({ ...rest, email: 'new@mail.example' });
  });

  it('refuses ids that are none before anything is sent', () => {
    expect(() => newVisitBody({ ...newVisit, clientExternalId: '../7' }, 'PLN')).toThrow(RangeError);
    expect(() => newVisitBody({ ...newVisit, items: [] }, 'PLN')).toThrow(RangeError);
  });
});
