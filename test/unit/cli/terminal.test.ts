import { describe, expect, it } from 'vitest';
import { clean, fit, pad, visibleWidth } from '../../../cli/terminal.ts';

const RED = '\u001b[31m';
const END = '\u001b[39m';

describe('text on a terminal', () => {
  it.each([
    ['Zażółć', 6],
    ['Zażółć'.normalize('NFD'), 6],
    [`${RED}abc${END}`, 3],
    ['美容室', 6],
    ['💅', 2],
  ])('%j takes %d columns', (text, columns) => {
    expect(visibleWidth(text)).toBe(columns);
  });

  it('is cut to fit, and a colour that was begun is ended', () => {
    expect(fit('abcdef', 6)).toBe('abcdef');
    expect(fit('abcdefg', 6)).toBe('abcde…');
    expect(fit(`${RED}abcdefg${END}`, 4)).toBe(`${RED}abc…\u001b[0m`);
    // A wide character that would stick out is left away whole.
    expect(fit('ab美容', 4)).toBe('ab…');
    expect(visibleWidth(pad('美容室', 5))).toBe(5);
    expect(pad('ab', 4)).toBe('ab  ');
  });

  it.each([
    ['Anna\u001b[2JKowalska', 'Anna [2JKowalska'],
    ['Salon\r\nAurora', 'Salon Aurora'],
    ['a\u202egnp.exe', 'a gnp.exe'],
    ['bell\u0007\u009b31m', 'bell 31m'],
    ['  Zofia 👩‍🦰  ', 'Zofia 👩‍🦰'],
  ])('from elsewhere cannot steer the terminal: %j', (given, printed) => {
    expect(clean(given)).toBe(printed);
  });
});
