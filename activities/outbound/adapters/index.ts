import type { WriteEntity } from '../../../domain/protocol/types.ts';
import type { WriteAdapter } from './adapter.ts';
import { serviceAdapter, variantAdapter } from './catalog.ts';
import { clientAdapter } from './client.ts';
import { hoursAdapter } from './hours.ts';
import { timeOffAdapter } from './time-off.ts';
import { visitAdapter } from './visit.ts';

/** How each kind of record is written at Booksy. */
export const ADAPTERS: Readonly<Record<WriteEntity, WriteAdapter>> = {
  booking: visitAdapter,
  profile: clientAdapter,
  service: serviceAdapter,
  variant: variantAdapter,
  time_off: timeOffAdapter,
  hours: hoursAdapter,
};
