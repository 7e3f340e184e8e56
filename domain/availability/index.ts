/** The slot engine (SPEC 5.1): when a salon can take a visit, who would serve it where, and why a time is not free. */
export { AVAILABILITY_ERRORS, AvailabilityError, type AvailabilityErrorCode } from './errors.ts';
export { explainTime } from './explain.ts';
export { findSlots, nextFreeSlots } from './find.ts';
export { REASONS, type ReasonCode } from './reasons.ts';
export { gapOf, hoursOfRows, offerRulesOf, paddingOf, type HoursRow } from './stored.ts';
export type {
  CustomDay,
  Explanation,
  HeldItem,
  HeldVisit,
  Holiday,
  Hours,
  NextRange,
  OfferedService,
  OfferedVariant,
  OfferRules,
  Padding,
  ProcessingGap,
  Reason,
  Room,
  SalonDescription,
  Slot,
  SlotItem,
  SlotQuery,
  StaffMember,
  TimeOff,
  WantedItem,
  WantedVisit,
  WeeklyHours,
} from './types.ts';
