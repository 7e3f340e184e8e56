import type {
  Observed,
  ObservedCategory,
  ObservedService,
  ObservedVariant,
  WholeList,
} from '../../domain/observed.ts';
import type { BusinessRef } from '../business-ref.ts';
import type { CallOptions } from '../http/http.ts';
import { categoryReader, serviceReader, variantReader } from '../translate/catalog.ts';
import { readRows } from '../wire/read.ts';
import type { CategoryInput, Imported, ServiceInput, VariantInput } from '../write/inputs.ts';
import { categoryBody, over, serviceBody, variantBody } from '../write/others.ts';
import type { RawDocument } from '../write/raw-document.ts';
import {
  readForWrite,
  readOne,
  readWhole,
  send,
  write,
  type ClientContext,
  type Place,
  type ReadForWrite,
} from './context.ts';

interface Key {
  readonly externalId: string;
}
interface VariantKey extends Key {
  readonly serviceExternalId: string;
}
interface Put<Change> {
  readonly raw: RawDocument;
  readonly change: Partial<Change>;
}

/** Categories, services and their variants. Creates carry an `importUid` (R15, R16). */
export interface CatalogMethods {
  listCategories(business: BusinessRef, call: CallOptions): Promise<WholeList<ObservedCategory>>;
  getCategory(business: BusinessRef, params: Key, call: CallOptions): Promise<Observed<ObservedCategory>>;
  readCategoryForWrite(
    business: BusinessRef,
    params: Key,
    call: CallOptions,
  ): Promise<ReadForWrite<ObservedCategory>>;
  createCategory(
    business: BusinessRef,
    params: Imported & { readonly category: CategoryInput },
    call: CallOptions,
  ): Promise<Observed<ObservedCategory>>;
  putCategory(
    business: BusinessRef,
    params: Key & Put<CategoryInput>,
    call: CallOptions,
  ): Promise<Observed<ObservedCategory>>;
  deleteCategory(business: BusinessRef, params: Key, call: CallOptions): Promise<void>;

  listServices(business: BusinessRef, call: CallOptions): Promise<WholeList<ObservedService>>;
  getService(business: BusinessRef, params: Key, call: CallOptions): Promise<Observed<ObservedService>>;
  readServiceForWrite(
    business: BusinessRef,
    params: Key,
    call: CallOptions,
  ): Promise<ReadForWrite<ObservedService>>;
  createService(
    business: BusinessRef,
    params: Imported & { readonly service: ServiceInput },
    call: CallOptions,
  ): Promise<Observed<ObservedService>>;
  putService(
    business: BusinessRef,
    params: Key & Put<ServiceInput>,
    call: CallOptions,
  ): Promise<Observed<ObservedService>>;
  deleteService(business: BusinessRef, params: Key, call: CallOptions): Promise<void>;

  listVariants(
    business: BusinessRef,
    params: { readonly serviceExternalId: string },
    call: CallOptions,
  ): Promise<WholeList<ObservedVariant>>;
  getVariant(
    business: BusinessRef,
    params: VariantKey,
    call: CallOptions,
  ): Promise<Observed<ObservedVariant>>;
  readVariantForWrite(
    business: BusinessRef,
    params: VariantKey,
    call: CallOptions,
  ): Promise<ReadForWrite<ObservedVariant>>;
  createVariant(
    business: BusinessRef,
    params: Imported & { readonly serviceExternalId: string; readonly variant: VariantInput },
    call: CallOptions,
  ): Promise<Observed<ObservedVariant>>;
  putVariant(
    business: BusinessRef,
    params: VariantKey & Put<VariantInput>,
    call: CallOptions,
  ): Promise<Observed<ObservedVariant>>;
  deleteVariant(business: BusinessRef, params: VariantKey, call: CallOptions): Promise<void>;
}

const CATEGORIES: Place = { template: 'service_category/' };
const SERVICES: Place = { template: 'service/' };

export function catalogMethods(context: ClientContext): CatalogMethods {
  return {
    listCategories: (business, call) =>
      readWhole(context, business, CATEGORIES, (rows) => readRows(rows, categoryReader), call),
    getCategory: (business, key, call) => readOne(context, business, category(key), categoryReader, call),
    readCategoryForWrite: (business, key, call) =>
      readForWrite(context, business, category(key), categoryReader, call),
    createCategory: (business, { importUid, category: input }, call) =>
      write(context, business, 'POST', CATEGORIES, uid(importUid, categoryBody(input)), categoryReader, call),
    putCategory: (business, { raw, change, ...key }, call) =>
      write(context, business, 'PUT', category(key), over(raw, categoryBody(change)), categoryReader, call),
    async deleteCategory(business, key, call) {
      await send(context, business, 'DELETE', category(key), undefined, call);
    },

    listServices: (business, call) =>
      readWhole(context, business, SERVICES, (rows) => readRows(rows, serviceReader), call),
    getService: (business, key, call) => readOne(context, business, service(key), serviceReader, call),
    readServiceForWrite: (business, key, call) =>
      readForWrite(context, business, service(key), serviceReader, call),
    createService: (business, { importUid, service: input }, call) =>
      write(context, business, 'POST', SERVICES, uid(importUid, serviceBody(input)), serviceReader, call),
    putService: (business, { raw, change, ...key }, call) =>
      write(context, business, 'PUT', service(key), over(raw, serviceBody(change)), serviceReader, call),
    async deleteService(business, key, call) {
      await send(context, business, 'DELETE', service(key), undefined, call);
    },

    listVariants: (business, { serviceExternalId }, call) => {
      const reader = variantReader(serviceExternalId, business.currency);
      return readWhole(
        context,
        business,
        variants(serviceExternalId),
        (rows) => readRows(rows, reader),
        call,
      );
    },
    getVariant: (business, key, call) =>
      readOne(context, business, variant(key), variantReader(key.serviceExternalId, business.currency), call),
    readVariantForWrite: (business, key, call) =>
      readForWrite(
        context,
        business,
        variant(key),
        variantReader(key.serviceExternalId, business.currency),
        call,
      ),
    createVariant: (business, { importUid, serviceExternalId, variant: input }, call) => {
      const body = uid(importUid, variantBody(input, business.currency));
      const reader = variantReader(serviceExternalId, business.currency);
      return write(context, business, 'POST', variants(serviceExternalId), body, reader, call);
    },
    putVariant: (business, { raw, change, ...key }, call) => {
      const body = over(raw, variantBody(change, business.currency));
      const reader = variantReader(key.serviceExternalId, business.currency);
      return write(context, business, 'PUT', variant(key), body, reader, call);
    },
    async deleteVariant(business, key, call) {
      await send(context, business, 'DELETE', variant(key), undefined, call);
    },
  };
}

function category({ externalId }: Key): Place {
  return { template: 'service_category/:id/', ids: [externalId] };
}

function service({ externalId }: Key): Place {
  return { template: 'service/:id/', ids: [externalId] };
}

function variants(serviceExternalId: string): Place {
  return { template: 'service/:id/variant/', ids: [serviceExternalId] };
}

function variant({ serviceExternalId, externalId }: VariantKey): Place {
  return { template: 'service/:id/variant/:id/', ids: [serviceExternalId, externalId] };
}

function uid(importUid: string, body: Record<string, unknown>): Record<string, unknown> {
  return { ...body, import_uid: importUid };
}
