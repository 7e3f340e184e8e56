import { isBooksyError, type BooksyError } from '../../booksy/index.ts';
import type { Answer } from '../../domain/protocol/types.ts';

/** What a call that threw has come to. */
export type Failed =
  | { readonly answer: Answer }
  /** Nothing left, and nothing can: the process ends with this error once the intent is settled. */
  | { readonly answer: Answer; readonly fatal: BooksyError };

/**
 * What the failure of a write means for its intent (R14). The client says for sure whether a request had begun to leave: what
 * may have acted is `unanswered`, everything else is not.
 *
 * @throws what is no answer of Booksy's: the database, a defect
 */
export function answerOf(error: unknown): Failed {
  // A body that cannot be said on the wire never left: a person has to see which record it is.
  if (error instanceof RangeError) return { answer: refused('invalid_request', 'not_sayable') };
  if (!isBooksyError(error)) throw error;
  const { code, details } = error;
  const reason = details.reason ?? code;
  switch (code) {
    case 'time_taken':
    case 'not_modifiable':
    case 'invalid_request':
    case 'not_found':
      return { answer: refused(code, details.field ?? details.remoteCode ?? code) };
    case 'forbidden':
    case 'method_not_allowed':
      return { answer: refused('forbidden', reason) };
    case 'outcome_unknown':
    case 'truncated_answer':
    case 'answer_too_large':
    case 'wrong_content_type':
      return { answer: { kind: 'unanswered', reason } };
    case 'unexpected_answer':
    case 'schema_drift':
      // A status that nobody knows: below 500 it is a refusal, and an answer that was not understood may have acted.
      return details.status !== undefined && details.status >= 400
        ? { answer: refused('invalid_request', `status_${String(details.status)}`) }
        : { answer: { kind: 'unanswered', reason } };
    case 'unsent':
    case 'rate_limited':
    case 'unavailable':
      return { answer: { kind: 'unsent', reason } };
    case 'cancelled':
    case 'auth_revoked':
    case 'not_acceptable':
      return { answer: { kind: 'unsent', reason: code }, fatal: error };
  }
}

function refused(code: Extract<Answer, { kind: 'refused' }>['code'], detail: string): Answer {
  return { kind: 'refused', code, detail };
}
