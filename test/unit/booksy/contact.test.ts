import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emailOf, phoneOf, textOf } from '../../../booksy/translate/contact.ts';

describe('contact values', () => {
  it.each([
    ['  Zofia.Zdzblo@Mail.EXAMPLE ', 'zofia.zdzblo@mail.example'],
    ['a+b@x.example', 'a+b@x.example'],
    ['brak', null],
    ['a@b', null],
    ['a b@c.example', null],
    ['a@b..example', null],
    ['', null],
    [null, null],
    [undefined, null],
  ])('e-mail %j is %j', (wire, email) => {
    expect(emailOf(wire)).toBe(email);
  });

  it.each([
    ['+48 500 000 101', 'PL', '+48500000101'],
    ['500 000 101', 'PL', '+48500000101'],
    ['500-000-101', 'pl', '+48500000101'],
    ['0048500000101', 'PL', '+48500000101'],
    ['+1 (202) 555-0143', 'PL', '+12025550143'],
    ['(202) 555-0143', 'US', '+12025550143'],
    ['07700 900123', 'GB', '+447700900123'],
    ['500 000 101', 'XX', null],
    ['12', 'PL', null],
    ['brak', 'PL', null],
    ['call 500000101 please', 'PL', null],
    ['', 'PL', null],
    [null, 'PL', null],
  ])('phone %j in %s is %j', (wire, country, phone) => {
    expect(phoneOf(wire, country)).toBe(phone);
  });

  it('are canonical: a second pass changes nothing (R6)', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const email = emailOf(text);
        expect(emailOf(email)).toBe(email);
        const phone = phoneOf(text, 'PL');
        expect(phoneOf(phone, 'US')).toBe(phone);
        const plain = textOf(text);
        expect(textOf(plain)).toBe(plain);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 500000000, max: 899999999 }), (number) => {
        const phone = phoneOf(String(number), 'PL');
        expect(phoneOf(phone, 'US')).toBe(phone);
        expect(phone).toBe(`+48${String(number)}`);
      }),
    );
  });
});
