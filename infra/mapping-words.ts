import { explain, isMatchReason } from '../domain/matching/index.ts';

/** The words of the mapping list: what is matched, what a person can decide, and why a decision is refused. */

export const MAPPED_ENTITIES = ['profile', 'service', 'variant', 'staff', 'room', 'category'] as const;
export type MappedEntity = (typeof MAPPED_ENTITIES)[number];

/** Whether records of this kind are matched with the platform's own ones. */
export function isMappedEntity(entity: string): entity is MappedEntity {
  return MAPPED_ENTITIES.some((each) => each === entity);
}

/**
 * - `link`: it is this record of ours. - `separate`: it is none of ours, but a record of its own.
 * - `unmerge`: it was taken for another one; give it back what was its own (R38).
 */
export const MAPPING_DECISIONS = ['link', 'separate', 'unmerge'] as const;
export type MappingDecision = (typeof MAPPING_DECISIONS)[number];

/** Where records of a kind lie, and their mirror. Every name is a constant of this code, never input. */
export interface MappedTable {
  readonly ours: string;
  readonly mirror: string;
  readonly linkColumn: string;
  /** Several kinds share `external_services`. */
  readonly mirrorEntity: string | null;
}

export const MAPPED_TABLES: Readonly<Record<MappedEntity, MappedTable>> = {
  profile: { ours: 'profiles', mirror: 'external_clients', linkColumn: 'profile_id', mirrorEntity: null },
  service: {
    ours: 'services',
    mirror: 'external_services',
    linkColumn: 'record_id',
    mirrorEntity: 'service',
  },
  variant: {
    ours: 'service_variants',
    mirror: 'external_services',
    linkColumn: 'record_id',
    mirrorEntity: 'variant',
  },
  staff: { ours: 'staff', mirror: 'external_staff', linkColumn: 'staff_id', mirrorEntity: null },
  room: { ours: 'rooms', mirror: 'external_rooms', linkColumn: 'room_id', mirrorEntity: null },
  category: {
    ours: 'service_categories',
    mirror: 'external_services',
    linkColumn: 'record_id',
    mirrorEntity: 'category',
  },
};

const ERRORS = {
  mapping_not_found: {
    message: 'Nothing is known of this Booksy record.',
    nextStep: 'Take its id from the mapping list; a new record is there after the next sync.',
  },
  mapping_target_missing: {
    message: 'The record to link with does not exist.',
    nextStep: 'Load the mapping again and choose one of its candidates, or another record of this business.',
  },
  mapping_other_business: {
    message: 'The record to link with belongs to another business.',
    nextStep: 'Choose a record of the same business.',
  },
  mapping_changed: {
    message: 'The record or its candidates changed since they were shown.',
    nextStep: 'Load the mapping again, look at it, and decide on its new version.',
  },
  mapping_loop: {
    message:
      'Of the two profiles one is itself about to be linked elsewhere: together the decisions would go round.',
    nextStep: 'Wait until the other decision is carried out (or change it), then decide again.',
  },
  mapping_taken: {
    message: 'The record to link with already stands for another Booksy record.',
    nextStep: 'Choose a record that nothing is linked with, or decide that this one is a record of its own.',
  },
  mapping_fixed: {
    message:
      'It is imported and linked already; only clients can be moved to another record after their import.',
    nextStep: 'Correct the record itself, in Booksy or here; or switch off the one that is too many.',
  },
  mapping_not_linked: {
    message: 'It is not linked with a record that was there before, so there is nothing to take apart.',
    nextStep: 'Look at the mapping: it already is a record of its own.',
  },
} as const;

export type MappingErrorCode = keyof typeof ERRORS;

/** Thrown for a decision that cannot be carried out. Nothing was written. */
export class MappingError extends Error {
  readonly code: MappingErrorCode;
  readonly nextStep: string;

  constructor(code: MappingErrorCode) {
    super(ERRORS[code].message);
    this.name = 'MappingError';
    this.code = code;
    this.nextStep = ERRORS[code].nextStep;
  }
}

/** Why a mapping is as it is, where the matcher's own reasons (domain/matching) do not say it. */
const REASONS = {
  decided_link: 'A person decided that it is this record.',
  decided_separate: 'A person decided that it is a record of its own.',
  decided_unmerge: 'A person took it apart from the record that it was linked with.',
  linked_otherwise: 'It was linked by itself since: nothing is left to decide.',
  no_candidate_left: 'Nothing here resembles it any more: it became a record of its own.',
  not_listed: 'Booksy no longer lists it: nothing is left to decide.',
  merged_at_booksy: 'Booksy merged its card into another one, whose profile this is.',
  one_at_a_time: 'Another card is being linked with the same record; this one follows with the next sync.',
} as const;

export type MappingReason = keyof typeof REASONS;

/** One plain sentence for any reason that a mapping row can hold. */
export function explainMapping(reason: string): string {
  if (isMatchReason(reason)) return explain(reason);
  if (isKeyOf(REASONS, reason)) return REASONS[reason];
  if (isKeyOf(ERRORS, reason)) return `Not carried out: ${ERRORS[reason].message} ${ERRORS[reason].nextStep}`;
  return reason;
}

function isKeyOf<T extends object>(record: T, key: string): key is Extract<keyof T, string> {
  return Object.hasOwn(record, key);
}
