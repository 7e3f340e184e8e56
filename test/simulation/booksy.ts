import type { Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { isEnded } from '../../domain/states/visit.ts';
import { stepFor } from '../../domain/states/visit-there.ts';
import type { VisitStep } from '../../domain/protocol/types.ts';

/** Booksy in memory: no idempotency, no versions, no conditional write; it acts when a request arrives, if ever. */
export interface Appointment {
  readonly id: string;
  groups: GroupStates;
  deleted: boolean;
  /** A multi or repeating visit: only its status can be changed (R17). */
  multi: boolean;
  /** Place in the list. */
  start: number;
}

export type Acted =
  | { readonly kind: 'acted'; readonly appointment: Appointment }
  | {
      readonly kind: 'refused';
      readonly code: 'time_taken' | 'not_modifiable' | 'invalid_request' | 'not_found';
    };

export type WebhookAction = 'CREATED' | 'MODIFIED' | 'CANCELLED';

export interface BooksyOptions {
  /** What a create's status becomes. */
  readonly createdAs: 'as_sent' | 'pending' | 'confirmed';
  readonly cancelledListed: boolean;
  readonly descending: boolean;
  /** `mapping/` looks up, sets, or knows nothing (R5). */
  readonly mapping: 'looks_up' | 'looks_up_one' | 'sets' | 'blind';
  /** Texts come back other than they were sent (R6). */
  readonly normalises: boolean;
  /** Status is part of a PUT (R5, R13a). */
  readonly statusInPut: boolean;
}

const CODES: Readonly<Record<string, string>> = {
  pending: 'W',
  confirmed: 'A',
  proposed: 'P',
  cancelled: 'C',
  completed: 'F',
  no_show: 'N',
};
const PUT_GROUPS = ['clientName', 'clientNote', 'item:1:time'] as const;

export class Booksy {
  readonly appointments = new Map<string, Appointment>();
  readonly options: BooksyOptions;
  /** The time that is asked for is taken (409). */
  busy = false;
  #lastId = 100;
  readonly #changed: (appointment: Appointment, action: WebhookAction) => void;

  constructor(options: BooksyOptions, changed: (appointment: Appointment, action: WebhookAction) => void) {
    this.options = options;
    this.#changed = changed;
  }

  get(id: string): Appointment | null {
    const found = this.appointments.get(id);
    return found === undefined || found.deleted ? null : found;
  }

  /** The list as it is shown now. */
  list(): readonly Appointment[] {
    const shown = [...this.appointments.values()].filter(
      (one) => !one.deleted && (this.options.cancelledListed || !isEnded(one.groups)),
    );
    const way = this.options.descending ? -1 : 1;
    return shown.sort((a, b) => way * (a.start - b.start || Number(a.id) - Number(b.id)));
  }

  /** What `mapping/` answers for an import uid. */
  mapped(uid: string): readonly Appointment[] {
    if (this.options.mapping === 'blind' || this.options.mapping === 'sets') return [];
    const all = [...this.appointments.values()].filter((one) => !one.deleted && one.groups.importUid === uid);
    return this.options.mapping === 'looks_up_one' ? all.slice(0, 1) : all;
  }

  create(body: GroupStates, importUid: string | null, start: number): Acted {
    if (this.busy) return { kind: 'refused', code: 'time_taken' };
    const sent = statusText(body);
    const status = this.options.createdAs === 'as_sent' ? (sent ?? 'confirmed') : this.options.createdAs;
    const id = String((this.#lastId += 1));
    const appointment: Appointment = {
      id,
      groups: {
        ...this.#normalised(body),
        status: { status, reason: null },
        statusCode: CODES[status] ?? 'A',
        importUid,
      },
      deleted: false,
      multi: false,
      start,
    };
    this.appointments.set(id, appointment);
    this.#changed(appointment, 'CREATED');
    return { kind: 'acted', appointment };
  }

  /** Replaces the whole object, as PUT does: what is not said is lost, but for the status. */
  put(id: string, body: GroupStates): Acted {
    const found = this.get(id);
    if (found === null) return { kind: 'refused', code: 'not_found' };
    if (found.multi || isEnded(found.groups)) return { kind: 'refused', code: 'not_modifiable' };
    const moves = JSON.stringify(body['item:1:time']) !== JSON.stringify(found.groups['item:1:time']);
    if (this.busy && moves) return { kind: 'refused', code: 'time_taken' };
    const whole: Record<string, Json> = { ...found.groups };
    for (const group of PUT_GROUPS) whole[group] = body[group] ?? null;
    found.groups = this.#normalised(whole);
    this.#changed(found, 'MODIFIED');
    return { kind: 'acted', appointment: found };
  }

  step(id: string, step: VisitStep): Acted {
    const found = this.get(id);
    if (found === null) return { kind: 'refused', code: 'not_found' };
    const wanted = WANTED[step];
    if (
      stepFor(found.groups.status, wanted) === null &&
      !(isEnded({ status: wanted }) && isEnded(found.groups))
    )
      return { kind: 'refused', code: 'invalid_request' };
    this.setStatus(
      found,
      wanted.status,
      wanted.reason,
      step === 'cancel' || step === 'decline' ? 'CANCELLED' : 'MODIFIED',
    );
    return { kind: 'acted', appointment: found };
  }

  /** A person's edit in Booksy. */
  edit(appointment: Appointment, group: string, value: Json): void {
    appointment.groups = { ...appointment.groups, [group]: value };
    this.#changed(appointment, 'MODIFIED');
  }

  setStatus(appointment: Appointment, status: string, reason: string | null, action: WebhookAction): void {
    const code = status === 'cancelled' && reason === 'declined' ? 'D' : (CODES[status] ?? 'A');
    appointment.groups = { ...appointment.groups, status: { status, reason }, statusCode: code };
    this.#changed(appointment, action);
  }

  remove(appointment: Appointment): void {
    appointment.deleted = true;
    this.#changed(appointment, 'CANCELLED');
  }

  #normalised(groups: GroupStates): GroupStates {
    const name = groups.clientName;
    if (!this.options.normalises || typeof name !== 'string') return groups;
    return { ...groups, clientName: name.toUpperCase() };
  }
}

const WANTED: Readonly<Record<VisitStep, { readonly status: string; readonly reason: string | null }>> = {
  confirm: { status: 'confirmed', reason: null },
  decline: { status: 'cancelled', reason: 'declined' },
  cancel: { status: 'cancelled', reason: 'cancelled' },
  finish: { status: 'completed', reason: null },
  no_show: { status: 'no_show', reason: null },
};

/** The status that groups name. */
export function statusText(groups: GroupStates): string | null {
  const { status } = groups;
  if (typeof status !== 'object' || status === null || !('status' in status)) return null;
  return typeof status.status === 'string' ? status.status : null;
}
