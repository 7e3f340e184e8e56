/**
 * Everything that can go wrong when talking to Booksy, as a closed set of codes.
 *
 * Each code says what the caller may do and whether trying the same call again can help; activities turn that into
 * Temporal failures without looking at messages. Messages and details hold ids, field names, statuses and path
 * templates only: never a value from a request or an answer.
 */

export const CALLER_MAY = [
  'retry_later',
  'ask_a_person',
  'fix_and_replan',
  'look_up_first',
  'treat_as_gone',
  'stop',
] as const;
/** What the caller may do about an error. */
export type CallerMay = (typeof CALLER_MAY)[number];

interface ErrorRule {
  readonly callerMay: CallerMay;
  /** May the same call simply be made again later (by Temporal's retry policy)? */
  readonly retryable: boolean;
  readonly nextStep: string;
}

/** The one total table: code → what may be done. */
export const ERROR_RULES = {
  rate_limited: {
    callerMay: 'retry_later',
    retryable: true,
    nextStep:
      'Wait for the allowance; if it goes on, see whether another program uses the same Booksy account.',
  },
  auth_revoked: {
    callerMay: 'ask_a_person',
    retryable: false,
    nextStep:
      'Check the Booksy credentials (BOOKSY_API_KEY and BOOKSY_API_SECRET, or the partner key): Booksy refuses them.',
  },
  forbidden: {
    callerMay: 'ask_a_person',
    retryable: false,
    nextStep: 'Ask Booksy to open this call or this business to the partner account.',
  },
  not_found: {
    callerMay: 'treat_as_gone',
    retryable: false,
    nextStep: 'The object does not exist at Booksy (any more): judge it as deleted there.',
  },
  time_taken: {
    callerMay: 'fix_and_replan',
    retryable: false,
    nextStep: 'The time is not free at Booksy: offer another time or open a conflict.',
  },
  not_modifiable: {
    callerMay: 'ask_a_person',
    retryable: false,
    nextStep: 'Booksy lets nobody change repeating or multi visits by API: change it in Booksy itself.',
  },
  invalid_request: {
    callerMay: 'fix_and_replan',
    retryable: false,
    nextStep: 'Booksy refused what was sent: mend the record, or report the call as a defect.',
  },
  method_not_allowed: {
    callerMay: 'ask_a_person',
    retryable: false,
    nextStep: 'Booksy does not offer this call: switch the capability off and report it.',
  },
  not_acceptable: {
    callerMay: 'ask_a_person',
    retryable: false,
    nextStep: 'Booksy no longer serves the version of the API that this client speaks: an update is needed.',
  },
  outcome_unknown: {
    callerMay: 'look_up_first',
    retryable: false,
    nextStep:
      'The write may or may not have acted: read the object (or look up its mapping) before any repeat.',
  },
  unsent: {
    callerMay: 'fix_and_replan',
    retryable: false,
    nextStep: 'Nothing was sent because too much time had passed: plan the write again from a fresh read.',
  },
  unavailable: {
    callerMay: 'retry_later',
    retryable: true,
    nextStep: 'Booksy did not answer properly: try again later.',
  },
  truncated_answer: {
    callerMay: 'retry_later',
    retryable: true,
    nextStep: 'The answer broke off: read it again.',
  },
  wrong_content_type: {
    callerMay: 'retry_later',
    retryable: true,
    nextStep:
      'Something other than the API answered (a maintenance page or a proxy): try again, and check the base URL.',
  },
  answer_too_large: {
    callerMay: 'ask_a_person',
    retryable: false,
    nextStep: 'The answer is larger than any list may be: check the base URL and report it.',
  },
  schema_drift: {
    callerMay: 'ask_a_person',
    retryable: false,
    nextStep: 'Booksy changed the shape of its answer: compare the named field with booksy/openapi.yaml.',
  },
  unexpected_answer: {
    callerMay: 'ask_a_person',
    retryable: false,
    nextStep: 'The contract does not know this answer: compare the call with booksy/openapi.yaml.',
  },
  cancelled: {
    callerMay: 'stop',
    retryable: false,
    nextStep: 'The caller gave up; nothing needs to be done.',
  },
} as const satisfies Record<string, ErrorRule>;

export type BooksyErrorCode = keyof typeof ERROR_RULES;

/** Facts about a failed call that are safe to log, store and show. */
export interface BooksyErrorDetails {
  readonly method?: string;
  /** Path template (`appointment/:id/`), never the path itself with its query. */
  readonly path?: string;
  readonly status?: number;
  /** Booksy's own short code, where it is one word. */
  readonly remoteCode?: string;
  /** Field of the answer (or of the request) that was wrong. */
  readonly field?: string;
  readonly retryAfterMs?: number;
  readonly businessExternalId?: string;
  /** Short word for the cause: `timeout`, `connection_reset`, … */
  readonly reason?: string;
}

/** Everything this client says about Booksy; errors of the database pass through as they are. */
export class BooksyError extends Error {
  override readonly name: string = 'BooksyError';
  readonly code: BooksyErrorCode;
  readonly details: BooksyErrorDetails;

  constructor(code: BooksyErrorCode, what: string, details: BooksyErrorDetails = {}) {
    super(`${what} (${code}). ${ERROR_RULES[code].nextStep}`);
    this.code = code;
    this.details = details;
  }

  get callerMay(): CallerMay {
    return ERROR_RULES[this.code].callerMay;
  }

  get nextStep(): string {
    return ERROR_RULES[this.code].nextStep;
  }

  get retryable(): boolean {
    return isRetryable(this.code);
  }

  /** What may be logged or stored: no stack, no cause. */
  toJSON(): Record<string, unknown> {
    return {
      name: this.name,
      code: this.code,
      message: this.message,
      callerMay: this.callerMay,
      retryable: this.retryable,
      ...this.details,
    };
  }
}

/** Booksy asked us to wait, or our own allowance is used up. */
export class RateLimitedError extends BooksyError {
  override readonly name = 'RateLimitedError';
  readonly retryAfterMs: number;

  constructor(what: string, retryAfterMs: number, details: BooksyErrorDetails = {}) {
    super('rate_limited', what, { ...details, retryAfterMs });
    this.retryAfterMs = retryAfterMs;
  }
}

/** An answer does not have the shape of the contract; `field` names where. */
export class SchemaDriftError extends BooksyError {
  override readonly name = 'SchemaDriftError';
  readonly field: string;

  constructor(what: string, field: string, details: BooksyErrorDetails = {}) {
    super('schema_drift', `${what}: field "${field}"`, { ...details, field });
    this.field = field;
  }
}

/** A write was sent and its answer is missing or unreadable (R14): it may have acted. */
export class OutcomeUnknownError extends BooksyError {
  override readonly name = 'OutcomeUnknownError';

  constructor(what: string, details: BooksyErrorDetails = {}) {
    super('outcome_unknown', what, details);
  }
}

/** Is it an error of this client, and (if given) of this code? */
export function isBooksyError(error: unknown, code?: BooksyErrorCode): error is BooksyError {
  return error instanceof BooksyError && (code === undefined || error.code === code);
}

/** Total map: may the same call be made again later? */
export function isRetryable(code: BooksyErrorCode): boolean {
  return ERROR_RULES[code].retryable;
}

/** All codes, for tables of failure types. */
export const BOOKSY_ERROR_CODES: readonly BooksyErrorCode[] = Object.freeze(
  Object.keys(ERROR_RULES).filter((key): key is BooksyErrorCode => key in ERROR_RULES),
);
