import type { Observed, ObservedBusiness, ObservedResource, WholeList } from '../../domain/observed.ts';
import type { BusinessRef } from '../business-ref.ts';
import type { CallOptions } from '../http/http.ts';
import { businessReader, resourceReader } from '../translate/business.ts';
import { listRows, readRecord, readRows } from '../wire/read.ts';
import { wireId } from '../write/ids.ts';
import type { ResourceInput } from '../write/inputs.ts';
import { over, resourceBody } from '../write/others.ts';
import type { RawDocument } from '../write/raw-document.ts';
import {
  readForWrite,
  readOne,
  readWhole,
  send,
  write,
  type ClientContext,
  type ReadForWrite,
} from './context.ts';

/** Salons of the account, and what works in them. */
export interface BusinessMethods {
  /** All salons that this account may see. */
  listBusinesses(call: CallOptions): Promise<WholeList<ObservedBusiness>>;
  /** @throws RejectedRecordError (`schema_drift`) e.g. where its zone is unknown */
  getBusiness(externalId: string, call: CallOptions): Promise<Observed<ObservedBusiness>>;
  /** Staff (receptionists too) and rooms. */
  listResources(business: BusinessRef, call: CallOptions): Promise<WholeList<ObservedResource>>;
  getResource(
    business: BusinessRef,
    params: { readonly externalId: string },
    call: CallOptions,
  ): Promise<Observed<ObservedResource>>;
  readResourceForWrite(
    business: BusinessRef,
    params: { readonly externalId: string },
    call: CallOptions,
  ): Promise<ReadForWrite<ObservedResource>>;
  createResource(
    business: BusinessRef,
    params: { readonly resource: ResourceInput },
    call: CallOptions,
  ): Promise<Observed<ObservedResource>>;
  putResource(
    business: BusinessRef,
    params: {
      readonly externalId: string;
      readonly raw: RawDocument;
      readonly change: Partial<ResourceInput>;
    },
    call: CallOptions,
  ): Promise<Observed<ObservedResource>>;
  deleteResource(
    business: BusinessRef,
    params: { readonly externalId: string },
    call: CallOptions,
  ): Promise<void>;
}

const ALL = 'resource/';
const ONE = 'resource/:id/';

export function businessMethods(context: ClientContext): BusinessMethods {
  return {
    async listBusinesses(call) {
      const path = 'business/';
      const answer = await context.http.call(
        { method: 'GET', kind: 'read', template: path, path, businessExternalId: null },
        call,
      );
      const { rows, rejected } = readRows(listRows(answer.body, answer.details), businessReader);
      return { rows, rejected, interval: answer.interval };
    },
    async getBusiness(externalId, call) {
      const template = 'business/:id/';
      const path = `business/${String(wireId(externalId))}/`;
      const answer = await context.http.call(
        { method: 'GET', kind: 'read', template, path, businessExternalId: externalId },
        call,
      );
      return { value: readRecord(answer.body, businessReader, answer.details), interval: answer.interval };
    },
    listResources: (business, call) =>
      readWhole(context, business, { template: ALL }, (rows) => readRows(rows, resourceReader), call),
    getResource: (business, { externalId }, call) =>
      readOne(context, business, { template: ONE, ids: [externalId] }, resourceReader, call),
    readResourceForWrite: (business, { externalId }, call) =>
      readForWrite(context, business, { template: ONE, ids: [externalId] }, resourceReader, call),
    createResource: (business, { resource }, call) =>
      write(context, business, 'POST', { template: ALL }, resourceBody(resource), resourceReader, call),
    putResource(business, { externalId, raw, change }, call) {
      const place = { template: ONE, ids: [externalId] };
      return write(context, business, 'PUT', place, over(raw, resourceBody(change)), resourceReader, call);
    },
    async deleteResource(business, { externalId }, call) {
      await send(context, business, 'DELETE', { template: ONE, ids: [externalId] }, undefined, call);
    },
  };
}
