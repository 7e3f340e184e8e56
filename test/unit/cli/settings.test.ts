import { describe, expect, it } from 'vitest';
import { parsePort, parseRateLimit, portSetting, wholeNumber } from '../../../cli/up/settings.ts';

describe('parseRateLimit', () => {
  it.each([
    ['200/10s', 200, 10_000],
    ['200/min', 200, 60_000],
    ['200', 200, 60_000],
    ['50/s', 50, 1_000],
    ['50/sec', 50, 1_000],
    [' 2000/1s ', 2000, 1_000],
  ])('reads %s', (text, calls, windowMs) => {
    expect(parseRateLimit(text)).toEqual({ calls, windowMs });
  });

  it.each(['', '0/10s', '10/0s', '-5', 'many', '10/10', '10/10m', '1e3', '10/10s more'])(
    'refuses %j',
    (text) => {
      expect(() => parseRateLimit(text)).toThrow(/calls per time/);
    },
  );
});

describe('ports', () => {
  it('takes 0 and the highest port', () => {
    expect([parsePort('0'), parsePort('65535')]).toEqual([0, 65_535]);
  });

  it.each(['65536', '-1', '80.5', 'http', '', '0x50'])('refuses %j', (text) => {
    expect(() => parsePort(text)).toThrow(/port from 0 to 65535/);
  });

  it('prefers the option, then the variable, then nothing', () => {
    expect(portSetting(1234, { API_PORT: '99' }, 'API_PORT')).toBe(1234);
    expect(portSetting(undefined, { API_PORT: ' 99 ' }, 'API_PORT')).toBe(99);
    expect(portSetting(undefined, { API_PORT: '' }, 'API_PORT')).toBeUndefined();
  });

  it('names the variable that holds no port', () => {
    expect(() => portSetting(undefined, { API_PORT: 'http' }, 'API_PORT')).toThrow(
      /API_PORT is no port: "http"/,
    );
  });
});

describe('wholeNumber', () => {
  it('holds the least value', () => {
    expect(wholeNumber(1)('1')).toBe(1);
    expect(() => wholeNumber(1)('0')).toThrow(/at least 1/);
  });

  it.each(['1.5', '-1', 'x', '', '99999999999999999999'])('refuses %j', (text) => {
    expect(() => wholeNumber(0)(text)).toThrow(/whole number/);
  });
});
