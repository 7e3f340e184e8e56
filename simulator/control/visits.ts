import { invalid, notFound } from '../http/problem.ts';
import type { Answer } from '../http/problem.ts';
import { parseBody } from '../http/body.ts';
import { readContact, readParts } from '../routes/visitBody.ts';
import { change, createVisit, deleteVisit } from '../routes/visitDeeds.ts';
import type { Doer } from '../routes/visitDeeds.ts';
import { visitWire } from '../routes/visitWire.ts';
import type { Sandbox } from '../sandbox.ts';
import { merge } from '../settings.ts';
import type { Salon } from '../state/salon.ts';
import type { VisitQuery } from '../state/visitIndex.ts';
import { formatLocal, parseLocal } from '../time.ts';
import type { Visit } from '../types.ts';
import { changedVisitSchema, newVisitSchema } from './schemas.ts';
import type { ChangedVisit } from './schemas.ts';

const MAX_ROWS = 1000;

function findVisit(sandbox: Sandbox, id: string): { salon: Salon; visit: Visit } {
  for (const salon of sandbox.store.all()) {
    const visit = salon.visits.get(Number(id));
    if (visit !== undefined) return { salon, visit };
  }
  throw notFound();
}

function wire(visit: Visit, salon: Salon): object {
  return { ...visitWire(visit, salon), repeating: visit.repeating };
}

function doer(
  sandbox: Sandbox,
  salon: Salon,
  given: { allowOverlap?: boolean | undefined; silent?: boolean | undefined },
): Doer {
  return {
    sandbox,
    salon,
    actor: 'salon',
    allowOverlap: given.allowOverlap ?? false,
    silent: given.silent ?? false,
  };
}

/** POST visits: a visit that the salon (or its client, with type C) makes. */
export function addVisit(sandbox: Sandbox, body: unknown): Answer {
  const { salon: salonId, allowOverlap, silent, repeating, ...fields } = parseBody(newVisitSchema, body);
  const salon = salonId === undefined ? sandbox.store.all()[0] : sandbox.store.salon(salonId);
  if (salon === undefined) throw invalid('salon', 'No such salon');
  const visit = createVisit(doer(sandbox, salon, { allowOverlap, silent }), fields, undefined, repeating);
  return { status: 201, body: wire(visit, salon) };
}

/** PATCH visits/:id: as the salon would change it. */
export function patchVisit(sandbox: Sandbox, id: string, body: unknown): Answer {
  const { salon, visit } = findVisit(sandbox, id);
  const given = parseBody(changedVisitSchema, body);
  const contact =
    given.booked_for_id === undefined
      ? {}
      : readContact(salon, { booked_for_id: given.booked_for_id, subbookings: [] });
  const changed: Visit = {
    ...merge(
      { ...visit, ...contact },
      {
        name: given.customer_name,
        phone: given.customer_phone,
        email: given.customer_email,
        customerNote: given.customer_note,
        businessNote: given.business_note,
        importUid: given.import_uid,
        status: given.status,
        type: given.type,
        traveling: given.traveling,
        repeating: given.repeating,
      },
    ),
    parts: changedParts(salon, visit, given),
  };
  return { status: 200, body: wire(change(doer(sandbox, salon, given), visit, changed), salon) };
}

function changedParts(salon: Salon, visit: Visit, given: ChangedVisit): Visit['parts'] {
  const kept = visit.parts.filter((part) => !(given.removeSubbookings ?? []).includes(part.id));
  const before = kept.map((part) => {
    const named = given.subbookings?.find(({ id }) => id === part.id);
    const before = {
      id: part.id,
      booked_from: formatLocal(part.from),
      booked_till: formatLocal(part.till),
      staffer_id: part.staffer,
      appliance_id: part.appliance,
      service_variant_id: part.variant,
      service_name: part.serviceName,
    };
    return merge(merge(before, { staffer_id: given.staffer_id }), named);
  });
  const unknown =
    given.subbookings?.findIndex(({ id }) => id !== undefined && !kept.some((part) => part.id === id)) ?? -1;
  if (unknown >= 0) throw invalid(`subbookings.${String(unknown)}.id`, 'This visit has no such subbooking');
  const fresh = (given.subbookings ?? []).flatMap((sub, n) => {
    if (sub.id !== undefined) return [];
    if (sub.booked_from === undefined)
      throw invalid(`subbookings.${String(n)}.booked_from`, 'This field is required.');
    return [{ ...sub, booked_from: sub.booked_from }];
  });
  if (before.length + fresh.length === 0)
    throw invalid('removeSubbookings', 'A visit has at least one subbooking');
  const move = given.moveMinutes ?? 0;
  return readParts(salon, [...before, ...fresh], kept).map((part) => ({
    ...part,
    from: part.from + move,
    till: part.till + move,
  }));
}

/** DELETE visits/:id: as owners do with finished ones. */
export function removeVisit(sandbox: Sandbox, id: string): Answer {
  const { salon, visit } = findVisit(sandbox, id);
  deleteVisit(doer(sandbox, salon, {}), visit);
  return { status: 204 };
}

/** GET visits/:id */
export function oneVisit(sandbox: Sandbox, id: string): Answer {
  const { salon, visit } = findVisit(sandbox, id);
  return { status: 200, body: wire(visit, salon) };
}

/** GET visits?salon&from&till&status&type&importUid&offset&limit: everything, cancelled ones too. */
export function listVisits(sandbox: Sandbox, query: URLSearchParams): Answer {
  const known = ['salon', 'from', 'till', 'status', 'type', 'importUid', 'offset', 'limit'];
  for (const name of query.keys())
    if (!known.includes(name)) throw invalid(name, `One of ${known.join(', ')}`);
  const time = (name: string): number | null => {
    const text = query.get(name);
    const minute = text === null ? null : parseLocal(text);
    if (text !== null && minute === null) throw invalid(name, 'Not a local time YYYY-MM-DDTHH:MM');
    return minute;
  };
  const number = (name: string, otherwise: number): number => {
    const value = Number(query.get(name) ?? otherwise);
    if (!Number.isInteger(value) || value < 0) throw invalid(name, 'Must be a whole number');
    return value;
  };
  const salonId = query.get('salon') === null ? null : number('salon', 0);
  const salons =
    salonId === null ? sandbox.store.all() : sandbox.store.all().filter((s) => s.business.id === salonId);
  if (salonId !== null && salons.length === 0) throw invalid('salon', 'No such salon');
  const window = {
    from: time('from'),
    till: time('till'),
    filter: 'start',
    order: 'start',
    withCancelled: true,
  } as const;
  const wanted = (visit: Visit): boolean =>
    (query.get('status') ?? visit.status) === visit.status &&
    (query.get('type') ?? visit.type) === visit.type &&
    (query.get('importUid') ?? visit.importUid) === visit.importUid;
  const offset = number('offset', 0);
  const limit = Math.min(MAX_ROWS, number('limit', 100));
  if (!['status', 'type', 'importUid'].some((name) => query.has(name)))
    return page(salons, window, offset, limit);
  const found = salons.flatMap((salon) =>
    salon.visits
      .page(window, 0, Number.MAX_SAFE_INTEGER)
      .rows.filter(wanted)
      .map((visit) => ({ salon, visit })),
  );
  const rows = found.slice(offset, offset + limit);
  return {
    status: 200,
    body: { count: found.length, results: rows.map(({ salon, visit }) => wire(visit, salon)) },
  };
}

/** A page of the salons' visits, one salon after the other, without looking at those before it. */
function page(salons: readonly Salon[], window: VisitQuery, offset: number, limit: number): Answer {
  const results: object[] = [];
  let count = 0;
  for (const salon of salons) {
    const { total, rows } = salon.visits.page(window, Math.max(0, offset - count), limit - results.length);
    if (offset < count + total) results.push(...rows.map((visit) => wire(visit, salon)));
    count += total;
  }
  return { status: 200, body: { count, results } };
}
