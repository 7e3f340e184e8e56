/** What can be wrong with a description or a question. The keys are stable: other programs read them. */
export const AVAILABILITY_ERRORS = {
  unknown_zone: 'Give an IANA zone, such as Europe/Warsaw.',
  impossible_date: 'Give a date of the calendar between 2000-01-01 and 2199-12-31 as YYYY-MM-DD.',
  impossible_time: 'Give a local time as YYYY-MM-DDTHH:MM.',
  impossible_instant: 'Give an instant in ISO form with Z or an offset, between the years 2000 and 2199.',
  end_before_start: 'Let it end after it starts.',
  zero_length: 'Let it last at least a minute.',
  step_out_of_range: 'Give a slot step of 5 to 60 whole minutes.',
  number_out_of_range: 'Give a whole number within the bounds that are named.',
  range_too_long: 'Ask for at most 366 days at once.',
  unknown_staff: 'Name a member of staff of the description.',
  unknown_service: 'Name a variant of a service of the description.',
  unknown_room: 'Name a room of the description.',
  staff_not_bookable: 'Name a member of staff who takes visits.',
  staff_does_not_serve: 'Name a member of staff who carries out this variant.',
  nothing_wanted: 'Name one to twenty items.',
  duplicate: 'State it once.',
} as const satisfies Readonly<Record<string, string>>;

export type AvailabilityErrorCode = keyof typeof AVAILABILITY_ERRORS;

/** Bad input to the slot engine. `field` is the path in the description or question, `value` what stood there. */
export class AvailabilityError extends Error {
  override readonly name = 'AvailabilityError';
  readonly code: AvailabilityErrorCode;
  readonly field: string;
  readonly value: string;

  constructor(code: AvailabilityErrorCode, field: string, value: unknown, bounds = '') {
    const shown = shortened(value);
    super(`${field} is ${shown}${bounds}: ${AVAILABILITY_ERRORS[code]}`);
    this.code = code;
    this.field = field;
    this.value = shown;
  }
}

function shortened(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
