import type { ListPage, Observed, ObservedClient } from '../../domain/observed.ts';
import type { BusinessRef } from '../business-ref.ts';
import type { CallOptions } from '../http/http.ts';
import { clientReader } from '../translate/client.ts';
import type { ClientInput } from '../write/inputs.ts';
import { clientBody, over } from '../write/others.ts';
import type { RawDocument } from '../write/raw-document.ts';
import {
  readForWrite,
  readOne,
  readPage,
  send,
  write,
  type ClientContext,
  type PageRequest,
  type Place,
  type ReadForWrite,
} from './context.ts';

interface Key {
  readonly externalId: string;
}

/** Client cards. They carry no `importUid`: an unanswered create is found by exact match only (R15). */
export interface ClientMethods {
  listClients(
    business: BusinessRef,
    params: PageRequest,
    call: CallOptions,
  ): Promise<ListPage<ObservedClient>>;
  getClient(business: BusinessRef, params: Key, call: CallOptions): Promise<Observed<ObservedClient>>;
  readClientForWrite(
    business: BusinessRef,
    params: Key,
    call: CallOptions,
  ): Promise<ReadForWrite<ObservedClient>>;
  createClient(
    business: BusinessRef,
    params: { readonly client: ClientInput },
    call: CallOptions,
  ): Promise<Observed<ObservedClient>>;
  /** Fields that never pass the edge stay there as they were: they are in `raw`. */
  putClient(
    business: BusinessRef,
    params: Key & { readonly raw: RawDocument; readonly change: Partial<ClientInput> },
    call: CallOptions,
  ): Promise<Observed<ObservedClient>>;
  deleteClient(business: BusinessRef, params: Key, call: CallOptions): Promise<void>;
}

const ALL: Place = { template: 'customer/' };

export function clientMethods(context: ClientContext): ClientMethods {
  return {
    listClients: (business, page, call) =>
      readPage(context, business, ALL, page, clientReader(business.country), call),
    getClient: (business, key, call) =>
      readOne(context, business, one(key), clientReader(business.country), call),
    readClientForWrite: (business, key, call) =>
      readForWrite(context, business, one(key), clientReader(business.country), call),
    createClient: (business, { client }, call) =>
      write(context, business, 'POST', ALL, clientBody(client), clientReader(business.country), call),
    putClient(business, { externalId, raw, change }, call) {
      const body = over(raw, clientBody(change));
      return write(context, business, 'PUT', one({ externalId }), body, clientReader(business.country), call);
    },
    async deleteClient(business, key, call) {
      await send(context, business, 'DELETE', one(key), undefined, call);
    },
  };
}

function one({ externalId }: Key): Place {
  return { template: 'customer/:id/', ids: [externalId] };
}
