import { formatLocal } from '../time.ts';
import type { ArmedFault } from '../faults.ts';
import { createVisit, deleteVisit } from '../routes/visitDeeds.ts';
import { blankCustomer } from '../routes/customers.ts';
import type { Sandbox } from '../sandbox.ts';
import { erase, save } from '../sandbox.ts';
import type { Salon } from '../state/salon.ts';
import { spanOf } from '../types.ts';
import type { Answer } from './problem.ts';

/** Rows that seem to come or go before the page: the offset is read as if the list had moved by that many. */
export function shiftedQuery(query: URLSearchParams, faults: readonly ArmedFault[]): URLSearchParams {
  const shift = shiftOf(query, faults);
  if (shift === 0) return query;
  const shifted = new URLSearchParams(query);
  shifted.set('offset', String(Math.max(0, Number(query.get('offset') ?? '0') + shift)));
  return shifted;
}

/** The count as it would be after that. */
export function shiftedCount(answer: Answer, query: URLSearchParams, faults: readonly ArmedFault[]): Answer {
  const shift = shiftOf(query, faults);
  const { body } = answer;
  if (shift === 0 || typeof body !== 'object' || body === null || !('count' in body)) return answer;
  if (typeof body.count !== 'number') return answer;
  for (const fault of seeming(faults)) fault.hit();
  return { ...answer, body: { ...body, count: Math.max(0, body.count - shift) } };
}

/** Rows that really come or go: the salon makes or deletes them at the start of the list. */
export function shiftReally(
  sandbox: Sandbox,
  salon: Salon,
  template: string,
  faults: readonly ArmedFault[],
): void {
  for (const fault of faults) {
    const { spec } = fault;
    if (spec.kind !== 'shift_list' || !spec.real) continue;
    for (let n = 0; n < spec.rows; n += 1) {
      const visits = template.endsWith('/appointment/');
      if (spec.direction === 'remove') {
        if (visits) removeFirstVisit(sandbox, salon);
        else removeFirstCustomer(sandbox, salon);
      } else if (visits) insertVisit(sandbox, salon);
      else insertCustomer(sandbox, salon);
    }
    fault.hit();
  }
}

function seeming(faults: readonly ArmedFault[]): ArmedFault[] {
  return faults.filter(({ spec }) => spec.kind === 'shift_list' && !spec.real);
}

function shiftOf(query: URLSearchParams, faults: readonly ArmedFault[]): number {
  // On the first page nothing can have moved yet.
  if (Number(query.get('offset') ?? '0') === 0) return 0;
  return seeming(faults).reduce(
    (sum, { spec }) => sum + (spec.direction === 'remove' ? spec.rows : -spec.rows),
    0,
  );
}

function firstVisit(sandbox: Sandbox, salon: Salon): ReturnType<Salon['visits']['get']> {
  const order = sandbox.store.settings.flags.listOrder;
  const query = { from: null, till: null, filter: 'start', order, withCancelled: true } as const;
  return salon.visits.page(query, 0, 1).rows[0];
}

function removeFirstVisit(sandbox: Sandbox, salon: Salon): void {
  const visit = firstVisit(sandbox, salon);
  if (visit !== undefined)
    deleteVisit({ sandbox, salon, actor: 'salon', allowOverlap: true, silent: true }, visit);
}

function insertVisit(sandbox: Sandbox, salon: Salon): void {
  const first = firstVisit(sandbox, salon);
  if (first === undefined) return;
  const from = spanOf(first).from - 60;
  createVisit(
    { sandbox, salon, actor: 'salon', allowOverlap: true, silent: true },
    {
      subbookings: [{ booked_from: formatLocal(from), booked_till: formatLocal(from + 30) }],
      customer_name: 'Klient z ulicy',
    },
    undefined,
  );
}

function removeFirstCustomer(sandbox: Sandbox, salon: Salon): void {
  const first = salon.customers.slice(0, 1)[0];
  if (first !== undefined) erase(sandbox, salon, 'salon', 'customer', String(first.id));
}

function insertCustomer(sandbox: Sandbox, salon: Salon): void {
  const first = salon.customers.slice(0, 1)[0];
  // Cards are listed by id: only one below the first comes before it.
  const id = first === undefined ? salon.newId() : first.id - 1;
  const record = { ...blankCustomer(id, sandbox.clock.told()), first_name: 'Nowa', last_name: 'Osoba' };
  save(sandbox, salon, 'salon', 'created', { kind: 'customer', key: String(id), record });
}
