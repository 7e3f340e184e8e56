import { invalid, notFound } from '../http/problem.ts';
import { created, idParam, noContent, ok, salonOf } from '../http/request.ts';
import type { ApiRequest, Route } from '../http/request.ts';
import type { Salon } from '../state/salon.ts';
import type { VisitQuery } from '../state/visitIndex.ts';
import { parseLocal } from '../time.ts';
import type { Visit } from '../types.ts';
import { mappingRoute } from './catalog.ts';
import { envelope, pageQuery } from './paging.ts';
import { readVisitBody } from './visitBody.ts';
import {
  assertModifiable,
  assertWritable,
  createVisit,
  deleteVisit,
  isStep,
  replaceVisit,
  STATUS_STEPS,
  stepStatus,
} from './visitDeeds.ts';
import type { Doer } from './visitDeeds.ts';
import { visitWire } from './visitWire.ts';

const TEMPLATE = '/business/{business_id}/appointment/';
const ONE = `${TEMPLATE}{appointment_id}/`;

function doerOf(request: ApiRequest, salon: Salon): Doer {
  assertWritable(request.sandbox, request.actor);
  return { sandbox: request.sandbox, salon, actor: request.actor, allowOverlap: false, silent: false };
}

function find(request: ApiRequest, salon: Salon): Visit {
  const visit = salon.visits.get(idParam(request, 'appointment_id'));
  if (visit === undefined) throw notFound();
  return visit;
}

function localQuery(request: ApiRequest, name: string): number | null {
  const text = request.query.get(name);
  if (text === null) return null;
  const minute = parseLocal(text);
  if (minute === null) throw invalid(name, 'Not a local time YYYY-MM-DDTHH:MM');
  return minute;
}

/** The list call as the flags would have it. */
export function listQuery(request: ApiRequest): VisitQuery {
  const { listFilter, listOrder, cancelledListed } = request.sandbox.store.settings.flags;
  return {
    from: localQuery(request, 'booked_from'),
    till: localQuery(request, 'booked_till'),
    filter: listFilter,
    order: listOrder,
    withCancelled: cancelledListed,
  };
}

const statusRoutes: Route[] = Object.keys(STATUS_STEPS)
  .filter(isStep)
  .map((step) => ({
    method: 'PATCH',
    template: `${ONE}status/${step}/`,
    handle: (request) => {
      const salon = salonOf(request);
      const visit = find(request, salon);
      return ok(visitWire(stepStatus(doerOf(request, salon), visit, step), salon));
    },
  }));

/** Visits and blocks. There is no DELETE: cancelling is a status. */
export const appointmentRoutes: readonly Route[] = [
  mappingRoute(`${TEMPLATE}mapping/`, 'visit'),
  {
    method: 'GET',
    template: TEMPLATE,
    handle: (request) => {
      const salon = salonOf(request);
      const { offset, limit } = pageQuery(request);
      const { total, rows } = salon.visits.page(listQuery(request), offset, limit);
      const thin = !request.sandbox.store.settings.flags.listRowsFull;
      const wires = rows.map((visit) => visitWire(visit, salon, thin));
      return ok(envelope(request, total, offset, limit, wires));
    },
  },
  {
    method: 'POST',
    template: TEMPLATE,
    handle: (request) => {
      const salon = salonOf(request);
      const doer = doerOf(request, salon);
      const { fields, extra } = readVisitBody(request.body);
      return created(visitWire(createVisit(doer, fields, extra), salon));
    },
  },
  {
    method: 'GET',
    template: ONE,
    handle: (request) => {
      const salon = salonOf(request);
      return ok(visitWire(find(request, salon), salon));
    },
  },
  {
    method: 'PUT',
    template: ONE,
    handle: (request) => {
      const salon = salonOf(request);
      const doer = doerOf(request, salon);
      const old = find(request, salon);
      assertModifiable(old, request.actor);
      const { fields, extra } = readVisitBody(request.body);
      if (fields.status === undefined && !request.sandbox.store.settings.flags.statusOptionalInPut) {
        throw invalid('status', 'This field is required.');
      }
      return ok(visitWire(replaceVisit(doer, old, fields, extra), salon));
    },
  },
  ...statusRoutes,
];

/** What only the salon itself can do: take a visit away. */
export const salonOnlyAppointmentRoutes: readonly Route[] = [
  {
    method: 'DELETE',
    template: ONE,
    handle: (request) => {
      const salon = salonOf(request);
      deleteVisit(doerOf(request, salon), find(request, salon));
      return noContent();
    },
  },
];
