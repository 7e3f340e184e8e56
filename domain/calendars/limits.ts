/** How much of a feed is read. A feed beyond them is refused as a whole: a part of a calendar would look like free time. */
export interface CalendarLimits {
  /** Bytes of the text. */
  readonly bytes: number;
  /** Entries of all kinds. */
  readonly events: number;
  /** Components inside components. */
  readonly depth: number;
  /** Busy stretches inside the window. */
  readonly stretches: number;
  /** Steps of working out repetitions, over the whole feed: a count, so that the same feed ends the same everywhere. */
  readonly steps: number;
}

export const CALENDAR_LIMITS: CalendarLimits = {
  bytes: 5 * 1024 * 1024,
  events: 20_000,
  depth: 5,
  stretches: 5_000,
  steps: 600_000,
};

/** Why a feed, or a value in it, cannot be used. Codes are stable. */
export const CALENDAR_PROBLEMS = {
  calendar_too_large: {
    what: 'The calendar is larger than is read.',
    next: 'Share a calendar with fewer entries, or only its free/busy view.',
  },
  calendar_not_ical: {
    what: 'The address does not answer with a calendar.',
    next: 'Copy the private iCal address of the calendar anew; an address for the browser is another one.',
  },
  calendar_cut_short: {
    what: 'The calendar ended in the middle.',
    next: 'It is asked for again by itself. If it stays so, tell whoever serves the calendar.',
  },
  calendar_too_deep: {
    what: 'The calendar is nested deeper than calendars are.',
    next: 'Remove it, and add the calendar by another address.',
  },
  calendar_too_many_events: {
    what: 'The calendar has more entries than are read.',
    next: 'Share a calendar with fewer entries, or only its free/busy view.',
  },
  calendar_too_many_repetitions: {
    what: 'Entries of the calendar repeat more often than is laid out.',
    next: 'Look for an entry that repeats every few minutes, and change or remove it.',
  },
} as const;
export type CalendarProblem = keyof typeof CALENDAR_PROBLEMS;

/** Thrown where a feed cannot be read. Holds nothing of its content. */
export class CalendarError extends Error {
  readonly code: CalendarProblem;

  constructor(code: CalendarProblem) {
    super(CALENDAR_PROBLEMS[code].what);
    this.name = 'CalendarError';
    this.code = code;
  }
}

/** Counts down what a feed may cost. */
export interface Budget {
  /** @throws CalendarError `calendar_too_many_repetitions` */
  spend(steps: number): void;
}

export function createBudget(steps: number): Budget {
  let left = steps;
  return {
    spend(taken) {
      left -= taken;
      if (left < 0) throw new CalendarError('calendar_too_many_repetitions');
    },
  };
}
