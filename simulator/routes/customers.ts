import { z } from 'zod';
import { maybeText, text } from '../http/body.ts';
import { ok, salonOf } from '../http/request.ts';
import type { Route } from '../http/request.ts';
import type { Customer } from '../types.ts';
import { crudRoutes, withExtra } from './crud.ts';
import { envelope, pageQuery } from './paging.ts';

const TEMPLATE = '/business/{business_id}/customer/';

/** A card of which nothing is known yet. */
export function blankCustomer(id: number, nowMs: number): Customer {
  return {
    id,
    first_name: '',
    last_name: '',
    cell_phone: null,
    email: null,
    birthday: null,
    allergens: null,
    business_secret_note: null,
    marketing_agreement: false,
    privacy_policy_agreement: false,
    from_promo: false,
    created: new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    customer_profile: null,
  };
}

const crud = crudRoutes<Customer>({
  kind: 'customer',
  template: TEMPLATE,
  idName: 'customer_id',
  list: () => [],
  get: (salon, id) => salon.customers.get(id),
  fields: z
    .object({
      first_name: text,
      last_name: z.string(),
      cell_phone: maybeText,
      email: maybeText,
      birthday: maybeText,
      allergens: maybeText,
      business_secret_note: maybeText,
      marketing_agreement: z.boolean(),
      privacy_policy_agreement: z.boolean(),
      from_promo: z.boolean(),
    })
    .partial(),
  required: z.object({ first_name: text }),
  readOnly: ['created', 'customer_profile'],
  blank: (id, _salon, request) => blankCustomer(id, request.sandbox.clock.told()),
  toPut: (record) => ({ kind: 'customer', key: String(record.id), record }),
  toWire: withExtra,
  check: () => undefined,
  // Visits keep the name that stood on them, but point to no card any more.
  beforeDelete: (record, salon, request) => {
    for (const visit of [...salon.visits.values()]) {
      if (visit.customer !== record.id) continue;
      const freed = { ...visit, customer: null };
      request.sandbox.store.put(salon, { kind: 'visit', key: String(visit.id), record: freed });
    }
  },
});

/** Client cards; the list is paged. */
export const customerRoutes: readonly Route[] = [
  {
    method: 'GET',
    template: TEMPLATE,
    handle: (request) => {
      const salon = salonOf(request);
      const { offset, limit } = pageQuery(request);
      const rows = salon.customers.slice(offset, limit).map(withExtra);
      return ok(envelope(request, salon.customers.size, offset, limit, rows));
    },
  },
  ...crud.filter((route) => !(route.method === 'GET' && route.template === TEMPLATE)),
];
