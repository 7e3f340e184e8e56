import { describe, expect, it } from 'vitest';
import { isDatabaseAway } from '../../../infra/database/errors.ts';

const wrapped = (cause: unknown) => Object.assign(new Error('the query failed'), { cause });

describe('isDatabaseAway', () => {
  it.each([
    ['a refused connection', Object.assign(new Error('x'), { code: 'ECONNREFUSED' })],
    ['a shutdown', Object.assign(new Error('x'), { code: '57P01' })],
    ['a line that broke under a query', new Error('Connection terminated unexpectedly')],
    ['no answer in time', new Error('Query read timeout')],
    ['no free connection in time', new Error('timeout exceeded when trying to connect')],
    ['any of them inside another', wrapped(wrapped(new Error('Connection terminated unexpectedly')))],
  ])('knows %s', (_what, error) => {
    expect(isDatabaseAway(error)).toBe(true);
  });

  it.each([
    ['a refused value', Object.assign(new Error('x'), { code: '23505' })],
    ['a bound that ended the statement', Object.assign(new Error('x'), { code: '57014' })],
    ['a text that quotes it', new Error('the note said: Connection terminated')],
    ['nothing', null],
  ])('does not take %s for it', (_what, error) => {
    expect(isDatabaseAway(error)).toBe(false);
  });
});
