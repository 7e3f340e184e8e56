/** What writes take, in this product's words. A change replaces the named groups only; what it leaves out stays as read. */
import type {
  ObservedTravel,
  OpenInterval,
  PriceType,
  TimeOffReason,
  ObservedService,
} from '../../domain/observed.ts';

export interface VisitItemInput {
  /** The part that is meant in a change; null = a new part. */
  readonly externalId: string | null;
  readonly startsLocal: string;
  readonly endsLocal: string;
  readonly staffExternalId: string | null;
  readonly anyStaff: boolean;
  readonly roomExternalId: string | null;
  readonly variantExternalId: string | null;
  readonly serviceName: string | null;
}

export interface VisitInput {
  readonly clientExternalId: string | null;
  readonly clientName: string | null;
  /** E.164. */
  readonly clientPhone: string | null;
  readonly clientEmail: string | null;
  readonly clientNote: string | null;
  readonly items: readonly VisitItemInput[];
  /** Null = does not travel. */
  readonly travel: ObservedTravel | null;
}

/** R16: record id and generation. */
export interface Imported {
  readonly importUid: string;
}

export type NewVisit = VisitInput & Imported;
export type VisitChange = Partial<VisitInput>;

export interface ClientInput {
  readonly givenName: string;
  readonly familyName: string;
  readonly email: string | null;
  readonly phone: string | null;
}

export interface ResourceInput {
  readonly kind: 'staff' | 'room';
  readonly name: string;
  readonly active: boolean;
  readonly visible: boolean;
  readonly position: number;
  readonly email: string | null;
  readonly serviceExternalIds: readonly string[];
}

export interface TimeOffInput {
  readonly startsLocal: string;
  readonly endsLocal: string;
  readonly reasonCode: TimeOffReason;
  readonly approved: boolean;
}

export interface CategoryInput {
  readonly name: string;
  readonly position: number;
}

export type ServiceInput = Pick<
  ObservedService,
  | 'name'
  | 'description'
  | 'categoryExternalId'
  | 'priceType'
  | 'paddingKind'
  | 'paddingMinutes'
  | 'gapAfterMinutes'
  | 'gapMinutes'
  | 'parallelClients'
  | 'active'
  | 'position'
>;

export interface VariantInput {
  readonly label: string | null;
  readonly price: { readonly type: Exclude<PriceType, 'combo'>; readonly minor: number | null };
  readonly durationMinutes: number;
  readonly slotStepMinutes: number | null;
  readonly staffExternalIds: readonly string[];
}

export interface WeekdayInput {
  /** 0 = Sunday. */
  readonly dayOfWeek: number;
  readonly appliesFrom: string | null;
  /** Null = the day is no part of the set any more. */
  readonly intervals: readonly OpenInterval[] | null;
}

/** Steps of a visit's status. */
export const STATUS_STEPS = ['confirm', 'decline', 'cancel', 'finish', 'no_show'] as const;
export type StatusStep = (typeof STATUS_STEPS)[number];
