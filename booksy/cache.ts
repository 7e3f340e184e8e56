/**
 * Reads of Booksy that may be some minutes old (SPEC 1.4): the catalog 5 minutes, availability 1 minute. For pages and
 * offers that ask often.
 *
 * They keep the interval of the read that they come from, so that nobody can take one for a fresh observation (R1),
 * and they are a type of their own: whoever syncs takes a `BooksyClient`, which always asks Booksy. Visits and client
 * cards are never cached. Names of staff and reasons of their time off are personal too: what goes to Redis is sealed.
 */
import type { WholeList } from '../domain/observed.ts';
import type { Cache } from '../infra/cache/index.ts';
import type { z } from 'zod';
import type { BusinessRef } from './business-ref.ts';
import { cachedShapes } from './cache-shapes.ts';
import type { BooksyClient } from './client.ts';
import type { HoursOwner } from './client/hours.ts';
import { isBooksyError } from './errors.ts';
import type { CallOptions } from './http/http.ts';

export const CATALOG_TTL_MS = 300_000;
export const AVAILABILITY_TTL_MS = 60_000;
/** A write without an answer may act as late as this (R14a): until then nothing that it touches is kept. */
const LATE_ACT_MS = 150_000;

/** The reads that are cached, as the client has them. */
export type CachedReads = Pick<
  BooksyClient,
  | 'listCategories'
  | 'listServices'
  | 'listVariants'
  | 'listResources'
  | 'getWeek'
  | 'listCustomDays'
  | 'listTimeOff'
>;

export interface CachedClient {
  /** Asks Booksy every time; its writes drop what they touch. For everything that syncs. */
  readonly client: BooksyClient;
  /** May be minutes old. For pages and offers. */
  readonly reads: CachedReads;
  /** Forgets everything of a salon: a webhook came, a person was erased. Takes Booksy's id. */
  dropBusiness(businessExternalId: string): Promise<void>;
}

/** Which account of which Booksy the client speaks to: others may share the Redis. */
export interface CacheScope {
  readonly baseUrl: string;
  readonly accountKey: string;
}

/** Puts a cache beside a client. Neither is closed by it. */
export function createCachedClient(client: BooksyClient, cache: Cache, scope: CacheScope): CachedClient {
  const tags = tagsOf(scope);
  return {
    client: droppingWrites(client, cache, tags),
    reads: cachedReads(client, cache, tags),
    async dropBusiness(businessExternalId) {
      await Promise.all(KINDS.map((kind) => cache.drop(tags(kind, businessExternalId))));
    },
  };
}

const KINDS = ['catalog', 'availability'] as const;
type Kind = (typeof KINDS)[number];
type Tags = (kind: Kind, businessExternalId: string) => string;

function tagsOf({ baseUrl, accountKey }: CacheScope): Tags {
  return (kind, businessExternalId) =>
    ['booksy', baseUrl, accountKey, businessExternalId, kind].map(encodeURIComponent).join(':');
}

function cachedReads(client: BooksyClient, cache: Cache, tags: Tags): CachedReads {
  const read = <T>(
    kind: Kind,
    shape: z.ZodType<WholeList<T>>,
    business: BusinessRef,
    what: readonly string[],
    call: CallOptions,
    load: () => Promise<WholeList<T>>,
  ): Promise<WholeList<T>> => {
    const tag = tags(kind, business.externalId);
    // Rows are translated with these: corrected ones must not meet old rows.
    const words = [business.currency, business.country, business.zone, ...what].map(encodeURIComponent);
    return cache.get([tag, ...words].join(':'), {
      ttlMs: kind === 'catalog' ? CATALOG_TTL_MS : AVAILABILITY_TTL_MS,
      tags: [tag],
      load,
      parse: (value) => shape.parse(value),
      signal: call.signal,
    });
  };
  return {
    listCategories: (business, call) =>
      read('catalog', cachedShapes.categories, business, ['categories'], call, () =>
        client.listCategories(business, call),
      ),
    listServices: (business, call) =>
      read('catalog', cachedShapes.services, business, ['services'], call, () =>
        client.listServices(business, call),
      ),
    listVariants: (business, params, call) =>
      read('catalog', cachedShapes.variants, business, ['variants', params.serviceExternalId], call, () =>
        client.listVariants(business, params, call),
      ),
    listResources: (business, call) =>
      read('catalog', cachedShapes.resources, business, ['resources'], call, () =>
        client.listResources(business, call),
      ),
    getWeek: (business, params, call) =>
      read('availability', cachedShapes.week, business, ['week', ownerWord(params.owner)], call, () =>
        client.getWeek(business, params, call),
      ),
    listCustomDays(business, params, call) {
      const what = ['days', ownerWord(params.owner), params.fromDate, params.toDate];
      return read('availability', cachedShapes.customDays, business, what, call, () =>
        client.listCustomDays(business, params, call),
      );
    },
    listTimeOff: (business, params, call) =>
      read('availability', cachedShapes.timeOff, business, ['off', params.resourceExternalId], call, () =>
        client.listTimeOff(business, params, call),
      ),
  };
}

function ownerWord(owner: HoursOwner): string {
  return owner.kind === 'business' ? 'business' : owner.externalId;
}

const CATALOG = ['catalog'] as const;
const AVAILABILITY = ['availability'] as const;

/** The client, whose writes drop what they touch: after an error too, because a write may have acted all the same. */
function droppingWrites(client: BooksyClient, cache: Cache, tags: Tags): BooksyClient {
  const drop = async (kinds: readonly Kind[], business: BusinessRef, holdMs: number): Promise<void> => {
    await Promise.all(kinds.map((kind) => cache.drop(tags(kind, business.externalId), { holdMs })));
  };
  const writing = async <T>(kinds: readonly Kind[], business: BusinessRef, send: () => Promise<T>) => {
    try {
      const answer = await send();
      await drop(kinds, business, 0);
      return answer;
    } catch (error) {
      const mayActYet = !isBooksyError(error) || error.code === 'outcome_unknown';
      await drop(kinds, business, mayActYet ? LATE_ACT_MS : 0);
      throw error;
    }
  };
  return {
    ...client,
    createResource: (at, params, call) => writing(KINDS, at, () => client.createResource(at, params, call)),
    putResource: (at, params, call) => writing(KINDS, at, () => client.putResource(at, params, call)),
    deleteResource: (at, params, call) => writing(KINDS, at, () => client.deleteResource(at, params, call)),
    createCategory: (at, params, call) => writing(CATALOG, at, () => client.createCategory(at, params, call)),
    putCategory: (at, params, call) => writing(CATALOG, at, () => client.putCategory(at, params, call)),
    deleteCategory: (at, params, call) => writing(CATALOG, at, () => client.deleteCategory(at, params, call)),
    createService: (at, params, call) => writing(CATALOG, at, () => client.createService(at, params, call)),
    putService: (at, params, call) => writing(CATALOG, at, () => client.putService(at, params, call)),
    deleteService: (at, params, call) => writing(CATALOG, at, () => client.deleteService(at, params, call)),
    createVariant: (at, params, call) => writing(CATALOG, at, () => client.createVariant(at, params, call)),
    putVariant: (at, params, call) => writing(CATALOG, at, () => client.putVariant(at, params, call)),
    deleteVariant: (at, params, call) => writing(CATALOG, at, () => client.deleteVariant(at, params, call)),
    putWeek: (at, params, call) => writing(AVAILABILITY, at, () => client.putWeek(at, params, call)),
    putCustomDay: (at, params, call) =>
      writing(AVAILABILITY, at, () => client.putCustomDay(at, params, call)),
    createTimeOff: (at, params, call) =>
      writing(AVAILABILITY, at, () => client.createTimeOff(at, params, call)),
    putTimeOff: (at, params, call) => writing(AVAILABILITY, at, () => client.putTimeOff(at, params, call)),
    deleteTimeOff: (at, params, call) =>
      writing(AVAILABILITY, at, () => client.deleteTimeOff(at, params, call)),
    createAppointment: (at, params, call) =>
      writing(AVAILABILITY, at, () => client.createAppointment(at, params, call)),
    putAppointment: (at, params, call) =>
      writing(AVAILABILITY, at, () => client.putAppointment(at, params, call)),
    changeAppointmentStatus: (at, params, call) =>
      writing(AVAILABILITY, at, () => client.changeAppointmentStatus(at, params, call)),
    // With an id it may set whose `importUid` it is, which the catalog shows (R15).
    mapImport: (at, params, call) =>
      params.externalId == null || params.entity === 'appointment'
        ? client.mapImport(at, params, call)
        : writing(CATALOG, at, () => client.mapImport(at, params, call)),
  };
}
