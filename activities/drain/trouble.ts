import { isBooksyError } from '../../booksy/index.ts';
import { isDatabaseAway, sqlState } from '../../infra/database/index.ts';
import { HeldError, SupersededError } from '../inbound/run-ref.ts';

/** What a record failed with, in words that may be stored and shown. */
export interface Trouble {
  readonly code: string;
  readonly detail: string;
  readonly nextStep: string;
  /** The same again later may work. */
  readonly passing: boolean;
}

/** Trouble that is about the whole drain, not about its records: a pause, another attempt, the database. */
export function isAboutAll(error: unknown): boolean {
  if (error instanceof HeldError || error instanceof SupersededError || isDatabaseAway(error)) return true;
  return /^(08|40|53|57)/.test(sqlState(error) ?? '');
}

/** What to say of an error. Messages of the database and of what nobody foresaw may quote values: they stay in the log. */
export function troubleOf(error: unknown): Trouble {
  if (isBooksyError(error)) {
    return { code: error.code, detail: error.message, nextStep: error.nextStep, passing: error.retryable };
  }
  const state = sqlState(error);
  if (state !== undefined) {
    return {
      code: 'database_refused',
      detail: `The database refused the change with SQLSTATE ${state}.`,
      nextStep: 'Look into the worker’s log for the statement, mend the record and retry it.',
      passing: false,
    };
  }
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return {
    code: typeof code === 'string' && /^[a-z][a-z_]{2,60}$/.test(code) ? code : 'unexpected',
    detail: `An unexpected ${error instanceof Error ? error.name : typeof error}.`,
    nextStep: 'Look into the worker’s log, then retry the record or skip it.',
    passing: false,
  };
}
