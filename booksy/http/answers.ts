/** What an answer, or its absence, means: statuses and transport failures → typed errors. */
import { BooksyError, OutcomeUnknownError, RateLimitedError, type BooksyErrorDetails } from '../errors.ts';
import { isRecord } from '../wire/edge.ts';
import type { Answer, TransportError } from './transport.ts';

/** Reads may be repeated freely; a write that may have acted may not. */
export type CallKind = 'read' | 'write';

/** The parsed body of a good answer; null for 204. @throws BooksyError */
export function bodyOf(answer: Answer, kind: CallKind, details: BooksyErrorDetails): unknown {
  const known: BooksyErrorDetails = { ...details, status: answer.status };
  if (answer.status === 204) return null;
  if (answer.status < 200 || answer.status > 299) throw statusError(answer, kind, known);
  // From here on the other side has acted: an answer that cannot be read leaves a write's outcome unknown.
  if (!/^application\/([\w.-]+\+)?json\b/i.test(answer.contentType)) {
    throw kind === 'write'
      ? new OutcomeUnknownError('The answer to a write is not JSON', {
          ...known,
          reason: 'wrong_content_type',
        })
      : new BooksyError('wrong_content_type', 'The answer is not JSON', known);
  }
  let body: unknown;
  try {
    body = JSON.parse(answer.text);
  } catch {
    throw kind === 'write'
      ? new OutcomeUnknownError('The answer to a write broke off', { ...known, reason: 'truncated' })
      : new BooksyError('truncated_answer', 'The answer is not whole JSON', known);
  }
  const status = errorStatusOf(body);
  if (status === null) return body;
  const disguised = { ...known, reason: 'error_in_good_answer', ...remoteFacts(body) };
  throw kind === 'write'
    ? new OutcomeUnknownError('An error came under a good status', disguised)
    : new BooksyError('unexpected_answer', 'An error came under a good status', disguised);
}

/** The error for a status that is not 2xx. */
export function statusError(answer: Answer, kind: CallKind, details: BooksyErrorDetails): BooksyError {
  const known: BooksyErrorDetails = { ...details, ...remoteFacts(parsed(answer.text)) };
  switch (answer.status) {
    case 400:
      return new BooksyError('invalid_request', 'Booksy refused the request', known);
    case 401:
      return new BooksyError('auth_revoked', 'Booksy refuses our access', known);
    case 403:
      return new BooksyError('forbidden', 'Booksy does not let this partner do that', known);
    case 404:
      return new BooksyError('not_found', 'Booksy has no such object', known);
    case 405:
      return new BooksyError('method_not_allowed', 'Booksy does not offer this call', known);
    case 406:
      return new BooksyError('not_acceptable', 'Booksy does not speak this version of the API', known);
    case 409:
      return new BooksyError('time_taken', 'The time is not available at Booksy', known);
    case 422:
      return new BooksyError('not_modifiable', 'Booksy does not let this visit be changed', known);
    case 429:
      return new RateLimitedError(
        'Booksy says that too many calls were made',
        retryAfterMs(answer) ?? 0,
        known,
      );
    default:
      break;
  }
  if (answer.status >= 500) {
    return kind === 'write'
      ? new OutcomeUnknownError('Booksy failed while it handled a write', known)
      : new BooksyError('unavailable', 'Booksy failed', known);
  }
  return new BooksyError(
    'unexpected_answer',
    'Booksy answered with a status that the contract does not know',
    known,
  );
}

/** The error for an exchange without a (whole) answer. */
export function transportError(
  error: TransportError,
  kind: CallKind,
  details: BooksyErrorDetails,
): BooksyError {
  const known: BooksyErrorDetails = { ...details, reason: error.reason };
  if (kind === 'write' && error.sent)
    return new OutcomeUnknownError('A write was sent and not answered', known);
  switch (error.reason) {
    case 'cancelled':
      return new BooksyError('cancelled', 'The caller gave up', known);
    case 'refused_before_send':
      return new BooksyError('unsent', 'The write was held back', known);
    case 'truncated':
      return new BooksyError('truncated_answer', 'The answer broke off', known);
    case 'answer_too_large':
      return new BooksyError('answer_too_large', 'The answer was not read to its end', known);
    case 'timeout':
    case 'connect_failed':
    case 'connection_lost':
      return new BooksyError('unavailable', 'Booksy cannot be reached or does not answer in time', known);
  }
}

/** Retry-After in milliseconds: seconds, or a date as far as it lies ahead of the answer's own clock. Null without. */
export function retryAfterMs(
  answer: Pick<Answer, 'retryAfter'>,
  nowMs: () => number = Date.now,
): number | null {
  const text = answer.retryAfter?.trim() ?? '';
  if (/^\d{1,6}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  const at = /[A-Za-z]/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs());
}

/** Booksy's short code and the field it names; its texts may quote what was sent and are left out. */
function remoteFacts(body: unknown): { remoteCode?: string; field?: string } {
  if (!isRecord(body)) return {};
  const { code, field } = body;
  return {
    ...(typeof code === 'string' && /^[a-z][a-z0-9_]{0,40}$/.test(code) ? { remoteCode: code } : {}),
    ...(typeof field === 'string' && /^[a-z][a-z0-9_.]{0,60}$/.test(field) ? { field } : {}),
  };
}

/** The status inside a body of the contract's error forms; null for anything else. */
function errorStatusOf(body: unknown): number | null {
  if (!isRecord(body)) return null;
  if (typeof body['status_code'] === 'number' && typeof body['code'] === 'string') return body['status_code'];
  return typeof body['detail'] === 'string' && Object.keys(body).length === 1 ? 0 : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
