import { z } from 'zod';
import { maybeId, maybeText, parseBody, text } from '../http/body.ts';
import { invalid, notFound } from '../http/problem.ts';
import { idParam, ok, salonOf } from '../http/request.ts';
import type { ApiRequest, Route } from '../http/request.ts';
import { save } from '../sandbox.ts';
import type { Salon } from '../state/salon.ts';
import type { Category, Service, Variant } from '../types.ts';
import { crudRoutes, withExtra } from './crud.ts';

const BASE = '/business/{business_id}';

const categories = crudRoutes<Category>({
  kind: 'category',
  template: `${BASE}/service_category/`,
  idName: 'service_category_id',
  list: (salon) => salon.categories.all(),
  get: (salon, id) => salon.categories.get(id),
  fields: z.object({ name: text, order: z.number().int(), import_uid: maybeText }).partial(),
  required: z.object({ name: text }),
  readOnly: [],
  blank: (id) => ({ id, name: '', order: 0, import_uid: null }),
  toPut: (record) => ({ kind: 'category', key: String(record.id), record }),
  toWire: withExtra,
  check: () => undefined,
  beforeDelete: (record, salon, request) => {
    for (const service of salon.services.all()) {
      if (service.service_category_id !== record.id) continue;
      const freed = { ...service, service_category_id: null };
      request.sandbox.store.put(salon, { kind: 'service', key: String(freed.id), record: freed });
    }
  },
});

const services = crudRoutes<Service>({
  kind: 'service',
  template: `${BASE}/service/`,
  idName: 'service_id',
  list: (salon) => salon.services.all(),
  get: (salon, id) => salon.services.get(id),
  fields: z
    .object({
      name: text,
      description: maybeText,
      service_category_id: maybeId,
      price_type: z.enum(['X', 'V', 'D', 'F', 'S', 'C']),
      padding_time_type: z.enum(['A', 'B', 'C']).nullable(),
      padding_time: z.number().int().min(0).nullable(),
      gap_time: z
        .object({ start_after: z.number().int().min(0), duration: z.number().int().min(1) })
        .nullable(),
      parallel_clients: z.number().int().min(1),
      active: z.boolean(),
      order: z.number().int(),
      import_uid: maybeText,
    })
    .partial(),
  required: z.object({ name: text, price_type: z.string() }),
  readOnly: [],
  blank: (id) => ({
    id,
    name: '',
    description: null,
    service_category_id: null,
    price_type: 'X',
    padding_time_type: null,
    padding_time: null,
    gap_time: null,
    parallel_clients: 1,
    active: true,
    order: 0,
    import_uid: null,
  }),
  toPut: (record) => ({ kind: 'service', key: String(record.id), record }),
  toWire: withExtra,
  check: (record, salon) => {
    const category = record.service_category_id;
    if (category !== null && salon.categories.get(category) === undefined) {
      throw invalid('service_category_id', 'No such category');
    }
  },
  beforeDelete: (record, salon, request) => {
    for (const variant of variantsOf(salon, record.id)) {
      request.sandbox.store.remove(salon, 'variant', String(variant.id));
    }
  },
});

const price = z.union([z.number(), z.string(), z.null()]);

const variants = crudRoutes<Variant>({
  kind: 'variant',
  template: `${BASE}/service/{service_id}/variant/`,
  idName: 'variant_id',
  list: (salon, request) => variantsOf(salon, serviceId(salon, request)),
  get: (salon, id, request) => {
    const variant = salon.variants.get(id);
    return variant?.service_id === serviceId(salon, request) ? variant : undefined;
  },
  fields: z
    .object({
      type: z.enum(['X', 'F', 'D', 'V', 'S']),
      price,
      duration: z.number().int().min(1),
      label: maybeText,
      time_slot_interval: z.number().int().min(1).nullable(),
      staffers: z.array(z.number().int()),
      import_uid: maybeText,
    })
    .partial(),
  required: z.object({ type: z.string(), duration: z.number() }),
  readOnly: ['service_id'],
  blank: (id, salon, request) => ({
    id,
    service_id: serviceId(salon, request),
    type: 'X',
    price: null,
    duration: 30,
    label: null,
    time_slot_interval: null,
    staffers: [],
    import_uid: null,
  }),
  toPut: (record) => ({ kind: 'variant', key: String(record.id), record }),
  toWire: (record) => {
    const { service_id: _service, ...wire } = record;
    return withExtra(wire);
  },
  check: (record, salon) => {
    if (record.staffers.some((id) => salon.resources.get(id) === undefined)) {
      throw invalid('staffers', 'No such resource');
    }
  },
});

function serviceId(salon: Salon, request: ApiRequest): number {
  const id = idParam(request, 'service_id');
  if (salon.services.get(id) === undefined) throw notFound();
  return id;
}

function variantsOf(salon: Salon, service: number): Variant[] {
  return salon.variants.all().filter((variant) => variant.service_id === service);
}

const mappingBody = z.object({ import_uid: text, id: maybeId.optional() });

/** POST …/mapping/: our id to their object, as a look-up or as a setter. Lowest id where there are several. */
export function mappingRoute(template: string, kind: 'visit' | 'service' | 'category'): Route {
  return {
    method: 'POST',
    template,
    handle: (request) => {
      const salon = salonOf(request);
      const { import_uid, id } = parseBody(mappingBody, request.body);
      if (request.sandbox.store.settings.flags.mapping === 'lookup') {
        return ok({ import_uid, id: salon.byImportUid(kind, import_uid)[0] ?? null });
      }
      if (id === null || id === undefined) throw invalid('id', 'This field is required.');
      setUid(request, salon, kind, id, import_uid);
      return ok({ import_uid, id });
    },
  };
}

function setUid(
  request: ApiRequest,
  salon: Salon,
  kind: 'visit' | 'service' | 'category',
  id: number,
  uid: string,
): void {
  const { sandbox, actor } = request;
  const key = String(id);
  if (kind === 'visit') {
    const visit = salon.visits.get(id);
    if (visit === undefined) throw notFound();
    save(sandbox, salon, actor, 'changed', { kind, key, record: { ...visit, importUid: uid } });
  } else if (kind === 'service') {
    const service = salon.services.get(id);
    if (service === undefined) throw notFound();
    save(sandbox, salon, actor, 'changed', { kind, key, record: { ...service, import_uid: uid } });
  } else {
    const category = salon.categories.get(id);
    if (category === undefined) throw notFound();
    save(sandbox, salon, actor, 'changed', { kind, key, record: { ...category, import_uid: uid } });
  }
}

/** Categories, services, variants and their mapping. The literal `mapping/` comes before `{id}/`. */
export const catalogRoutes: readonly Route[] = [
  mappingRoute(`${BASE}/service_category/mapping/`, 'category'),
  mappingRoute(`${BASE}/service/mapping/`, 'service'),
  ...categories,
  ...services,
  ...variants,
];
