import type { ListPage, Observed, ObservedAppointment } from '../../domain/observed.ts';
import type { BusinessRef } from '../business-ref.ts';
import { BooksyError } from '../errors.ts';
import type { CallOptions } from '../http/http.ts';
import { appointmentReader } from '../translate/visit.ts';
import { readRecord, type RowReader } from '../wire/read.ts';
import { mappingShape } from '../wire/shapes.ts';
import { wireIdOrNull } from '../write/ids.ts';
import type { NewVisit, StatusStep, VisitChange } from '../write/inputs.ts';
import type { RawDocument } from '../write/raw-document.ts';
import { changedVisitBody, newVisitBody } from '../write/visit.ts';
import {
  readForWrite,
  readOne,
  readPage,
  target,
  write,
  type ClientContext,
  type PageRequest,
  type Place,
  type ReadForWrite,
} from './context.ts';

interface Key {
  readonly externalId: string;
}

/** What an `importUid` can be looked up for. */
export type MappedEntity = 'appointment' | 'service' | 'category';

/** Visits and blocks, and the look-up of what we created. */
export interface AppointmentMethods {
  /**
   * A page of a window of local times, from (included) to (excluded); no bounds = everything. By start or by overlap,
   * in which order and how full the rows are: see the capabilities (R5).
   */
  listAppointments(
    business: BusinessRef,
    params: PageRequest & { readonly fromLocal?: string; readonly tillLocal?: string },
    call: CallOptions,
  ): Promise<ListPage<ObservedAppointment>>;
  getAppointment(
    business: BusinessRef,
    params: Key,
    call: CallOptions,
  ): Promise<Observed<ObservedAppointment>>;
  /** R13a: no PUT without this read. */
  readAppointmentForWrite(
    business: BusinessRef,
    params: Key,
    call: CallOptions,
  ): Promise<ReadForWrite<ObservedAppointment>>;
  createAppointment(
    business: BusinessRef,
    params: { readonly visit: NewVisit },
    call: CallOptions,
  ): Promise<Observed<ObservedAppointment>>;
  putAppointment(
    business: BusinessRef,
    params: Key & { readonly raw: RawDocument; readonly change: VisitChange },
    call: CallOptions,
  ): Promise<Observed<ObservedAppointment>>;
  changeAppointmentStatus(
    business: BusinessRef,
    params: Key & { readonly step: StatusStep },
    call: CallOptions,
  ): Promise<Observed<ObservedAppointment>>;
  /**
   * Which of their objects carries our `importUid`; null where none does. With `externalId` it also tells them which
   * one does, where mapping sets rather than looks up (R15).
   */
  mapImport(
    business: BusinessRef,
    params: {
      readonly entity: MappedEntity;
      readonly importUid: string;
      readonly externalId?: string | null;
    },
    call: CallOptions,
  ): Promise<Observed<{ readonly externalId: string | null }>>;
}

const ALL: Place = { template: 'appointment/' };
const MAPPING_PLACES: Readonly<Record<MappedEntity, string>> = {
  appointment: 'appointment/mapping/',
  service: 'service/mapping/',
  category: 'service_category/mapping/',
};

const mappingReader: RowReader<{ id?: number | null | undefined }, string | null> = {
  shape: mappingShape,
  translate: (wire) => (wire.id == null ? null : String(wire.id)),
};

export function appointmentMethods(context: ClientContext): AppointmentMethods {
  const { capabilities } = context;
  return {
    listAppointments(business, { fromLocal, tillLocal, ...page }, call) {
      const query = {
        ...(fromLocal === undefined ? {} : { booked_from: fromLocal }),
        ...(tillLocal === undefined ? {} : { booked_till: tillLocal }),
      };
      const reader = appointmentReader(business, capabilities.listRowsFull);
      return readPage(context, business, { ...ALL, query }, page, reader, call);
    },
    getAppointment: (business, key, call) =>
      readOne(context, business, one(key), appointmentReader(business, true), call),
    readAppointmentForWrite: (business, key, call) =>
      readForWrite(context, business, one(key), appointmentReader(business, true), call),
    async createAppointment(business, { visit }, call) {
      requireWrites(context, business);
      const body = newVisitBody(visit, business.currency);
      return write(context, business, 'POST', ALL, body, appointmentReader(business, true), call);
    },
    async putAppointment(business, { externalId, raw, change }, call) {
      requireWrites(context, business);
      const body = changedVisitBody(raw, change, {
        currency: business.currency,
        statusOptional: capabilities.statusOptionalInPut ?? true,
      });
      return write(
        context,
        business,
        'PUT',
        one({ externalId }),
        body,
        appointmentReader(business, true),
        call,
      );
    },
    async changeAppointmentStatus(business, { externalId, step }, call) {
      requireWrites(context, business);
      const place = { template: `appointment/:id/status/${step}/`, ids: [externalId] };
      return write(context, business, 'PATCH', place, undefined, appointmentReader(business, true), call);
    },
    async mapImport(business, { entity, importUid, externalId }, call) {
      const body = {
        import_uid: importUid,
        ...(externalId === undefined ? {} : { id: wireIdOrNull(externalId) }),
      };
      // Asked twice it says the same: safe to repeat, so its failures are a read's.
      const answer = await context.http.call(
        { ...target(business, { template: MAPPING_PLACES[entity] }), method: 'POST', kind: 'read', body },
        call,
      );
      const found = readRecord(answer.body, mappingReader, answer.details);
      return { value: { externalId: found }, interval: answer.interval };
    },
  };
}

function one({ externalId }: Key): Place {
  return { template: 'appointment/:id/', ids: [externalId] };
}

function requireWrites({ capabilities }: ClientContext, business: BusinessRef): void {
  if (capabilities.appointmentWrites) return;
  throw new BooksyError('forbidden', 'Writing visits is switched off for this account', {
    businessExternalId: business.externalId,
    reason: 'capability_off',
  });
}
