import { describe, expect, it } from 'vitest';
import { bodyOf, retryAfterMs, transportError, type CallKind } from '../../../booksy/http/answers.ts';
import { TransportError, type Answer, type TransportReason } from '../../../booksy/http/transport.ts';
import {
  BOOKSY_ERROR_CODES,
  BooksyError,
  CALLER_MAY,
  ERROR_RULES,
  isBooksyError,
  isRetryable,
  RateLimitedError,
} from '../../../booksy/errors.ts';
import { RawDocument } from '../../../booksy/write/raw-document.ts';
import { inspect } from 'node:util';

const answer = (status: number, body: unknown = {}, extra: Partial<Answer> = {}): Answer => ({
  status,
  contentType: 'application/json; charset=utf-8',
  retryAfter: null,
  text: typeof body === 'string' ? body : JSON.stringify(body),
  sentAtMs: 0,
  receivedAtMs: 1,
  ...extra,
});

function codeOf(status: number, kind: CallKind, body?: unknown, extra?: Partial<Answer>): string {
  try {
    bodyOf(answer(status, body, extra), kind, { method: 'GET', path: 'appointment/:id/' });
    return 'good';
  } catch (error) {
    if (!isBooksyError(error)) throw error;
    expect(String(error) + JSON.stringify(error)).not.toMatch(/CANARY/);
    return error.code;
  }
}

describe('the error table', () => {
  it.each(BOOKSY_ERROR_CODES)('%s says what the caller may do', (code) => {
    const error = new BooksyError(code, 'Something went wrong');
    expect(CALLER_MAY).toContain(error.callerMay);
    expect(error.nextStep.length).toBeGreaterThan(20);
    expect(error.retryable).toBe(isRetryable(code));
    // What may be repeated says so in words as well, and nothing else does.
    expect(ERROR_RULES[code].retryable).toBe(error.callerMay === 'retry_later');
    expect(isBooksyError(error, code)).toBe(true);
  });

  it('is closed: the codes are those of the table', () => {
    expect([...BOOKSY_ERROR_CODES].sort()).toEqual(Object.keys(ERROR_RULES).sort());
    expect(isBooksyError(new Error('x'))).toBe(false);
    expect(isBooksyError(new BooksyError('forbidden', 'x'), 'not_found')).toBe(false);
  });
});

describe('what an answer means', () => {
  it.each([
    [400, 'invalid_request'],
    [401, 'auth_revoked'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [405, 'method_not_allowed'],
    [406, 'not_acceptable'],
    [409, 'time_taken'],
    [422, 'not_modifiable'],
    [429, 'rate_limited'],
    [302, 'unexpected_answer'],
    [418, 'unexpected_answer'],
  ])('%i is %s for reads and writes', (status, code) => {
    expect(codeOf(status, 'read', { detail: 'CANARY' })).toBe(code);
    expect(codeOf(status, 'write', { status_code: status, code: 'x', description: 'CANARY' })).toBe(code);
  });

  it.each([500, 502, 503, 504, 599])('%i: a read may be repeated, a write may have acted', (status) => {
    expect(codeOf(status, 'read', '<html>CANARY', { contentType: 'text/html' })).toBe('unavailable');
    expect(codeOf(status, 'write')).toBe('outcome_unknown');
  });

  it('an answer that is not JSON, breaks off, or is an error in disguise', () => {
    const html = { contentType: 'text/html' };
    expect(codeOf(200, 'read', '<p>CANARY</p>', html)).toBe('wrong_content_type');
    expect(codeOf(200, 'write', '<p>CANARY</p>', html)).toBe('outcome_unknown');
    expect(codeOf(200, 'read', '{"count":1,"results":[{"id":1,"first_name":"CANARY')).toBe(
      'truncated_answer',
    );
    expect(codeOf(201, 'write', '{"id":1')).toBe('outcome_unknown');
    expect(codeOf(200, 'read', { status_code: 404, code: 'not_found', description: 'CANARY' })).toBe(
      'unexpected_answer',
    );
    expect(codeOf(200, 'read', { detail: 'CANARY' })).toBe('unexpected_answer');
    expect(codeOf(200, 'write', { detail: 'CANARY' })).toBe('outcome_unknown');
    expect(codeOf(200, 'read', [])).toBe('good');
    expect(codeOf(204, 'write', '', { contentType: '' })).toBe('good');
  });

  it("keeps Booksy's short code and field, never its sentences", () => {
    const body = {
      status_code: 400,
      code: 'invalid',
      description: 'CANARY',
      field: 'subbookings.0.booked_from',
    };
    try {
      bodyOf(answer(400, body), 'write', { path: 'appointment/' });
      expect.unreachable('it was good');
    } catch (error) {
      expect(error).toMatchObject({
        details: {
          status: 400,
          remoteCode: 'invalid',
          field: 'subbookings.0.booked_from',
          path: 'appointment/',
        },
      });
    }
    expect(codeOf(400, 'write', { status_code: 400, code: 'Jan CANARY', field: 'Jan CANARY' })).toBe(
      'invalid_request',
    );
  });

  it('obeys Retry-After in both notations', () => {
    const now = () => Date.parse('2026-12-07T10:00:00Z');
    expect(retryAfterMs({ retryAfter: '7' }, now)).toBe(7000);
    expect(retryAfterMs({ retryAfter: 'Mon, 07 Dec 2026 10:00:30 GMT' }, now)).toBe(30_000);
    expect(retryAfterMs({ retryAfter: 'Mon, 07 Dec 2026 09:00:00 GMT' }, now)).toBe(0);
    expect(retryAfterMs({ retryAfter: 'soon' }, now)).toBeNull();
    expect(retryAfterMs({ retryAfter: null }, now)).toBeNull();
    try {
      bodyOf(answer(429, {}, { retryAfter: '3' }), 'read', {});
      expect.unreachable('it was good');
    } catch (error) {
      expect(error).toBeInstanceOf(RateLimitedError);
      expect(error).toMatchObject({ retryAfterMs: 3000 });
    }
  });
});

describe('what no answer means', () => {
  const reasons: TransportReason[] = [
    'timeout',
    'connection_lost',
    'truncated',
    'answer_too_large',
    'cancelled',
  ];

  it.each(reasons)('%s after a write had left: the outcome is unknown', (reason) => {
    const error = transportError(new TransportError(reason, true), 'write', {});
    expect([error.code, error.callerMay]).toEqual(['outcome_unknown', 'look_up_first']);
  });

  it.each([
    ['timeout', 'unavailable'],
    ['connect_failed', 'unavailable'],
    ['connection_lost', 'unavailable'],
    ['cancelled', 'cancelled'],
    ['refused_before_send', 'unsent'],
  ] as const)('%s before a write had left: %s, it surely did not act', (reason, code) => {
    expect(transportError(new TransportError(reason, false), 'write', {}).code).toBe(code);
  });

  it.each([
    ['timeout', 'unavailable'],
    ['truncated', 'truncated_answer'],
    ['answer_too_large', 'answer_too_large'],
    ['cancelled', 'cancelled'],
  ] as const)('%s of a read: %s', (reason, code) => {
    expect(transportError(new TransportError(reason, true), 'read', {}).code).toBe(code);
  });
});

it('a raw document shows nothing of itself', () => {
  const raw = new RawDocument({ customer_name: 'CANARY', nested: { allergens: 'CANARY' } });
  const shown = [
    JSON.stringify({ raw }),
    String(raw),
    inspect({ raw }, { showHidden: true, depth: 9 }),
    JSON.stringify(Object.entries(raw)),
  ];
  expect(shown.join('')).not.toContain('CANARY');
  expect(RawDocument.copyOf(raw)).toEqual({ customer_name: 'CANARY', nested: { allergens: 'CANARY' } });
});
