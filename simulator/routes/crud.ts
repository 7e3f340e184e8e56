import { extraOf, parseBody } from '../http/body.ts';
import { notFound } from '../http/problem.ts';
import { created, idParam, noContent, ok, salonOf } from '../http/request.ts';
import type { ApiRequest, Route } from '../http/request.ts';
import { erase, save } from '../sandbox.ts';
import { merge } from '../settings.ts';
import type { EntityKind, Put, Salon } from '../state/salon.ts';
import type { Extra } from '../types.ts';
import type { z } from 'zod';

interface Base {
  readonly id: number;
  readonly import_uid?: string | null;
  readonly extra?: Extra | undefined;
}

/** How one kind of record is listed, made, changed and deleted; they are all alike. */
export interface CrudSpec<T extends Base> {
  readonly kind: EntityKind;
  /** Of the list; ends with a slash. */
  readonly template: string;
  readonly idName: string;
  list(salon: Salon, request: ApiRequest): T[];
  get(salon: Salon, id: number, request: ApiRequest): T | undefined;
  /** All fields that may be written, each optional. */
  readonly fields: z.ZodObject;
  /** Fields of the wire that are read-only: ignored in a body. */
  readonly readOnly: readonly string[];
  readonly required: z.ZodObject;
  /** What a POST or PUT that says nothing else gets. */
  blank(id: number, salon: Salon, request: ApiRequest): T;
  toPut(record: T): Put;
  toWire(record: T): object;
  /** Throws where a record refers to what is not there. */
  check(record: T, salon: Salon): void;
  /** What must go first when it is deleted. */
  beforeDelete?(record: T, salon: Salon, request: ApiRequest): void;
}

/** A record as it goes over the wire: its unknown fields beside the known ones. */
export function withExtra(record: { readonly extra?: Extra | undefined }): object {
  const { extra, ...known } = record;
  return { ...known, ...extra };
}

/** GET and POST of the list; GET, PUT, PATCH and DELETE of one. */
export function crudRoutes<T extends Base>(spec: CrudSpec<T>): Route[] {
  const one = `${spec.template}{${spec.idName}}/`;
  const find = (salon: Salon, request: ApiRequest): T => {
    const record = spec.get(salon, idParam(request, spec.idName), request);
    if (record === undefined) throw notFound();
    return record;
  };
  const unknownOf = (body: unknown): Extra | undefined =>
    extraOf(body, ['id', ...spec.readOnly, ...Object.keys(spec.fields.shape)]);
  const store = (salon: Salon, request: ApiRequest, record: T, deed: 'created' | 'changed'): object => {
    spec.check(record, salon);
    save(request.sandbox, salon, request.actor, deed, spec.toPut(record));
    return spec.toWire(record);
  };
  return [
    {
      method: 'GET',
      template: spec.template,
      handle: (request) => ok(spec.list(salonOf(request), request).map((record) => spec.toWire(record))),
    },
    {
      method: 'POST',
      template: spec.template,
      handle: (request) => {
        const salon = salonOf(request);
        parseBody(spec.required, request.body);
        const given = parseBody(spec.fields, request.body);
        const blank = spec.blank(salon.newId(), salon, request);
        const record = { ...merge(blank, given), extra: unknownOf(request.body) };
        return created(store(salon, request, record, 'created'));
      },
    },
    { method: 'GET', template: one, handle: (request) => ok(spec.toWire(find(salonOf(request), request))) },
    {
      method: 'PUT',
      template: one,
      handle: (request) => {
        const salon = salonOf(request);
        const old = find(salon, request);
        parseBody(spec.required, request.body);
        const given = parseBody(spec.fields, request.body);
        const blank = merge(spec.blank(old.id, salon, request), keptOnPut(old));
        const record = { ...merge(blank, given), extra: unknownOf(request.body) };
        return ok(store(salon, request, record, 'changed'));
      },
    },
    {
      method: 'PATCH',
      template: one,
      handle: (request) => {
        const salon = salonOf(request);
        const old = find(salon, request);
        const given = parseBody(spec.fields, request.body);
        const record = { ...merge(old, given), extra: merge(old.extra ?? {}, unknownOf(request.body)) };
        return ok(store(salon, request, record, 'changed'));
      },
    },
    {
      method: 'DELETE',
      template: one,
      handle: (request) => {
        const salon = salonOf(request);
        const record = find(salon, request);
        spec.beforeDelete?.(record, salon, request);
        erase(request.sandbox, salon, request.actor, spec.kind, String(record.id));
        return noContent();
      },
    },
  ];
}

/** What a PUT does not replace: where the record came from. */
function keptOnPut(record: Base): object {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    if (['import_uid', 'created', 'customer_profile', 'type'].includes(name)) kept[name] = value;
  }
  return kept;
}
