import { z } from 'zod';
import { maybeText, parseBody, text } from '../http/body.ts';
import { ok, salonOf } from '../http/request.ts';
import type { Route } from '../http/request.ts';
import { save } from '../sandbox.ts';
import { merge } from '../settings.ts';
import type { Salon } from '../state/salon.ts';
import type { Resource } from '../types.ts';
import { crudRoutes, withExtra } from './crud.ts';
import { presentDays } from './schedules.ts';

const BASE = '/business/{business_id}';

function businessWire(salon: Salon): object {
  return { ...salon.business, open_hours: presentDays(salon.schedules.get('business') ?? []) };
}

const businessPatch = z
  .object({
    name: text,
    status: z.enum(['S', 'T', 'P', 'O', 'L', 'H', 'R', 'B']),
    booking_mode: z.enum(['A', 'M', 'S']),
    timezone: text,
    country: text,
    currency: text,
  })
  .partial();

const resources = crudRoutes<Resource>({
  kind: 'resource',
  template: `${BASE}/resource/`,
  idName: 'resource_id',
  list: (salon) => salon.resources.all(),
  get: (salon, id) => salon.resources.get(id),
  fields: z
    .object({
      name: text,
      type: z.enum(['S', 'R']),
      active: z.boolean(),
      visible: z.boolean(),
      access_level: z.enum(['owner', 'manager', 'reception', 'staff']).nullable(),
      position: z.number().int(),
      services: z.array(z.number().int()),
      email: maybeText,
    })
    .partial(),
  required: z.object({ name: text, type: z.string() }),
  readOnly: [],
  blank: (id) => ({
    id,
    name: '',
    type: 'S',
    active: true,
    visible: true,
    access_level: null,
    position: 0,
    services: [],
    email: null,
  }),
  toPut: (record) => ({ kind: 'resource', key: String(record.id), record }),
  toWire: withExtra,
  check: () => undefined,
  beforeDelete: (record, salon, request) => {
    for (const timeOff of salon.timeOff.all()) {
      if (timeOff.resource_id === record.id) {
        request.sandbox.store.remove(salon, 'timeOff', String(timeOff.id));
      }
    }
  },
});

/** Salons and their resources. */
export const businessRoutes: readonly Route[] = [
  {
    method: 'GET',
    template: '/business/',
    handle: (request) => ok(request.sandbox.store.all().map(businessWire)),
  },
  { method: 'GET', template: `${BASE}/`, handle: (request) => ok(businessWire(salonOf(request))) },
  ...resources,
];

/** What only the salon itself can do (by way of the control surface). */
export const salonOnlyBusinessRoutes: readonly Route[] = [
  {
    method: 'PATCH',
    template: `${BASE}/`,
    handle: (request) => {
      const salon = salonOf(request);
      const record = merge(salon.business, parseBody(businessPatch, request.body));
      save(request.sandbox, salon, request.actor, 'changed', {
        kind: 'business',
        key: String(record.id),
        record,
      });
      return ok(businessWire(salon));
    },
  },
];
