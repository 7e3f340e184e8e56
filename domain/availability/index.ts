/** The slot engine (SPEC 5.1): when a salon can take a visit, who would serve it where, and why a time is not free. */
export { AVAILABILITY_ERRORS, AvailabilityError, type AvailabilityErrorCode } from './errors.ts';
export { REASONS, type ReasonCode } from './reasons.ts';
export type {
  CustomDay,
  Explanation,
  HeldItem,
  HeldVisit,
  Holiday,
  Hours,
  NextQuery,
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
