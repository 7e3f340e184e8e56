/** Calendars of others as feeds (RFC 5545): who is busy when, and our own ones. Pure: the caller fetches and keeps. */
export {
  busySteps,
  busyTimes,
  keptOf,
  keptSteps,
  type BusyInput,
  type BusyStretch,
  type BusyTimes,
} from './busy.ts';
export {
  CALENDAR_LIMITS,
  CALENDAR_PROBLEMS,
  CalendarError,
  type CalendarLimits,
  type CalendarProblem,
} from './limits.ts';
export { isOwnUid, ownUid } from './own.ts';
export { wholly, type Stepwise } from './stepwise.ts';
export { writeFeed, type FeedEntry } from './write.ts';
