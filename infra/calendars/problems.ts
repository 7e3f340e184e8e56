import { CALENDAR_PROBLEMS } from '../../domain/calendars/index.ts';
import { FETCH_PROBLEMS } from './address.ts';

/** Trouble of a calendar that counts all the same. */
const PARTLY = {
  calendar_entries_unread: {
    what: 'Some entries could not be understood and block nothing.',
    next: 'Look in the calendar for entries without a start, or that end before they begin.',
  },
  calendar_zone_unknown: {
    what: 'Some entries are in a time zone that nobody knows; they are read in the salon’s.',
    next: 'Set a common time zone in the calendar.',
  },
} as const;

export interface ShownProblem {
  /** What is wrong, with its count or status. */
  readonly detail: string;
  readonly nextStep: string;
}

/**
 * A code of a calendar in plain words. Nothing in them comes from the feed or its address.
 *
 * @param number the status of an answer, or how many entries are meant
 */
export function feedProblem(code: string, number: number | null = null): ShownProblem {
  const all: Readonly<Record<string, { readonly what: string; readonly next: string }>> = {
    ...CALENDAR_PROBLEMS,
    ...FETCH_PROBLEMS,
    ...PARTLY,
  };
  const found = all[code];
  if (found === undefined)
    return { detail: 'The calendar cannot be read.', nextStep: 'Remove it, and add it again.' };
  const counted = number === null || number === 0 ? '' : ` (${String(number)})`;
  return { detail: `${found.what}${counted}`, nextStep: found.next };
}
