/** What can go wrong when the schema is brought up to date. */
export const MIGRATION_ERRORS = [
  'migration_changed',
  'migration_failed_before',
  'migration_failed',
  'migration_lock_timeout',
  'migration_blocked',
  'migrations_unreadable',
] as const;
export type MigrationErrorCode = (typeof MIGRATION_ERRORS)[number];

/** A migration could not be applied. `next` says what to do; neither text holds a secret. */
export class MigrationError extends Error {
  readonly code: MigrationErrorCode;
  readonly next: string;

  constructor(code: MigrationErrorCode, message: string, next: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'MigrationError';
    this.code = code;
    this.next = next;
  }
}
