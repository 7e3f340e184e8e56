import { HttpProblem } from '../http/problem.ts';
import { TimeTaken } from '../routes/timeCheck.ts';
import type { Obstacle } from '../routes/timeCheck.ts';
import type { StatusStep } from '../routes/visitDeeds.ts';
import type { Salon } from '../state/salon.ts';
import { formatLocal, DAY_MINUTES } from '../time.ts';
import type { Status } from '../types.ts';

/** What a status is called, and the mark that tells it without colour. */
export const STATUS_WORDS: Readonly<Record<Status, { readonly word: string; readonly mark: string }>> = {
  A: { word: 'accepted', mark: '' },
  W: { word: 'waiting', mark: '?' },
  P: { word: 'proposed by staff', mark: '✎' },
  M: { word: 'changed by the client', mark: '↻' },
  D: { word: 'declined', mark: '⊘' },
  C: { word: 'cancelled', mark: '⊘' },
  F: { word: 'finished', mark: '✓' },
  N: { word: 'no-show', mark: '✕' },
};

/** What a button of the status steps says, and what is said once it is done. */
export const STEP_WORDS: Readonly<Record<StatusStep, { readonly button: string; readonly done: string }>> = {
  confirm: { button: 'Confirm', done: 'Confirmed.' },
  decline: { button: 'Decline', done: 'Declined: the time is free again.' },
  cancel: { button: 'Cancel the visit', done: 'Cancelled: the time is free again.' },
  finish: { button: 'Finished', done: 'Marked as finished.' },
  no_show: { button: 'No-show', done: 'Marked as no-show: the time is free again.' },
};

/** `HH:MM` of a local minute. */
export function clockOf(minute: number): string {
  return formatLocal(minute).slice(11);
}

/** A refusal in plain words, and the form's field it is about. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly field: string | null;
}

/**
 * Says a problem of the API to a person; null for what is none of it. `dragged`: it came from the board, where there is
 * nothing to tick.
 */
export function refusalOf(error: unknown, salon: Salon | null, dragged = false): Refusal | null {
  if (!(error instanceof HttpProblem)) return null;
  const { status, body } = error.answer;
  const field = fieldOf(body);
  if (error instanceof TimeTaken && salon !== null) {
    const why = [...new Set(error.obstacles.map((obstacle) => obstacleText(salon, obstacle)))];
    const message = `That time is not free (409). ${why.slice(0, 2).join(' ')} Nothing was changed. ${
      dragged
        ? 'To book over it, open the visit and move it with “Book anyway”.'
        : 'Tick “Book anyway” to book over it.'
    }`;
    return { status, field, message };
  }
  return { status, field, message: `${textFor(status, error.message, field)} Nothing was changed.` };
}

function textFor(status: number, what: string, field: string | null): string {
  switch (status) {
    case 404:
      return 'This is no longer there (404): somebody else took it away.';
    case 409:
      return 'That time is not free (409).';
    case 422:
      return 'Booksy does not let this visit be changed (422): it is one of a series or has several parts.';
    case 400:
      return `This cannot be so (400)${field === null ? '' : ` – ${FIELD_WORDS[field] ?? field}`}: ${what}.`;
    default:
      return `That did not work (${String(status)}): ${what}.`;
  }
}

const FIELD_WORDS: Readonly<Record<string, string>> = {
  'subbookings.0.staffer_id': 'who',
  'subbookings.0.service_variant_id': 'service',
  'subbookings.0.booked_from': 'time',
  'subbookings.0.booked_till': 'end',
  booked_for_id: 'client',
};

function obstacleText(salon: Salon, obstacle: Obstacle): string {
  switch (obstacle.kind) {
    case 'self':
      return 'The parts of the visit overlap each other.';
    case 'nobody':
      return 'Nobody who does this is free then.';
    case 'off':
      return `${nameOf(salon, obstacle.resource)} is away ${rangeOf(obstacle)}.`;
    case 'busy': {
      const visit = salon.visits.get(obstacle.visit);
      const what = visit?.type === 'R' ? 'blocked time' : (visit?.parts[0]?.serviceName ?? 'a visit');
      const who = visit?.name == null ? '' : `, ${visit.name}`;
      return `${nameOf(salon, obstacle.resource)} is taken ${rangeOf(obstacle)} (${what}${who}).`;
    }
  }
}

function rangeOf({ from, till }: { readonly from: number; readonly till: number }): string {
  const days = Math.floor(from / DAY_MINUTES) !== Math.floor((till - 1) / DAY_MINUTES);
  return days
    ? `from ${formatLocal(from).replace('T', ' ')} to ${formatLocal(till).replace('T', ' ')}`
    : `${clockOf(from)}–${clockOf(till)}`;
}

function nameOf(salon: Salon, resource: number): string {
  return salon.resources.get(resource)?.name ?? 'This resource';
}

function fieldOf(body: unknown): string | null {
  return typeof body === 'object' && body !== null && 'field' in body && typeof body.field === 'string'
    ? body.field
    : null;
}
