import { describe, expect, it } from 'vitest';
import { clientReader } from '../../../booksy/translate/client.ts';
import { appointmentReader } from '../../../booksy/translate/visit.ts';
import { neverPasses, passEdge } from '../../../booksy/wire/edge.ts';
import { readRows } from '../../../booksy/wire/read.ts';
import { golden, goldenWith, salon } from './golden.ts';

describe('the edge of R40', () => {
  it.each([
    'birthday',
    'date_of_birth',
    'Birth-Date',
    'allergens',
    'allergies',
    'business_secret_note',
    'business_note',
    'privateNote',
    'internal_notes',
    'health_notes',
    'medical_history',
    'is_pregnant_pregnancy',
    'skin_type',
    'religion',
    'pesel',
    'photo_url',
  ])('%s never passes', (field) => {
    expect(neverPasses(field)).toBe(true);
  });

  it.each([
    'customer_note',
    'first_name',
    'description',
    'label',
    'created',
    'service_name',
    'image_count',
    'page',
  ])('%s passes', (field) => {
    expect(neverPasses(field)).toBe(false);
  });

  it('drops them before they can become unknown fields, however deep', () => {
    const row = goldenWith('customer', {
      loyalty_points: 7,
      extra: { shoe: 1, birthday: 'CANARY-1', more: [{ allergies: 'CANARY-2', ok: true }] },
      medical_notes: 'CANARY-3',
    });
    const read = readRows([row], clientReader('PL'));
    expect(read.rows[0]?.unknown).toEqual({ loyalty_points: 7, extra: { shoe: 1, more: [{ ok: true }] } });
    expect(JSON.stringify(read)).not.toMatch(/CANARY|GOLDEN/);
  });

  it('drops them where the row is rejected too', () => {
    const read = readRows(
      [goldenWith('customer', { birthday: 'CANARY', first_name: 5 })],
      clientReader('PL'),
    );
    expect(read.rejected).toHaveLength(1);
    expect(JSON.stringify(read)).not.toMatch(/CANARY|GOLDEN/);
  });

  it("drops the salon's private note of a visit and keeps what the client asked", () => {
    const read = readRows([golden('appointment')], appointmentReader(salon, true));
    expect(JSON.stringify(read)).not.toContain('GOLDEN-BUSINESS-NOTE');
    expect(read.rows[0]).toMatchObject({ clientNote: 'proszę o kawę', unknown: null });
  });

  it('collects what it does not know of parts and travel under its path', () => {
    const row = goldenWith('appointment', {
      colour: 'blue',
      traveling: { price: 1, floor: 3 },
      subbookings: [
        {
          id: 1,
          booked_from: '2026-12-07T10:00',
          booked_till: '2026-12-07T11:00',
          chair: 2,
          secret_note: 'CANARY',
        },
      ],
    });
    expect(readRows([row], appointmentReader(salon, true)).rows[0]).toMatchObject({
      unknown: { colour: 'blue', 'traveling.floor': 3, 'subbookings.0.chair': 2 },
    });
  });

  it('does not let a field name reach into prototypes', () => {
    const hostile: unknown = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"x":1},"ok":1}');
    const passed = passEdge(hostile);
    expect(passed).toEqual({ ok: 1 });
    expect(Object.getPrototypeOf(passed)).toBe(Object.prototype);
  });
});
