/** Why a time is not free. The keys are stable: other programs read them. */
export const REASONS = {
  ambiguous_time:
    'A start or end of it does not exist or comes twice that day: the clocks are changed. Take another time.',
  notice: 'It begins too soon, or has begun. Take a later time.',
  horizon: 'It lies further ahead than is offered. Take an earlier time.',
  holiday: 'The salon is closed for a public holiday. Take another day.',
  closed: 'The salon is closed or nobody who serves it works then. Take a time within the hours.',
  time_off: 'Who serves it is off then. Take another time or another person.',
  busy: 'Who serves it is busy then. Take another time or another person.',
  capacity: 'The session has no seat left. Take another session.',
  padding: 'It leaves too little time before or after another visit. Take a time further from it.',
  no_room: 'No room is free for it. Take another time.',
} as const satisfies Readonly<Record<string, string>>;

export type ReasonCode = keyof typeof REASONS;

/** From what no choice of people can mend to what is nearest to free. */
const ORDER = [
  'ambiguous_time',
  'notice',
  'horizon',
  'holiday',
  'closed',
  'time_off',
  'busy',
  'capacity',
  'padding',
  'no_room',
] as const satisfies readonly ReasonCode[];

/** Smaller = further from free. */
export function rankOf(code: ReasonCode): number {
  return ORDER.indexOf(code);
}
