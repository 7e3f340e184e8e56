import type { ReasonCode, Slot } from '../../domain/availability/index.ts';

/** Why a booking, hold or change is refused. The codes are stable; the API answers with them. */
export type BookingErrorCode =
  | 'slot_taken'
  | 'slot_not_offered'
  | 'time_past'
  | 'time_too_soon'
  | 'time_too_far'
  | 'time_ambiguous'
  | 'time_off_step'
  | 'taken_at_booksy'
  | 'selling_stopped'
  | 'staff_not_offered'
  | 'client_unusable'
  | 'hold_over'
  | 'salon_unusable'
  | 'visit_over'
  | 'visit_changed'
  | 'change_at_booksy'
  | 'unknown';

export interface BookingErrorDetails {
  readonly message: string;
  readonly next: string;
  /** What stands in the way, in the slot engine's word. */
  readonly reason?: ReasonCode;
  /** Next free times instead. */
  readonly nextFree?: readonly Slot[];
  readonly cause?: unknown;
}

/** Nothing was written. Of `unknown`: `message` names what is not there, and another salon's looks the same. */
export class BookingError extends Error {
  override readonly name = 'BookingError';
  readonly code: BookingErrorCode;
  readonly details: BookingErrorDetails;

  constructor(code: BookingErrorCode, details: BookingErrorDetails) {
    super(details.message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.details = details;
  }
}

/** Something that the request names is not of this salon. */
export function unknown(what: string): BookingError {
  return new BookingError('unknown', {
    message: what,
    next: 'Check the id, or use a token of that business.',
  });
}
