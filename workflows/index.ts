/** Every workflow type by the name that Temporal knows it by. */
export { fullSync } from './full-sync.ts';
export { recordSync } from './record-sync.ts';
