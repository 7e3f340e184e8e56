import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, fingerprint, sameValue, type Json } from '../../../domain/canonical.ts';
import { jsonValue, shuffledKeys } from './support/json.ts';

describe('canonicalJson', () => {
  it.each<[string, Json, string]>([
    ['null', null, 'null'],
    ['a boolean', false, 'false'],
    ['a number', 10.5, '10.5'],
    ['a text with quotes', 'a"b', '"a\\"b"'],
    ['an empty list', [], '[]'],
    ['an empty record', {}, '{}'],
    ['keys out of order', { b: 1, a: 2 }, '{"a":2,"b":1}'],
    [
      'keys out of order inside a list',
      [{ b: 1, a: { d: null, c: [2, 1] } }],
      '[{"a":{"c":[2,1],"d":null},"b":1}]',
    ],
    ['keys by code unit, not by locale', { ż: 1, z: 2, Z: 3 }, '{"Z":3,"z":2,"ż":1}'],
  ])('writes %s', (_, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('keeps the order of lists: it is part of their value', () => {
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
  });

  it('tells "null" from a key that is missing', () => {
    expect(canonicalJson({ a: null })).not.toBe(canonicalJson({}));
  });

  it('is JSON that reads back as the same value', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
    );
  });

  it('does not depend on the order in which keys were set', () => {
    fc.assert(
      fc.property(jsonValue, fc.infiniteStream(fc.nat()), (value, picks) => {
        expect(canonicalJson(shuffledKeys(value, picks))).toBe(canonicalJson(value));
      }),
    );
  });

  it('survives a round through JSON, as through the database', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        expect(canonicalJson(JSON.parse(JSON.stringify(value)) as Json)).toBe(canonicalJson(value));
      }),
    );
  });
});

describe('sameValue', () => {
  it.each<[Json | undefined, Json | undefined, boolean]>([
    [undefined, undefined, true],
    [undefined, null, false],
    [null, undefined, false],
    [null, null, true],
    [0, false, false],
    [0, '0', false],
    ['', null, false],
    [[], {}, false],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1 }, { a: 1, b: null }, false],
    [[1, 2], [2, 1], false],
    [[[540, 1020]], [[540, 1020]], true],
  ])('%j and %j: %j', (left, right, same) => {
    expect(sameValue(left, right)).toBe(same);
    expect(sameValue(right, left)).toBe(same);
  });

  it('agrees with equality of content for any two values', () => {
    const close = fc.oneof(jsonValue, fc.constantFrom<Json>(null, 0, '', [], {}));
    fc.assert(
      fc.property(close, close, (left, right) => {
        let equal = true;
        try {
          expect(left).toStrictEqual(right);
        } catch {
          equal = false;
        }
        expect(sameValue(left, right)).toBe(equal);
      }),
    );
  });
});

describe('fingerprint', () => {
  it('is short, stable over releases, and safe in any column', () => {
    expect(fingerprint({ a: 1, b: [true, null] })).toBe(fingerprint({ b: [true, null], a: 1 }));
    // Written with another tool: stored hashes must still compare after a release.
    expect(fingerprint({ a: 1 })).toBe('AVq9f1zFei3ZS3WQ8ErYCE');
    expect(fingerprint('x')).toMatch(/^[\w-]{22}$/);
  });

  it('is equal exactly where the values are', () => {
    fc.assert(
      fc.property(jsonValue, jsonValue, (left, right) => {
        expect(fingerprint(left) === fingerprint(right)).toBe(sameValue(left, right));
      }),
    );
  });
});
