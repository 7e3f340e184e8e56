/** Free time of salons: read for the slot engine, kept for a minute, dropped on change. */
export { createAvailability, type Availability, type TimeChanges } from './cache.ts';
export { loadSalon, salonAt, type LoadedSalon, type SaleTerms } from './load.ts';
export { startTimeListener, type TimeListener } from './listen.ts';
export { type OwnChange } from './own.ts';
