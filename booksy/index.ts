/** The other side. Nothing outside this folder knows a Booksy field name. */
export type { BusinessRef } from './business-ref.ts';
export { createCachedClient, type CachedClient, type CachedReads, type CacheScope } from './cache.ts';
export { MAX_PAGE_ROWS, type BooksyCapabilities } from './capabilities.ts';
export {
  createBooksyClient,
  type BooksyClient,
  type BooksyClientOptions,
  type CallLogger,
} from './client.ts';
export type { MappedEntity } from './client/appointments.ts';
export type { PageRequest, ReadForWrite } from './client/context.ts';
export type { HoursOwner } from './client/hours.ts';
export type { BooksyClientConfig, BooksyCredentials } from './config-type.ts';
export {
  BOOKSY_ERROR_CODES,
  BooksyError,
  CALLER_MAY,
  ERROR_RULES,
  isBooksyError,
  isRetryable,
  OutcomeUnknownError,
  RateLimitedError,
  SchemaDriftError,
  type BooksyErrorCode,
  type BooksyErrorDetails,
  type CallerMay,
} from './errors.ts';
export type { CallOptions } from './http/http.ts';
export { ownMark, readOwnMark } from './marker.ts';
export { LANES, type Lane } from './pacer/index.ts';
export {
  readSettlementCsv,
  SettlementFileError,
  type SettlementFile,
  type SettlementFileProblem,
} from './translate/settlement-csv.ts';
export { openEvidence, type SealedWebhook, type WebhookEvidence } from './webhook-evidence.ts';
export { WEBHOOK_ACTIONS, type WebhookAction } from './webhook.ts';
export { RejectedRecordError } from './wire/read.ts';
export {
  STATUS_STEPS,
  type CategoryInput,
  type ClientInput,
  type Imported,
  type NewVisit,
  type ResourceInput,
  type ServiceInput,
  type StatusStep,
  type TimeOffInput,
  type VariantInput,
  type VisitChange,
  type VisitInput,
  type VisitItemInput,
  type WeekdayInput,
} from './write/inputs.ts';
export type { RawDocument } from './write/raw-document.ts';
