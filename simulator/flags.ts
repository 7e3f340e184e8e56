import { LIST_ORDERS } from './state/visitIndex.ts';
import type { ListOrder } from './state/visitIndex.ts';

/** What is not known of Booksy, as switches (R5); each can be tried either way. */
export interface Flags {
  /** Whether webhooks are sent at all. */
  readonly webhooks: boolean;
  /** Whether the partner may write appointments; else 403. */
  readonly appointmentWrites: boolean;
  /** Whether lists show declined and cancelled appointments. */
  readonly cancelledListed: boolean;
  readonly listFilter: 'start' | 'overlap';
  readonly listOrder: ListOrder;
  /** Whether a list row is as full as a detail row; else `traveling` and `business_note` are left out. */
  readonly listRowsFull: boolean;
  /** Whether a create or change through the API notifies the client (counted, nothing is sent). */
  readonly createNotifiesClient: boolean;
  readonly limitScope: 'partner' | 'business';
  readonly mapping: 'lookup' | 'set';
  readonly webhooksForBlocks: boolean;
  readonly webhookPer: 'appointment' | 'subbooking';
  /** Largest `limit` of a list; more is 400. */
  readonly maxLimit: number;
  /** Whether a PUT of an appointment may leave its status out (R13a); else that is 400. */
  readonly statusOptionalInPut: boolean;
  /** Whether contact data inline on a new appointment find or make a client card. */
  readonly inlineContactMakesCard: boolean;
  /** Whether there is a settlement export; else 404. */
  readonly settlement: boolean;
  /** Whether a visit made by API waits for the salon, where that accepts by hand; else it is accepted at once. */
  readonly manualModeHoldsApi: boolean;
}

/** Every flag with the values it is tried in, the default first. The one list that schema, README and tests go by. */
export const FLAG_CHOICES = {
  webhooks: [true, false],
  appointmentWrites: [true, false],
  cancelledListed: [true, false],
  listFilter: ['start', 'overlap'],
  listOrder: ['start', 'start_desc', 'id', 'id_desc'],
  listRowsFull: [true, false],
  createNotifiesClient: [true, false],
  limitScope: ['partner', 'business'],
  mapping: ['lookup', 'set'],
  webhooksForBlocks: [true, false],
  webhookPer: ['appointment', 'subbooking'],
  maxLimit: [100, 30],
  statusOptionalInPut: [true, false],
  inlineContactMakesCard: [true, false],
  settlement: [true, false],
  manualModeHoldsApi: [false, true],
} as const satisfies { readonly [K in keyof Flags]: readonly Flags[K][] };

export const FLAG_NAMES = Object.keys(FLAG_CHOICES).filter(
  (name): name is keyof Flags => name in FLAG_CHOICES,
);

export const DEFAULT_FLAGS: Flags = {
  webhooks: true,
  appointmentWrites: true,
  cancelledListed: true,
  listFilter: 'start',
  listOrder: LIST_ORDERS[0],
  listRowsFull: true,
  createNotifiesClient: true,
  limitScope: 'partner',
  mapping: 'lookup',
  webhooksForBlocks: true,
  webhookPer: 'appointment',
  maxLimit: 100,
  statusOptionalInPut: true,
  inlineContactMakesCard: true,
  settlement: true,
  manualModeHoldsApi: false,
};
