/** Every workflow type by the name that Temporal knows it by. */
export { businessSync } from './business-sync.ts';
export { fullSync } from './full-sync.ts';
export { recordSync } from './record-sync.ts';
export { sweep } from './sweep.ts';
