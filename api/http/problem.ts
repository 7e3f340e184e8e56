/**
 * What goes wrong, as RFC 9457 problem details: a stable code, what happened, what to do next. Holds no personal
 * value, no secret, and of an unexpected error nothing at all.
 */
import { z } from 'zod';
import { slotSchema } from '../availability/slot.ts';
import { isDatabaseAway } from '../../infra/database/errors.ts';

/** Every code an answer of this API can carry, with its status and headline. Codes never change their meaning. */
export const PROBLEMS = {
  bad_request: { status: 400, title: 'The request is not valid' },
  webhook_malformed: { status: 400, title: 'The webhook is Booksy’s, but cannot be understood' },
  body_not_json: { status: 400, title: 'The body is not JSON' },
  unauthenticated: { status: 401, title: 'A valid token is needed' },
  forbidden: { status: 403, title: 'The token may not do this' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  mapping_target_missing: { status: 404, title: 'The record to link to is not there' },
  idempotency_in_progress: { status: 409, title: 'The first request with this key is still running' },
  mapping_other_business: { status: 409, title: 'The record to link to belongs to another business' },
  mapping_changed: { status: 409, title: 'The mapping has changed since it was shown' },
  mapping_loop: { status: 409, title: 'The decision would link in a circle' },
  mapping_taken: { status: 409, title: 'The record belongs to another record of Booksy' },
  mapping_not_linked: { status: 409, title: 'There is nothing to take apart' },
  mapping_fixed: { status: 409, title: 'The record has been imported and cannot be moved' },
  release_changed: { status: 409, title: 'The number of records has changed since it was shown' },
  not_releasable: { status: 409, title: 'Only an entry about too many removals is released' },
  not_retryable: { status: 409, title: 'There is nothing to try again by hand' },
  not_skippable: { status: 409, title: 'Only a record that failed alone can be left' },
  error_closed: { status: 409, title: 'The error is over' },
  plan_unfinished: { status: 409, title: 'The dry run has not been completed' },
  plan_changed: { status: 409, title: 'The plan has changed since it was shown' },
  plan_outdated: { status: 409, title: 'The plan is no longer current' },
  rule_changed: { status: 409, title: 'The rule has changed since it was shown' },
  rule_unusable: { status: 409, title: 'A stored rule cannot be read' },
  too_many_calendars: { status: 409, title: 'The business has as many calendars as it may have' },
  holiday_place_unknown: { status: 400, title: 'The country or region is not known' },
  hours_changed: { status: 409, title: 'The hours have changed since they were shown' },
  hours_week_missing: {
    status: 409,
    title: 'There is no week yet that a day or a schedule could stand beside',
  },
  schedule_begun: { status: 409, title: 'The schedule has begun' },
  too_many_schedules: { status: 409, title: 'There are as many schedules to come as there may be' },
  time_off_changed: { status: 409, title: 'The time off has changed since it was shown' },
  time_off_over: { status: 409, title: 'The time off is over' },
  time_off_of_calendar: { status: 409, title: 'The time off is an event of a calendar of others' },
  time_off_of_booksy: { status: 409, title: 'The time off is a reservation of Booksy’s visit list' },
  too_many_rules: { status: 409, title: 'The business has as many rules as it may have' },
  undo_over: { status: 409, title: 'The undo is over' },
  undo_unfinished: { status: 409, title: 'The undo has not been worked out yet' },
  undo_empty: { status: 409, title: 'Nothing of it can be taken back' },
  undo_needs_booksy: { status: 409, title: 'Undoing it would change something at Booksy' },
  business_paused: { status: 409, title: 'The business is paused' },
  not_running: { status: 409, title: 'The operation does not run' },
  not_recorded: { status: 409, title: 'The operation has not been recorded yet' },
  not_controllable: { status: 409, title: 'This kind of operation cannot be held or stopped' },
  replay_changed: { status: 409, title: 'The number of webhooks has changed since it was shown' },
  replay_too_many: { status: 409, title: 'The replay names too many webhooks' },
  conflict_choice_incomplete: { status: 400, title: 'The choice does not say everything that it needs' },
  conflict_move_refused: { status: 400, title: 'The visit cannot be moved so' },
  conflict_closed: { status: 409, title: 'The conflict is over' },
  conflict_changed: { status: 409, title: 'The conflict has changed since it was shown' },
  conflict_busy: { status: 409, title: 'Another decision is being carried out' },
  conflict_choice_not_offered: { status: 409, title: 'This kind of conflict has no such choice' },
  conflict_needs_mapping: { status: 409, title: 'It is decided in the mapping list' },
  conflict_time_taken: { status: 409, title: 'The time is taken' },
  conflict_not_possible: { status: 409, title: 'The choice cannot be carried out' },
  slot_taken: { status: 409, title: 'The time is taken' },
  slot_not_offered: { status: 409, title: 'The salon takes no visit then' },
  taken_at_booksy: { status: 409, title: 'The time was taken at Booksy meanwhile' },
  hold_over: { status: 409, title: 'The hold is over' },
  visit_over: { status: 409, title: 'The visit cannot be changed any more' },
  visit_changed: { status: 409, title: 'The visit has changed since it was shown' },
  change_at_booksy: { status: 409, title: 'Booksy lets this visit be changed only there' },
  salon_unusable: { status: 409, title: 'The salon as it is stored cannot be sold' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  idempotency_key_reused: { status: 422, title: 'The key belongs to another request' },
  time_past: { status: 422, title: 'The time is over' },
  time_too_soon: { status: 422, title: 'The time is too near' },
  time_too_far: { status: 422, title: 'The time is further ahead than is offered' },
  time_ambiguous: { status: 422, title: 'The clocks change: the time does not exist, or comes twice' },
  time_off_step: { status: 422, title: 'No visit is offered to begin then' },
  staff_not_offered: { status: 422, title: 'The member of staff does not carry this out' },
  client_unusable: { status: 422, title: 'The client cannot be read' },
  variant_unclear: { status: 422, title: 'The service has several variants' },
  internal: { status: 500, title: 'Something unexpected went wrong here' },
  selling_stopped: { status: 503, title: 'Nothing is sold while Booksy is out of sight' },
  temporal_unavailable: { status: 503, title: 'Temporal does not answer' },
  database_unavailable: { status: 503, title: 'The database does not answer' },
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

/** One field that is wrong. `path` begins with where it was: body, query, path or header. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

export interface ProblemDetails {
  readonly detail: string;
  readonly nextStep: string;
  readonly errors?: readonly FieldError[];
  /** Of a time that was refused: what stands in the way, and when it could be instead. */
  readonly reason?: string;
  readonly nextFree?: readonly z.input<typeof slotSchema>[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Thrown by a handler to answer with a problem. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly details: ProblemDetails;

  constructor(code: ProblemCode, details: ProblemDetails) {
    super(details.detail, { cause: details.cause });
    this.name = 'Problem';
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

/** The wire shape, for the contract and for the tests. */
export const problemSchema = z
  .object({
    type: z
      .string()
      .meta({ description: 'URN of the kind of problem', example: 'urn:booksy-sync:problem:bad_request' }),
    title: z.string(),
    status: z.int(),
    code: z
      .enum(Object.keys(PROBLEMS))
      .meta({ description: 'Stable: programs may switch on it. See the list of problems' }),
    detail: z.string(),
    nextStep: z.string().meta({ description: 'What to do now' }),
    requestId: z.string().meta({ description: 'Name it when you ask for help: the log has the same id' }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Every field that is wrong' }),
    reason: z
      .string()
      .optional()
      .meta({ description: 'Of a time that was refused: what stands in the way', example: 'busy' }),
    nextFree: z
      .array(slotSchema)
      .optional()
      .meta({ description: 'Of a time that was refused: the next free ones of the same kind' }),
  })
  .meta({ id: 'Problem' });

export type ProblemBody = z.output<typeof problemSchema>;

export function problemBody(problem: Problem, requestId: string): ProblemBody {
  const { status, title } = PROBLEMS[problem.code];
  return {
    type: `urn:booksy-sync:problem:${problem.code}`,
    title,
    status,
    code: problem.code,
    detail: problem.details.detail,
    nextStep: problem.details.nextStep,
    requestId,
    ...(problem.details.errors === undefined
      ? {}
      : { errors: problem.details.errors.map((each) => ({ ...each })) }),
    ...(problem.details.reason === undefined ? {} : { reason: problem.details.reason }),
    ...(problem.details.nextFree === undefined ? {} : { nextFree: [...problem.details.nextFree] }),
  };
}

/** Nothing here, or nothing that this token may know of: the two must look the same (TRUST §2). */
export function notFound(what: string): Problem {
  return new Problem('not_found', {
    detail: `${what} does not exist, or belongs to a business that this token cannot see.`,
    nextStep: 'Check the id, or use a token of that business.',
  });
}

const HTTP_PARSER_ERRORS: Readonly<Record<string, () => Problem>> = {
  'entity.parse.failed': () =>
    new Problem('body_not_json', {
      detail: 'The body could not be read as JSON.',
      nextStep: 'Send valid JSON, or no body at all.',
    }),
  'entity.too.large': () =>
    new Problem('body_too_large', {
      detail: 'The body is larger than this API takes.',
      nextStep: 'Send less in one request.',
    }),
  'request.aborted': () => brokenBody(),
  'request.size.invalid': () => brokenBody(),
  'charset.unsupported': () => unsupportedMediaType(),
  'encoding.unsupported': () => unsupportedMediaType(),
};

export function unsupportedMediaType(): Problem {
  return new Problem('unsupported_media_type', {
    detail: 'The body is not declared as JSON in UTF-8.',
    nextStep: 'Send Content-Type: application/json, or no body at all.',
  });
}

function brokenBody(): Problem {
  return new Problem('bad_request', {
    detail: 'The body did not arrive as it was announced.',
    nextStep: 'Send the request again.',
  });
}

/** Turns whatever was thrown into a problem; what nobody foresaw becomes a 500 that says nothing of its cause. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : undefined;
  const known = typeof type === 'string' ? HTTP_PARSER_ERRORS[type] : undefined;
  if (known !== undefined) return known();
  if (isDatabaseAway(error)) {
    return new Problem('database_unavailable', {
      detail: 'PostgreSQL cannot be reached.',
      nextStep: 'Try again in a moment; `booksy doctor` says what is wrong.',
      headers: { 'Retry-After': '5' },
      cause: error,
    });
  }
  if (error instanceof URIError || (type === undefined && hasStatus(error, 400))) {
    return new Problem('bad_request', {
      detail: 'The address or the body of the request is malformed.',
      nextStep: 'Check the encoding of the request.',
      cause: error,
    });
  }
  return new Problem('internal', {
    detail: 'The request could not be carried out.',
    nextStep: 'Try again; if it stays so, look for the request id in the log.',
    cause: error,
  });
}

function hasStatus(error: unknown, status: number): boolean {
  return typeof error === 'object' && error !== null && 'status' in error && error.status === status;
}
