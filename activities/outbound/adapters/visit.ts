import { readById } from '../../inbound/read-by-id.ts';
import { createVisitBinding, lockVisits, visitMirror } from '../../apply/visit-binding.ts';
import { visitOfRows } from '../../apply/visit-rows.ts';
import type { Facts } from '../facts.ts';
import type { VisitChange, VisitItemInput } from '../../../booksy/index.ts';
import { addDays } from '../../../domain/local-time.ts';
import type { GroupStates } from '../../../domain/merge.ts';
import type { Interval, ObservedAppointment, ObservedTravel } from '../../../domain/observed.ts';
import type { RecordView } from '../../../domain/protocol/types.ts';
import { part, partText } from '../../../domain/states/there.ts';
import { itemGroups, itemOfGroup, seenVisit } from '../../../domain/states/visit.ts';
import { visitThere } from '../../../domain/states/visit-there.ts';
import type { Json } from '../../../domain/canonical.ts';
import {
  bodyText,
  numberOrNull,
  textOrNull,
  type AdapterIo,
  type AdapterWrite,
  type Found,
  type ReadRecord,
  type WriteAdapter,
} from './adapter.ts';

/** Thrown where an appointment that is linked to a visit came back as something else, a bare reservation of time. */
export class NotAVisitError extends Error {
  readonly code = 'not_a_visit';
}

/** Rows of one look-up page, and pages at most: a day of a salon is far below. */
const PAGE = 100;
const MOST_PAGES = 10;

/** Visits: created with our import uid, changed by PUT on what was read, ended and confirmed by status steps. */
export const visitAdapter: WriteAdapter = {
  entity: 'booking',
  table: 'bookings',
  mirror: visitMirror,
  binding: createVisitBinding,

  oursOf: (facts) => (facts.row === null ? null : visitOfRows(facts.row, facts.items, itemLinksOf(facts))),

  heldOf(recordId, facts) {
    if (facts.row === null) return null;
    const itemLinks = itemLinksOf(facts);
    const { groups } = visitOfRows(facts.row, facts.items, itemLinks);
    return { recordId, items: facts.items, itemLinks, ours: groups };
  },

  lock: lockVisits,

  there: (ours, { links, base, remote, createdByUs, contactNeeded }) =>
    visitThere(ours, {
      links,
      base,
      // What Booksy made itself it knows already; what we bring is the least that it needs (R39).
      minimalContact: remote === null || createdByUs,
      contactNeeded,
      statusThere: remote?.status,
    }),

  async read(io, externalId) {
    const { value, raw, interval } = await io.booksy.readAppointmentForWrite(
      io.business,
      { externalId },
      io.call,
    );
    return { ...(await seenOf(io, value, interval)), raw };
  },

  async find(io, view, importUid, intent) {
    const carriesOurs = (uid: string | null) =>
      uid !== null && (importUid === null ? uid.startsWith(`${view.ref.recordId}:`) : uid === importUid);
    const ids = new Set<string>([...(view.sighted ?? []), ...(view.discarded ?? [])]);
    let conclusive = true;
    for (const day of daysOf(view, intent?.body ?? null)) {
      const listed = await idsOfDay(io, day, carriesOurs);
      conclusive &&= listed.whole;
      for (const id of listed.ids) ids.add(id);
    }
    // The look-up sees it wherever it was moved to; the list sees those that the look-up hides (it tells one).
    const uid = importUid ?? intent?.importUid ?? null;
    if (uid !== null) {
      const mapped = await io.booksy.mapImport(
        io.business,
        { entity: 'appointment', importUid: uid },
        io.call,
      );
      if (mapped.value.externalId !== null) ids.add(mapped.value.externalId);
    }
    const records: ReadRecord[] = [];
    for (const externalId of [...ids].sort(byNumber)) {
      if (externalId === view.externalId) continue;
      const answer = await readById(async () => {
        const { value, raw, interval } = await io.booksy.readAppointmentForWrite(
          io.business,
          { externalId },
          io.call,
        );
        return { value: { value, raw }, interval };
      });
      if ('unreadable' in answer) conclusive = false;
      if (!('found' in answer)) continue;
      const { row, interval } = answer.found;
      if (row.value.kind !== 'visit' || !carriesOurs(row.value.importUid)) continue;
      records.push({ ...(await seenOf(io, row.value, interval)), raw: row.raw });
    }
    return { records, conclusive } satisfies Found;
  },

  async send(io, write) {
    const { intent, read } = write;
    const { booksy, business, call } = io;
    const externalId = intent.externalId ?? '';
    switch (intent.operation) {
      case 'create': {
        const visit = { importUid: bodyText(intent.importUid), ...wholeVisit(intent.body) };
        return observed(io, await booksy.createAppointment(business, { visit }, call));
      }
      case 'change': {
        if (read?.raw == null) throw new RangeError('No PUT without a read (R13a).');
        const change = changeOf(write, read.seen.theirs);
        const { raw } = read;
        return observed(io, await booksy.putAppointment(business, { externalId, raw, change }, call));
      }
      case 'status': {
        if (intent.step === null) throw new RangeError('A write of a status names its step.');
        const params = { externalId, step: intent.step };
        return observed(io, await booksy.changeAppointmentStatus(business, params, call));
      }
      case 'remove':
        throw new RangeError('A visit is never removed there: its end is a status.');
    }
  },
};

async function observed(
  io: AdapterIo,
  answer: { readonly value: ObservedAppointment; readonly interval: Interval },
): Promise<ReadRecord> {
  return seenOf(io, answer.value, answer.interval);
}

async function seenOf(io: AdapterIo, row: ObservedAppointment, interval: Interval): Promise<ReadRecord> {
  if (row.kind !== 'visit') {
    throw new NotAVisitError(
      `The appointment ${row.externalId} is linked to a visit and is a reservation of time now. Look at it in Booksy.`,
    );
  }
  const cards = row.clientExternalId === null ? [] : [row.clientExternalId];
  const seen = seenVisit(row, { ...io.links, clients: await io.clientLinks(cards) }, interval);
  return { seen, raw: null, importUid: row.importUid, ended: row.status === 'cancelled' };
}

/** The days on which a create of ours can stand: as it was sent, as it is here, as it was last seen. */
function daysOf(view: RecordView, body: GroupStates | null): readonly string[] {
  const days = [body, view.created?.body, view.oursThere, view.ours?.groups, view.mirror?.remote]
    .flatMap((groups) => startsOf(groups ?? {}))
    .map((local) => local.slice(0, 10));
  return [...new Set(days)].sort();
}

function startsOf(groups: GroupStates): readonly string[] {
  const starts = Object.entries(groups).flatMap(([group, value]) =>
    itemOfGroup(group)?.part === 'time' ? [partText(value, 'startsLocal')] : [],
  );
  const first = starts.filter((start) => start !== null).sort()[0];
  return first === undefined ? [] : [first];
}

async function idsOfDay(
  io: AdapterIo,
  day: string,
  carriesOurs: (uid: string | null) => boolean,
): Promise<{ readonly ids: readonly string[]; readonly whole: boolean }> {
  const ids: string[] = [];
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const list = await io.booksy.listAppointments(
      io.business,
      {
        fromLocal: `${day}T00:00`,
        tillLocal: `${addDays(day, 1)}T00:00`,
        offset: page * PAGE,
        limit: PAGE,
      },
      io.call,
    );
    for (const row of list.rows) {
      if (row.kind === 'visit' && carriesOurs(row.importUid)) ids.push(row.externalId);
    }
    if ((page + 1) * PAGE >= list.total) return { ids, whole: list.rejected.length === 0 };
  }
  return { ids, whole: false };
}

function byNumber(left: string, right: string): number {
  return Number(left) - Number(right);
}

function wholeVisit(body: GroupStates) {
  return {
    clientExternalId: textOrNull(body.client),
    clientName: textOrNull(body.clientName),
    clientPhone: textOrNull(body.clientPhone),
    clientEmail: textOrNull(body.clientEmail),
    clientNote: textOrNull(body.clientNote),
    travel: travelOf(body.travel),
    items: itemsOf(body, new Set(), new Map()),
  };
}

/** Of a PUT only the groups that the intent names replace what was read (R13a); frozen ones carry what was just read (R10a). */
function changeOf({ intent, itemNames }: AdapterWrite, read: GroupStates): VisitChange {
  const { body, groups } = intent;
  const named = new Set(groups);
  const text = (group: string) => (named.has(group) ? textOrNull(body[group]) : undefined);
  const merged: Record<string, Json> = { ...read };
  let items = false;
  for (const group of groups) {
    if (itemOfGroup(group) === null) continue;
    items = true;
    const value = body[group];
    if (value === undefined) Reflect.deleteProperty(merged, group);
    else merged[group] = value;
  }
  const known = new Set(Object.keys(read).flatMap((group) => itemOfGroup(group)?.key ?? []));
  const change = {
    clientExternalId: text('client'),
    clientName: text('clientName'),
    clientPhone: text('clientPhone'),
    clientEmail: text('clientEmail'),
    clientNote: text('clientNote'),
    travel: named.has('travel') ? travelOf(body.travel) : undefined,
    items: items ? itemsOf(merged, known, itemNames) : undefined,
  };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

/** @param known keys of items that are there already: they keep their id */
function itemsOf(
  groups: GroupStates,
  known: ReadonlySet<string>,
  names: ReadonlyMap<string, string>,
): readonly VisitItemInput[] {
  const keys = [...new Set(Object.keys(groups).flatMap((group) => itemOfGroup(group)?.key ?? []))];
  return keys
    .flatMap((key): readonly VisitItemInput[] => {
      const { time: timeGroup, service: serviceGroup } = itemGroups(key);
      const time = groups[timeGroup];
      // An item of which only the service is left was taken away.
      if (time === undefined) return [];
      const service = groups[serviceGroup];
      return [
        {
          externalId: known.has(key) ? wholeId(names.get(key) ?? key) : null,
          startsLocal: bodyText(part(time, 'startsLocal')),
          endsLocal: bodyText(part(time, 'endsLocal')),
          staffExternalId: partText(time, 'staff'),
          anyStaff: part(time, 'anyStaff') === true,
          roomExternalId: partText(time, 'room'),
          variantExternalId: partText(service, 'variant'),
          serviceName: partText(service, 'name'),
        },
      ];
    })
    .sort((a, b) => (a.startsLocal < b.startsLocal ? -1 : a.startsLocal > b.startsLocal ? 1 : 0));
}

/** Keys of items that Booksy gave no id are made of their content: there is nothing to name them by. */
function wholeId(key: string): string | null {
  return /^\d+$/.test(key) ? key : null;
}

function travelOf(travel: Json | undefined): ObservedTravel | null {
  if (travel === undefined || travel === null) return null;
  return {
    addressLine1: partText(travel, 'addressLine1'),
    addressLine2: partText(travel, 'addressLine2'),
    apartmentNumber: partText(travel, 'apartmentNumber'),
    city: partText(travel, 'city'),
    postcode: partText(travel, 'postcode'),
    latitude: numberOrNull(part(travel, 'latitude')),
    longitude: numberOrNull(part(travel, 'longitude')),
    priceMinor: numberOrNull(part(travel, 'priceMinor')),
  };
}

/** Until its next appointment is linked, a visit's items go by their names in the last one (R16). */
function itemLinksOf({ mirrors }: Facts): Readonly<Record<string, string>> {
  const links = (former: boolean) => mirrors.filter((each) => each.is_former === former).at(-1)?.item_links;
  return links(false) ?? links(true) ?? {};
}
