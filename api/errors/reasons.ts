/** What goes wrong with a record or a run, in plain words, and what to do. The codes are the engine's; an unknown one is shown with its own text. */

export interface Explanation {
  readonly reason: string;
  readonly nextStep: string;
}

const BY_ITSELF =
  'Nothing: it is tried again by itself. If it stays, look at GET /api/admin/booksy/health?probe=true.';
const RETRY = 'Then try it again: POST /api/admin/booksy/errors/:id/retry.';
const REPORT = 'Report it with the operation’s id: the engine must learn this.';

/** Why a record is in quarantine. */
const RECORDS: Readonly<Record<string, string>> = {
  unparseable: 'Booksy shows this record in a form that cannot be read.',
  unknown_zone: 'The record names a time zone that does not exist.',
  foreign_currency: 'The price is in another currency than the salon’s.',
  invalid_time_range: 'The record ends before it begins.',
  invalid_price: 'The price cannot be read as an amount.',
  unmapped: 'The record names something that Booksy does not list, so it cannot be put in its place.',
  business_differs: 'The salon’s time zone or currency at Booksy is another than here.',
  blast_radius:
    'So many records are missing or cancelled at Booksy at once that it may be a fault of the list. Nothing was removed here.',
};

/** Why a run failed, or why its step is tried again. */
const RUNS: Readonly<Record<string, Explanation>> = {
  rate_limited: { reason: 'Booksy answers that there were too many calls.', nextStep: BY_ITSELF },
  unavailable: { reason: 'Booksy does not answer properly.', nextStep: BY_ITSELF },
  truncated_answer: { reason: 'An answer of Booksy broke off.', nextStep: BY_ITSELF },
  wrong_content_type: {
    reason: 'Something other than the API answers at Booksy’s address: a maintenance page or a proxy.',
    nextStep: `${BY_ITSELF} Check BOOKSY_BASE_URL.`,
  },
  auth_revoked: {
    reason: 'Booksy refuses the credentials.',
    nextStep: `Check BOOKSY_API_KEY and BOOKSY_API_SECRET (\`booksy doctor\`). ${RETRY}`,
  },
  forbidden: {
    reason: 'Booksy does not open this call or this business to the partner account.',
    nextStep: `Ask Booksy to open it. ${RETRY}`,
  },
  not_found: {
    reason: 'Booksy does not have what was asked for any more.',
    nextStep: `Start a full sync, which judges what is gone. ${RETRY}`,
  },
  method_not_allowed: { reason: 'Booksy does not offer a call that was made.', nextStep: REPORT },
  not_acceptable: {
    reason: 'Booksy no longer serves the version of its API that this release speaks.',
    nextStep: 'Update Booksy Sync.',
  },
  invalid_request: { reason: 'Booksy refused what was sent.', nextStep: REPORT },
  not_modifiable: {
    reason: 'Booksy lets nobody change this visit through its API.',
    nextStep: 'Change it in Booksy itself.',
  },
  time_taken: { reason: 'The time is not free at Booksy.', nextStep: 'Choose another time.' },
  outcome_unknown: {
    reason: 'It is not known whether a write acted at Booksy.',
    nextStep: `Look in Booksy. ${RETRY}`,
  },
  unsent: { reason: 'A write was not sent, because too much time had passed.', nextStep: RETRY },
  answer_too_large: {
    reason: 'An answer of Booksy is larger than any list may be.',
    nextStep: `Check BOOKSY_BASE_URL. ${RETRY}`,
  },
  schema_drift: {
    reason: 'Booksy changed the shape of its answers.',
    nextStep: `Update Booksy Sync, or report the field that the operation names. ${RETRY}`,
  },
  unexpected_answer: { reason: 'Booksy gave an answer that the contract does not know.', nextStep: REPORT },
  database_unavailable: {
    reason: 'PostgreSQL cannot be reached.',
    nextStep: 'Nothing: it is tried again by itself. If it stays, run `booksy doctor`.',
  },
  database_refused: {
    reason: 'PostgreSQL refuses what the engine wants to write.',
    nextStep: 'Run `booksy doctor` (are the migrations applied?) and look into the worker’s log.',
  },
  worker_lost: {
    reason: 'The worker that was at it is gone.',
    nextStep:
      'Nothing: another one takes it over. If it stays, look whether a worker runs: GET /api/admin/booksy/health.',
  },
  run_missing: {
    reason: 'The business is not connected to Booksy, or the run has no row in the ledger.',
    nextStep: `Connect it (\`booksy seed\`). ${RETRY}`,
  },
  step_superseded: { reason: 'Two attempts of one step met; one gave way.', nextStep: BY_ITSELF },
  cancelled: { reason: 'It was stopped.', nextStep: 'Start it again when you want it.' },
  unexpected: {
    reason: 'Something happened that nobody foresaw.',
    nextStep: `Look into the worker’s log. ${RETRY}`,
  },
};

/** Of a record in quarantine. `stored` is what the engine wrote beside the code; it holds no personal value. */
export function explainRecord(
  code: string,
  stored: { readonly detail: string; readonly nextStep: string },
): Explanation {
  const known = Object.hasOwn(RECORDS, code) ? RECORDS[code] : undefined;
  return {
    reason: known === undefined ? stored.detail : `${known} ${stored.detail}`,
    nextStep: stored.nextStep,
  };
}

/** Of a run that failed or a step that is tried again. `detail` is the failure's own text, where there is one. */
export function explainRun(code: string, detail: string | null): Explanation {
  const known = Object.hasOwn(RUNS, code) ? RUNS[code] : undefined;
  return {
    reason: known?.reason ?? detail ?? 'It failed.',
    nextStep: known?.nextStep ?? `Look at the operation. ${RETRY}`,
  };
}

/** Codes with words of their own; the tests compare them with the engine's. */
export const EXPLAINED = {
  records: Object.keys(RECORDS),
  runs: Object.keys(RUNS),
} as const;
