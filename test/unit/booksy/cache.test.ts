import { describe, expect, it } from 'vitest';
import {
  BooksyError,
  createCachedClient,
  OutcomeUnknownError,
  type BooksyClient,
} from '../../../booksy/index.ts';
import type { Cache } from '../../../infra/cache/index.ts';

const salon = { externalId: '7', zone: 'Europe/Warsaw', currency: 'PLN', country: 'PL' };
const call = { lane: 3 } as const;
const scope = { baseUrl: 'https://booksy.example/api/', accountKey: 'main' };

/** Notes what is dropped; keeps nothing. */
function noting() {
  const drops: { kind: string | undefined; salon: string | undefined; holdMs: number }[] = [];
  const cache: Cache = {
    get: (_key, read) => read.load(),
    drop(tag, { holdMs = 0 } = {}) {
      const [kind, at] = tag.split(':').reverse();
      drops.push({ kind, salon: at, holdMs });
      return Promise.resolve();
    },
    stats: () => ({ entries: 0, bytes: 0, undelivered: 0, usable: true, hits: 0, loads: 0, drops: 0 }),
    close: () => Promise.resolve(),
  };
  return { cache, drops };
}

/** A client of which only one method exists. */
function clientWith(method: string, answer: () => Promise<unknown>): BooksyClient {
  return { [method]: answer } as unknown as BooksyClient;
}

/** Calls a method by its name, with parameters that no stub looks at. */
async function callBy(client: object, method: string, params: object): Promise<unknown> {
  const run: unknown = Reflect.get(client, method);
  if (typeof run !== 'function') throw new Error(`no ${method}`);
  return (run as (...all: readonly unknown[]) => Promise<unknown>)(salon, params, call);
}

const BOTH = ['catalog', 'availability'];
interface Write {
  readonly method: string;
  readonly touches: readonly string[];
  readonly params: object;
}

const WRITES: readonly Write[] = [
  { method: 'createResource', touches: BOTH, params: {} },
  { method: 'putResource', touches: BOTH, params: {} },
  { method: 'deleteResource', touches: BOTH, params: {} },
  { method: 'createCategory', touches: ['catalog'], params: {} },
  { method: 'putCategory', touches: ['catalog'], params: {} },
  { method: 'deleteCategory', touches: ['catalog'], params: {} },
  { method: 'createService', touches: ['catalog'], params: {} },
  { method: 'putService', touches: ['catalog'], params: {} },
  { method: 'deleteService', touches: ['catalog'], params: {} },
  { method: 'createVariant', touches: ['catalog'], params: {} },
  { method: 'putVariant', touches: ['catalog'], params: {} },
  { method: 'deleteVariant', touches: ['catalog'], params: {} },
  { method: 'putWeek', touches: ['availability'], params: {} },
  { method: 'putCustomDay', touches: ['availability'], params: {} },
  { method: 'createTimeOff', touches: ['availability'], params: {} },
  { method: 'putTimeOff', touches: ['availability'], params: {} },
  { method: 'deleteTimeOff', touches: ['availability'], params: {} },
  { method: 'createAppointment', touches: ['availability'], params: {} },
  { method: 'putAppointment', touches: ['availability'], params: {} },
  { method: 'changeAppointmentStatus', touches: ['availability'], params: {} },
  { method: 'mapImport', touches: ['catalog'], params: { entity: 'service', externalId: '5' } },
  { method: 'mapImport', touches: [], params: { entity: 'service' } },
  { method: 'mapImport', touches: [], params: { entity: 'appointment', externalId: '5' } },
];

describe('a write beside the cache', () => {
  it.each(WRITES)('$method drops $touches of its salon', async ({ method, touches, params }) => {
    const { cache, drops } = noting();
    const { client } = createCachedClient(
      clientWith(method, () => Promise.resolve('done')),
      cache,
      scope,
    );
    expect(await callBy(client, method, params)).toBe('done');
    expect(drops).toEqual(touches.map((kind) => ({ kind, salon: '7', holdMs: 0 })));
  });

  it.each(WRITES.filter(({ touches }) => touches.length > 0))(
    '$method drops $touches where its answer was lost, and holds it back as long as it may act yet',
    async ({ method, touches, params }) => {
      const lost = new OutcomeUnknownError('No answer', {});
      for (const error of [lost, new Error('something else'), new BooksyError('time_taken', 'Taken')]) {
        const { cache, drops } = noting();
        const { client } = createCachedClient(
          clientWith(method, () => Promise.reject(error)),
          cache,
          scope,
        );
        await expect(callBy(client, method, params)).rejects.toBe(error);
        const holdMs = error instanceof BooksyError && error !== lost ? 0 : 150_000;
        expect(drops).toEqual(touches.map((kind) => ({ kind, salon: '7', holdMs })));
      }
    },
  );

  it('keeps accounts and salons apart', async () => {
    const tags = new Set<string>();
    for (const one of [
      scope,
      { ...scope, accountKey: 'other' },
      { ...scope, baseUrl: 'https://booksy.example/api/x' },
      { baseUrl: `${scope.baseUrl}:main`, accountKey: '' },
    ]) {
      const { cache } = noting();
      const cached = createCachedClient(
        clientWith('listServices', () => Promise.resolve()),
        { ...cache, drop: (tag) => Promise.resolve(void tags.add(tag)) },
        one,
      );
      await cached.dropBusiness('7');
      await cached.dropBusiness('77');
    }
    expect(tags.size).toBe(4 * 2 * 2);
  });
});
